package admin

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/transport/api/answer"
)

const testToken = "correct horse battery"

// small cuts regions off at both edges: 3 columns and 2 rows, the last ones 8 and 4 pixels.
var small = canvas.Geometry{Width: 40, Height: 20, Region: 16}

// noon is when everything happens.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 7e6, time.UTC)

// pod is the handler over fakes.
type pod struct {
	*Handler
	cluster fakeCluster
	now     time.Time
}

// newPod is a pod that operators can log in to with these tokens.
func newPod(tokens ...string) *pod {
	p := &pod{now: noon}
	p.Handler = New(Config{Node: "pod-1", Geometry: small, Tokens: tokens}, Ports{
		Cluster: &p.cluster, Inspectors: &p.cluster, Pages: adminPages(), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return p.now },
		More: map[string]answer.Methods{
			"keys":            {"GET": func(w http.ResponseWriter, _ *http.Request) { answer.JSON(w, http.StatusOK, "keys") }},
			"reports/{id}/do": {"POST": func(w http.ResponseWriter, r *http.Request) { answer.JSON(w, http.StatusOK, r.PathValue("id")) }},
		},
		Answered: func(string, int) {},
	})
	return p
}

// ask sends one request; headers are pairs of name and value.
func (p *pod) ask(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

// fakeCluster is two pods, of which the second does not answer.
type fakeCluster struct {
	mu    sync.Mutex // guards:
	asked []string   // addresses and what was asked of them
	acts  []message.Act
	noted []error // by NoteAct
	fails error   // what the pods answer
}

func (c *fakeCluster) Ready() error { return nil }

func (c *fakeCluster) Members() []Member {
	return []Member{
		{ID: "a", Name: "pod-1", Address: "here", Roles: []string{"gateway", "canvas"}, Version: "v1", Started: noon, Self: true},
		{ID: "b", Name: "pod-2", Address: "there", Roles: []string{"canvas"}, Draining: true, Started: noon},
	}
}

func (c *fakeCluster) Survey(_ context.Context, addresses []string, question message.Inspect) []*message.Report {
	reports := make([]*message.Report, len(addresses))
	for i, address := range addresses {
		c.note(address, question)
		if question.People.Most > 0 {
			reports[i] = peopleReport(address)
		} else if question.Full {
			reports[i] = fullReport(address)
		} else if address == "here" {
			reports[i] = &message.Report{Users: 3, Regions: []message.RegionReport{{Region: 1, State: "serving", Epoch: 7, Seq: 5, Relays: 1, PendingOps: 2}}}
		}
	}
	return reports
}

func adminPages() fstest.MapFS {
	return fstest.MapFS{
		"index.html":     {Data: []byte(`<!doctype html><title>dashboard</title><script type="module" src="js/main.js"></script>`)},
		"login.html":     {Data: []byte("<!doctype html><title>log in</title>")},
		"css/tokens.css": {Data: []byte(":root{}")},
		"css/login.css":  {Data: []byte("form{}")},
		"css/admin.css":  {Data: []byte("table{}")},
		"favicon.svg":    {Data: []byte("<svg/>")},
		"js/main.js":     {Data: []byte("alert(1)")},
	}
}

func (c *fakeCluster) note(address string, question any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, fmt.Sprintf("%s %T%+v", address, question, question))
}

func (c *fakeCluster) List(_ context.Context, address, kind string) (*message.Listing, error) {
	c.note(address, kind)
	return &message.Listing{Actors: []message.ActorReport{{Actor: "region/1", State: "serving", Recent: 50, Mailbox: 2}}}, c.fails
}

func (c *fakeCluster) Describe(_ context.Context, address, name string) (*message.ActorDetails, error) {
	c.note(address, name)
	if name != "region/1" {
		return &message.ActorDetails{}, c.fails
	}
	return &message.ActorDetails{
		Actor: name, State: "serving", Since: 7, Facts: []message.Fact{{Name: "epoch", Value: "9"}},
		Last: []message.HandledReport{{Type: "Submit", At: 8, Took: 1500 * time.Nanosecond}},
	}, c.fails
}

func (c *fakeCluster) Act(_ context.Context, address string, act message.Act) error {
	c.note(address, act.Do)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acts = append(c.acts, act)
	return c.fails
}

func (c *fakeCluster) NoteAct(_ message.Act, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noted = append(c.noted, err)
}

// fullReport is what two pods tell of a moment in which region 1 moves from there to here.
func fullReport(address string) *message.Report {
	moved := message.Event{At: 500, Kind: message.EventHandoff, Node: address, Text: "region 1 moved", Region: 1, Duration: 12 * time.Millisecond}
	died := message.Event{At: 400, Kind: message.EventDied, Node: address, Text: "pod-3 died", Region: -1, Subject: "c"}
	if address == "there" {
		died.At = 450
		return &message.Report{
			Over: message.Span, Regions: []message.RegionReport{{Region: 1, State: "fenced", Epoch: 6}, {Region: 2, State: "serving", Epoch: 3, Pixels: 25}},
			Store: "store is unavailable", Events: []message.Event{died},
			History: []message.Past{{At: 5, PixelsIn: 5, PlaceToAck: 9 * time.Millisecond, Memory: 1}, {At: 10, Memory: 1}},
		}
	}
	return &message.Report{
		Users: 3, Over: 4 * time.Second, Process: message.Process{CPU: 2 * time.Second, Memory: 1000, Heap: 500, GCPause: 400 * time.Microsecond, Goroutines: 9},
		Sockets: message.Sockets{Deliveries: 400, MessagesIn: 8, BytesOut: 4000}, Pixels: 40, Placed: 20, Viewers: []int{0, 3},
		Commit: message.Spread{P50: time.Millisecond, P99: 2500 * time.Microsecond}, PlaceToAck: message.Spread{P50: 2 * time.Millisecond, P99: 3 * time.Millisecond},
		Kinds: []message.KindReport{{
			Kind: "region", Live: 6, Recent: 80, Deepest: 3, DeepestP99: 2, Restarts: 1, DeadLetters: 4, Unhandled: 5,
			Took: message.Spread{P50: 12 * time.Microsecond, P99: 90500 * time.Nanosecond},
		}},
		Regions: []message.RegionReport{{Region: 1, State: "serving", Epoch: 7, Seq: 5, Relays: 2, PendingOps: 1, Pixels: 10, Commit: message.Spread{P50: time.Millisecond}}},
		Worst: []message.ConnectionReport{
			{Viewer: 35, User: canvas.User{Author: 0xA1, Name: "Ada"}, Since: 6, In: 10, Out: 30, BytesOut: 77, Over: 2 * time.Second},
			{Viewer: 36, Over: time.Second, Lag: 1500 * time.Millisecond},
		},
		Events: []message.Event{died, moved}, History: []message.Past{{At: 5, PixelsIn: 10, Deliveries: 20, PlaceToAck: time.Millisecond, Connections: 2, Memory: 4}},
	}
}

// login gives the cookie of an operator who has logged in.
func (p *pod) login(t testing.TB) string {
	t.Helper()
	w := p.ask("POST", "/admin/login", "token="+testToken, "Content-Type", "application/x-www-form-urlencoded")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "./" || len(w.Result().Cookies()) != 1 {
		t.Fatalf("login: %d to %s", w.Code, w.Header().Get("Location"))
	}
	cookie := w.Result().Cookies()[0]
	return cookie.Name + "=" + cookie.Value
}
