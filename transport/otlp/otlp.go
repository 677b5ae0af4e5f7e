// Package otlp sends spans to a collector of OpenTelemetry, in the JSON form of its protocol over HTTP
// (OTLP 1, opentelemetry.io/docs/specs/otlp). What nobody takes in time is dropped and counted: following ops must never hold
// up one.
package otlp

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"pixelplayground/actors/journey"
)

// Bounds.
const (
	// mostWaiting is how many spans wait to be sent, and so, as they are sent once a second, how many a pod
	// sends in a second: who knows how ops are chosen can have each of theirs followed.
	mostWaiting = 1024
	sendEvery   = time.Second
	// answerTime is how long a collector may take for an answer, and how long the end waits for the last.
	answerTime = 3 * time.Second
	// sayAgain is how often it is logged that the collector takes nothing.
	sayAgain = time.Minute
)

// Config says where spans go, and whose they are.
type Config struct {
	Collector string // URL of the collector, to which /v1/traces is added
	Node      string // name of this pod
	Version   string // of the program
	Log       *slog.Logger
}

// Sender sends spans.
type Sender struct {
	cfg     Config
	waiting chan journey.Span // Take sends, Run receives; never closed
	client  http.Client
	said    time.Time // when it was last logged that nothing is taken; only Run uses it
	message []byte    // the last, whose room is used again; likewise

	Sent    atomic.Int64 // spans that a collector has taken
	Dropped atomic.Int64 // that none has
}

// New makes a Sender, and starts nothing.
func New(cfg Config) *Sender {
	return &Sender{cfg: cfg, waiting: make(chan journey.Span, mostWaiting), client: http.Client{Timeout: answerTime, CheckRedirect: stay}}
}

// stay follows no redirection: most would be followed without the spans, and none leads to the collector that the operator has named.
func stay(*http.Request, []*http.Request) error {
	return http.ErrUseLastResponse
}

// Take takes a span and returns at once.
func (s *Sender) Take(span journey.Span) {
	select {
	case s.waiting <- span:
	default:
		s.Dropped.Add(1)
	}
}

// Run sends what was taken, once a second, until ctx ends; then the rest.
func (s *Sender) Run(ctx context.Context) {
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			s.sendWaiting()
		case <-ctx.Done():
		}
	}
	s.sendWaiting()
}

func (s *Sender) sendWaiting() {
	var spans []journey.Span
	for range len(s.waiting) {
		spans = append(spans, <-s.waiting)
	}
	if len(spans) == 0 {
		return
	}
	if err := s.send(spans); err != nil {
		s.Dropped.Add(int64(len(spans)))
		if now := time.Now(); now.Sub(s.said) >= sayAgain {
			s.said = now
			s.cfg.Log.Warn("traces can't be sent", "collector", s.cfg.Collector, "err", err)
		}
		return
	}
	s.Sent.Add(int64(len(spans)))
}

func (s *Sender) send(spans []journey.Span) error {
	s.message = s.appendMessage(s.message[:0], spans)
	response, err := s.client.Post(s.cfg.Collector+"/v1/traces", "application/json", bytes.NewReader(s.message))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("it answers with %d %s", response.StatusCode, http.StatusText(response.StatusCode)) // its own words can be of any length
	}
	return nil
}

// appendMessage appends the message of the protocol, as far as it is used, written by hand: it takes an eighth
// of the time of encoding/json.
func (s *Sender) appendMessage(dst []byte, spans []journey.Span) []byte {
	dst = append(dst, `{"resourceSpans":[{"resource":{"attributes":[`...)
	dst = appendText(dst, "service.name", "pixel-playground")
	dst = appendText(append(dst, ','), "service.instance.id", s.cfg.Node)
	dst = appendText(append(dst, ','), "service.version", s.cfg.Version)
	dst = append(dst, `]},"scopeSpans":[{"scope":{"name":"pixelplayground"},"spans":[`...)
	for i := range spans {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendSpan(dst, &spans[i])
	}
	return append(dst, `]}]}]}`...)
}

// appendSpan appends a span. Kind 1 is what is neither a server's nor a client's. Region and sequence number of its first pixel name
// a pixel as clients and the record do.
func appendSpan(dst []byte, s *journey.Span) []byte {
	trace := s.Trace()
	own, parent := s.IDs()
	dst = hex.AppendEncode(append(dst, `{"traceId":"`...), trace[:])
	dst = hex.AppendEncode(append(dst, `","spanId":"`...), own[:])
	if parent != [8]byte{} {
		dst = hex.AppendEncode(append(dst, `","parentSpanId":"`...), parent[:])
	}
	dst = append(append(append(dst, `","name":"`...), s.Stage.String()...), `","kind":1,"startTimeUnixNano":"`...)
	dst = strconv.AppendInt(dst, s.Began.UnixNano(), 10)
	dst = strconv.AppendInt(append(dst, `","endTimeUnixNano":"`...), s.Ended.UnixNano(), 10)
	dst = appendNumber(append(dst, `","attributes":[`...), "pixels", uint64(s.Pixels))
	if s.Stage != journey.Place && s.Stage != journey.Ack {
		dst = appendNumber(append(dst, ','), "region", uint64(s.Region))
	}
	if s.First != 0 {
		dst = appendNumber(append(dst, ','), "epoch", s.Epoch)
		dst = appendNumber(append(dst, ','), "seq", s.First)
	}
	return append(dst, `]}`...)
}

// appendText appends an attribute whose value is a text.
func appendText(dst []byte, key, value string) []byte {
	quoted, _ := json.Marshal(value) // of a string it never fails
	dst = append(append(append(dst, `{"key":"`...), key...), `","value":{"stringValue":`...)
	return append(append(dst, quoted...), `}}`...)
}

// appendNumber appends an attribute whose value is a number, which the protocol writes as a text.
func appendNumber(dst []byte, key string, value uint64) []byte {
	dst = append(append(append(dst, `{"key":"`...), key...), `","value":{"intValue":"`...)
	return append(strconv.AppendUint(dst, value, 10), `"}}`...)
}
