package otlp

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/journey"
	"pixelplayground/actors/telemetry/logtest"
)

// runs sends spans and ends, which sends what waits.
func runs(s *Sender, spans ...journey.Span) {
	for _, span := range spans {
		s.Take(span)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.Run(ctx)
}

// TestSender_Form: what is sent is what the protocol says, to the letter.
func TestSender_Form(t *testing.T) {
	var got atomic.Value
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got.Store(r.Method + " " + r.URL.Path + " " + r.Header.Get("Content-Type") + "\n" + string(body))
	}))
	defer collector.Close()
	s := New(Config{Collector: collector.URL, Node: "canvas-1", Version: "1.2.3", Log: slog.New(slog.DiscardHandler)})
	op := canvas.OpID{Author: 7, Num: 8}
	runs(s, journey.Span{Op: op, Stage: journey.Store, Region: 3, Began: time.Unix(5, 6), Ended: time.Unix(7, 8), Epoch: 9, First: 10, Pixels: 2},
		journey.Span{Op: op, Stage: journey.Place, Began: time.Unix(1, 0), Ended: time.Unix(8, 0), Pixels: 2})
	want := `POST /v1/traces application/json
{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"pixel-playground"}},{"key":"service.instance.id","value":{"stringValue":"canvas-1"}},{"key":"service.version","value":{"stringValue":"1.2.3"}}]},` +
		`"scopeSpans":[{"scope":{"name":"pixelplayground"},"spans":[` +
		`{"traceId":"TRACE","spanId":"STORE","parentSpanId":"REGION","name":"store","kind":1,"startTimeUnixNano":"5000000006","endTimeUnixNano":"7000000008","attributes":[{"key":"pixels","value":{"intValue":"2"}},{"key":"region","value":{"intValue":"3"}},{"key":"epoch","value":{"intValue":"9"}},{"key":"seq","value":{"intValue":"10"}}]},` +
		`{"traceId":"TRACE","spanId":"PLACE","name":"place","kind":1,"startTimeUnixNano":"1000000000","endTimeUnixNano":"8000000000","attributes":[{"key":"pixels","value":{"intValue":"2"}}]}]}]}]}`
	trace := journey.Span{Op: op}.Trace()
	own, parent := journey.Span{Op: op, Stage: journey.Store, Region: 3}.IDs()
	first, _ := journey.Span{Op: op}.IDs()
	want = strings.NewReplacer("TRACE", hex.EncodeToString(trace[:]), "STORE", hex.EncodeToString(own[:]), "REGION", hex.EncodeToString(parent[:]), "PLACE", hex.EncodeToString(first[:])).Replace(want)
	if got.Load() != want || s.Sent.Load() != 2 {
		t.Errorf("got  %v\nwant %s", got.Load(), want)
	}
	if !json.Valid([]byte(strings.SplitN(want, "\n", 2)[1])) {
		t.Error("it is no JSON")
	}
}

// TestSender_Drops: what there is no room for, and what the collector does not take, is dropped and counted; that is logged once.
func TestSender_Drops(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer refusing.Close()
	log := new(logtest.Lines)
	s := New(Config{Collector: refusing.URL, Log: slog.New(slog.NewTextHandler(log, nil))})
	for range mostWaiting + 5 {
		s.Take(journey.Span{})
	}
	if got := s.Dropped.Load(); got != 5 {
		t.Errorf("%d dropped, want 5", got)
	}
	runs(s, journey.Span{})
	runs(s, journey.Span{})
	if got := s.Dropped.Load(); got != mostWaiting+7 || s.Sent.Load() != 0 || strings.Count(log.String(), "traces can't be sent") != 1 {
		t.Errorf("%d dropped, %d sent: %s", got, s.Sent.Load(), log)
	}
}

// TestSender_Redirected: a collector that leads elsewhere has taken nothing, and nobody else is asked.
func TestSender_Redirected(t *testing.T) {
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	moved := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer moved.Close()
	log := new(logtest.Lines)
	s := New(Config{Collector: moved.URL, Log: slog.New(slog.NewTextHandler(log, nil))})
	runs(s, journey.Span{})
	if s.Sent.Load() != 0 || s.Dropped.Load() != 1 || asked.Load() != 0 || !strings.Contains(log.String(), "it answers with 302 Found") {
		t.Errorf("%d sent, %d dropped, %d asked elsewhere: %s", s.Sent.Load(), s.Dropped.Load(), asked.Load(), log)
	}
}

// BenchmarkSender_Told is what the six spans of an op cost that is followed, without sending them.
func BenchmarkSender_Told(b *testing.B) {
	s := New(Config{Node: "canvas-1", Version: "1.2.3"})
	spans := make([]journey.Span, 6*100)
	for i := range spans {
		spans[i] = journey.Span{Op: canvas.OpID{Author: 7, Num: uint64(i / 6)}, Stage: journey.Stage(i % 6), Began: time.Unix(5, 6), Ended: time.Unix(7, 8), Epoch: 9, First: 10, Pixels: 2}
	}
	for b.Loop() {
		s.message = s.appendMessage(s.message[:0], spans)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/op-followed")
}
