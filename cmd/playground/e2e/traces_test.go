//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// tracedSpan is a span as a collector of OpenTelemetry gets it, with the server that sent it.
type tracedSpan struct {
	TraceID, SpanID, ParentSpanID, Name string
	StartTimeUnixNano, EndTimeUnixNano  int64 `json:",string"`
	Attributes                          []struct {
		Key   string
		Value struct{ StringValue, IntValue string }
	}
	node string
}

func (s tracedSpan) is(key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.IntValue + a.Value.StringValue
		}
	}
	return ""
}

// collector takes traces.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	spans []tracedSpan
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	c := new(collector)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var sent struct {
			ResourceSpans []struct {
				Resource struct {
					Attributes []struct {
						Key   string
						Value struct{ StringValue string }
					}
				}
				ScopeSpans []struct{ Spans []tracedSpan }
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, from := range sent.ResourceSpans {
			node := ""
			for _, a := range from.Resource.Attributes {
				if a.Key == "service.instance.id" {
					node = a.Value.StringValue
				}
			}
			for _, scope := range from.ScopeSpans {
				for _, s := range scope.Spans {
					s.node = node
					c.spans = append(c.spans, s)
				}
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// whole returns the spans of the traces that have at least one of each stage, by trace.
func (c *collector) whole() map[string][]tracedSpan {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string][]tracedSpan)
	for _, s := range c.spans {
		all[s.TraceID] = append(all[s.TraceID], s)
	}
	for id, spans := range all {
		names := make(map[string]bool)
		for _, s := range spans {
			names[s.Name] = true
		}
		if len(names) < 6 {
			delete(all, id)
		}
	}
	return all
}

// Goal: a pixel is followed over two servers: one trace has all stages, each a part of the one that it belongs to and within the time of
// the whole. Method: a gateway and a canvas server, and somebody who looks; one pixel over a WebSocket and one over HTTP, and a
// collector that takes what the two servers send.
func TestTraces_OfAPixelOverTwoServers(t *testing.T) {
	beside(t)
	c := startCollector(t)
	p := startPods(t, 1, 1, "--traces", c.URL, "--traces-every", "1")
	painter := dial(t, client.Config{URLs: p.targets(0), Replica: true})
	if err := painter.Place(t.Context(), []canvas.Dot{{X: 200, Y: 10, Color: 0xFF0000}, {X: 201, Y: 10, Color: 0xFF0000}}); err != nil {
		t.Fatal(err)
	}
	body := strings.NewReader(`{"x":5,"y":5,"color":"#00FF00"}`)
	put, err := http.NewRequest("PUT", p.gateways[0].url+"/api/pixel", body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(put)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", answer, err)
	}
	answer.Body.Close()
	eventually(t, "two traces are whole", func() error {
		if got := len(c.whole()); got < 2 {
			return &short{got, 2}
		}
		return nil
	})
	gateway, owner := nameOf(p.gateways[0]), nameOf(p.canvases[0])
	on := map[string]string{"place": gateway, "relay": gateway, "ack": gateway, "fan-out": gateway, "region": owner, "store": owner}
	within := map[string]string{"relay": "place", "ack": "place", "region": "relay", "store": "region", "fan-out": "region"}
	seen := make(map[string]bool)
	for id, spans := range c.whole() {
		byName := make(map[string]tracedSpan)
		for _, s := range spans {
			byName[s.Name] = s
		}
		for name, s := range byName {
			if parent := byName[within[name]].SpanID; s.ParentSpanID != parent || s.node != on[name] || len(id) != 32 || len(s.SpanID) != 16 {
				t.Errorf("%s of trace %s at %s is %s within %q, want within %q", name, id, s.node, s.SpanID, s.ParentSpanID, parent)
			}
			if whole := byName["place"]; s.StartTimeUnixNano > s.EndTimeUnixNano || name != "fan-out" && (s.StartTimeUnixNano < whole.StartTimeUnixNano || s.EndTimeUnixNano > whole.EndTimeUnixNano) {
				t.Errorf("%s lasts from %d to %d, the whole from %d to %d", name, s.StartTimeUnixNano, s.EndTimeUnixNano, whole.StartTimeUnixNano, whole.EndTimeUnixNano)
			}
		}
		store := byName["store"]
		seen[fmt.Sprint(store.is("region"), " ", store.is("seq"), " ", store.is("pixels"))] = true
		t.Logf("%s: placed in %v, of which the store took %v", id, time.Duration(byName["place"].EndTimeUnixNano-byName["place"].StartTimeUnixNano), time.Duration(store.EndTimeUnixNano-store.StartTimeUnixNano))
	}
	if !seen["3 1 2"] || !seen["0 1 1"] {
		t.Errorf("seen: %v", seen)
	}
}

// Goal: a collector that is away holds up nobody, and is told once. Method: a server with the address of a collector that is gone.
func TestTraces_WithoutACollector(t *testing.T) {
	beside(t)
	gone := startCollector(t)
	gone.Close()
	s := start(t, "--traces", gone.URL, "--traces-every", "1", "--rate", "0")
	p := paint(t, dial(t, client.Config{URLs: []string{s.ws()}, Replica: true}))
	p.more(t, 300)
	eventually(t, "what is not taken is counted", func() error {
		metrics, err := get(s.url + "/metrics")
		if err == nil && strings.Contains(string(metrics), "trace_spans_dropped_total 0\n") {
			err = errors.New("nothing is")
		}
		return err
	})
	p.check(t, s)
}
