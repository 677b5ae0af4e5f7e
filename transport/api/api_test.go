package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
)

// TestAPI_Routes asks every route of json-protocol for good and bad, and compares the
// whole answer.
func TestAPI_Routes(t *testing.T) {
	const at = "1777896000007" // noon, in Unix milliseconds
	tests := []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"GET", "/health", "", 200, `{"status":"ok","connections":2,"users":["Ada","Anonymous"],"timestamp":"2026-05-04T12:00:00.007Z","node":"pod-1","store":"ok"}`},
		{"GET", "/healthz", "", 200, `{"status":"alive","versions":{"program":"1.2.3","protocol":"1.4","data":"1.5","peers":"1.6"}}`},
		{"GET", "/readyz", "", 200, `{"status":"ready","drawing":true}`},

		{"GET", "/api/canvas", "", 200, `{"width":40,"height":20,"pixels":{"3,4":"#0A0B0C","39,19":"#FF0000"}}`},
		{"GET", "/api/pixel/3/4", "", 200, `{"x":3,"y":4,"color":"#0A0B0C"}`},
		{"GET", "/api/pixel/39/19", "", 200, `{"x":39,"y":19,"color":"#FF0000"}`},
		{"GET", "/api/pixel/0/0", "", 200, `{"x":0,"y":0,"color":"#FFFFFF"}`},
		{"GET", "/api/pixel/40/0", "", 400, `{"error":"Coordinates out of bounds"}`},
		{"GET", "/api/pixel/0/20", "", 400, `{"error":"Coordinates out of bounds"}`},
		{"GET", "/api/pixel/-1/0", "", 400, `{"error":"Coordinates out of bounds"}`},
		{"GET", "/api/pixel/a/0", "", 400, `{"error":"Coordinates out of bounds"}`},
		{"GET", "/api/pixel/0/1.5", "", 400, `{"error":"Coordinates out of bounds"}`},
		{"GET", "/api/pixel/0/99999999999999999999", "", 400, `{"error":"Coordinates out of bounds"}`},

		{"PUT", "/api/pixel", `{"x":1,"y":2,"color":"#aAbBcC"}`, 200, `{"success":true,"x":1,"y":2,"color":"#aAbBcC","timestamp":` + at + `}`},
		{"PUT", "/api/pixel", `{"x":1e1,"y":2.0,"color":"#AABBCC","more":[]}`, 200, `{"success":true,"x":10,"y":2,"color":"#AABBCC","timestamp":` + at + `}`},
		{"PUT", "/api/pixel", `{"x":40,"y":2,"color":"#AABBCC"}`, 400, `{"error":"Coordinates out of bounds"}`},
		{"PUT", "/api/pixel", `{"x":1,"y":-1,"color":"#AABBCC"}`, 400, `{"error":"Coordinates out of bounds"}`},
		{"PUT", "/api/pixel", `{"x":65537,"y":1e300,"color":"#AABBCC"}`, 400, `{"error":"Coordinates out of bounds"}`},
		{"PUT", "/api/pixel", `{"x":1,"y":2,"color":"red"}`, 400, `{"error":"Invalid color format. Use hex format like #FF0000"}`},
		{"PUT", "/api/pixel", `{"x":1,"y":2,"color":"#FFF"}`, 400, `{"error":"Invalid color format. Use hex format like #FF0000"}`},
		{"PUT", "/api/pixel", `{"x":"1","y":2,"color":"#AABBCC"}`, 400, `{"error":"Invalid data format"}`},
		{"PUT", "/api/pixel", `{"x":1.5,"y":2,"color":"#AABBCC"}`, 400, `{"error":"Invalid data format"}`},
		{"PUT", "/api/pixel", `{"x":1,"y":2,"color":7}`, 400, `{"error":"Invalid data format"}`},
		{"PUT", "/api/pixel", `{"x":1,"color":"#AABBCC"}`, 400, `{"error":"Invalid data format"}`},
		{"PUT", "/api/pixel", `{"X":1,"Y":2,"Color":"#AABBCC"}`, 400, `{"error":"Invalid data format"}`},
		{"PUT", "/api/pixel", `[]`, 400, `{"error":"Invalid data format"}`},
		{"PUT", "/api/pixel", `{"x":`, 400, `{"error":"Invalid data format"}`},
		{"PUT", "/api/pixel", ``, 400, `{"error":"Invalid data format"}`},
		{"PUT", "/api/pixel", strings.Repeat(" ", answer.MaxPixelBody) + "{}", 413, `{"error":"The request is larger than 65536 bytes"}`},

		{"PUT", "/api/pixels", `{"pixels":[{"x":1,"y":2,"color":"#aabbcc"},{"x":99,"y":2,"color":"#AABBCC"},7,null,{"x":5,"y":6,"color":"#00FF00"}]}`, 200, `{"success":true,"updated":2,"timestamp":` + at + `}`},
		{"PUT", "/api/pixels", `{"pixels":[]}`, 200, `{"success":true,"updated":0,"timestamp":` + at + `}`},
		{"PUT", "/api/pixels", `{"pixels":{}}`, 400, `{"error":"Pixels must be an array"}`},
		{"PUT", "/api/pixels", `{"pixels":null}`, 400, `{"error":"Pixels must be an array"}`},
		{"PUT", "/api/pixels", `{}`, 400, `{"error":"Pixels must be an array"}`},
		{"PUT", "/api/pixels", `[]`, 400, `{"error":"Pixels must be an array"}`},
		{"PUT", "/api/pixels", `{"pixels":[`, 400, `{"error":"Pixels must be an array"}`},
		{"PUT", "/api/pixels", `{"pixels":[0` + strings.Repeat(",0", maxEntries) + `]}`, 413, `{"error":"At most 100000 pixels in one request"}`},
		{"PUT", "/api/pixels", strings.Repeat(" ", answer.MaxPixelsBody) + "{}", 413, `{"error":"The request is larger than 1048576 bytes"}`},

		{"GET", "/api/canvas.png?x=40", "", 400, `{"error":"x must be a whole number from 0 to 39"}`},
		{"GET", "/api/canvas.png?x=30&w=11", "", 400, `{"error":"w must be a whole number from 1 to 10"}`},
		{"GET", "/api/canvas.png?h=many", "", 400, `{"error":"h must be a whole number from 1 to 20"}`},
		{"GET", "/api/canvas.png?scale=33", "", 400, `{"error":"scale must be a whole number from 1 to 32"}`},
		{"GET", "/api/canvas.png?scale=0", "", 400, `{"error":"scale must be a whole number from 1 to 32"}`},

		{"GET", "/api", "", 404, `{"error":"Not found"}`},
		{"GET", "/api/", "", 404, `{"error":"Not found"}`},
		{"POST", "/api/reset", "", 404, `{"error":"Not found"}`},
		{"GET", "/api/pixel/1", "", 404, `{"error":"Not found"}`},
		{"GET", "/api/pixel/1/2/3", "", 404, `{"error":"Not found"}`},
		{"DELETE", "/api/canvas", "", 405, `{"error":"Method not allowed"}`},
		{"GET", "/api/pixels", "", 405, `{"error":"Method not allowed"}`},
		{"POST", "/health", "", 405, `{"error":"Method not allowed"}`},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %s %.40s", test.method, test.target, test.body), func(t *testing.T) {
			p := newPod(t)
			p.canvas.paint(3, 4, 0x0A0B0C)
			p.canvas.paint(39, 19, 0xFF0000)
			w := p.ask(test.method, test.target, test.body)
			if got := strings.TrimSuffix(w.Body.String(), "\n"); w.Code != test.status || got != test.want {
				t.Errorf("got %d %s\nwant %d %s", w.Code, got, test.status, test.want)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
				t.Errorf("Content-Type %q", got)
			}
			if got := w.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q", got)
			}
		})
	}
}

func TestAPI_Methods(t *testing.T) {
	p := newPod(t)
	for target, want := range map[string]string{
		"/api/canvas": "GET, HEAD, OPTIONS", "/api/pixel": "OPTIONS, PUT", "/api/pixel/1/2": "GET, HEAD, OPTIONS",
	} {
		for method, status := range map[string]int{"POST": 405, "OPTIONS": 204} {
			w := p.ask(method, target, "")
			if w.Code != status || w.Header().Get("Allow") != want {
				t.Errorf("%s %s: got %d with Allow %q, want %d with %q", method, target, w.Code, w.Header().Get("Allow"), status, want)
			}
		}
	}
	if w := p.ask("HEAD", "/api/canvas", ""); w.Code != 200 || w.Body.Len() != 0 || p.canvas.reads != 1 {
		t.Errorf("HEAD: got %d, %d bytes after %d reads; want 200 and none after one", w.Code, w.Body.Len(), p.canvas.reads)
	}
}

// TestAPI_Refusals: what the actors refuse becomes a status, a text and when to come again.
func TestAPI_Refusals(t *testing.T) {
	tests := []struct {
		err    error
		status int
		text   string
		retry  string
	}{
		{&actors.RefusedError{Why: canvas.RefusedUnavailable, Retry: 2500 * time.Millisecond}, 503, "The canvas can't be saved right now", "3"},
		{&actors.RefusedError{Why: canvas.RefusedBusy, Retry: 100 * time.Millisecond}, 503, "The server is busy, try again in a moment", "1"},
		{&actors.RefusedError{Why: canvas.RefusedUnsure, Retry: time.Second}, 503, "It is not known whether that was saved: the canvas shows it if it was", "1"},
		{&actors.RefusedError{Why: canvas.RefusedDraining}, 503, "This server is restarting", "1"},
		{&actors.RefusedError{Why: canvas.RefusedRate, Retry: 4 * time.Second}, 429, "You are drawing faster than this canvas allows", "4"},
		{fmt.Errorf("place: %w", context.DeadlineExceeded), 503, "The canvas can't be saved right now", "1"},
		{&actors.RefusedError{Why: canvas.RefusedRegion}, 500, "The server did not accept that", ""},
	}
	for _, test := range tests {
		for target, body := range map[string]string{
			"/api/pixel":  `{"x":1,"y":2,"color":"#AABBCC"}`,
			"/api/pixels": `{"pixels":[{"x":1,"y":2,"color":"#AABBCC"}]}`,
		} {
			p := newPod(t)
			p.canvas.placeErr = func(int) error { return test.err }
			w := p.ask("PUT", target, body)
			got := decode[answer.Failure](t, w.Body)
			if w.Code != test.status || got.Error != test.text || w.Header().Get("Retry-After") != test.retry {
				t.Errorf("%s, %v: got %d %q, Retry-After %q", target, test.err, w.Code, got.Error, w.Header().Get("Retry-After"))
			}
		}
	}
}

func TestAPI_Unreadable(t *testing.T) {
	p := newPod(t)
	p.canvas.readErr = errBroken
	for _, target := range []string{"/health", "/api/canvas", "/api/canvas.png", "/api/pixel/1/2"} {
		w := p.ask("GET", target, "")
		got := decode[answer.Failure](t, w.Body)
		if w.Code != 503 || got.Error != "The canvas can't be read right now" || w.Header().Get("Retry-After") != "1" {
			t.Errorf("%s: got %d %q, Retry-After %q", target, w.Code, got.Error, w.Header().Get("Retry-After"))
		}
	}
}

func TestAPI_Health(t *testing.T) {
	tests := []struct {
		name     string
		ping     error
		draining bool
		ready    int
		text     string
		store    string
	}{
		{"well", nil, false, 200, `{"status":"ready","drawing":true}`, "ok"},
		{"store is gone", errors.New("no route"), false, 503, `{"error":"store: no route"}`, "unavailable"},
		{"draining", nil, true, 503, `{"error":"draining: this node is closing"}`, "ok"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPod(t)
			p.store.err, p.draining = test.ping, test.draining
			if w := p.ask("GET", "/readyz", ""); w.Code != test.ready || strings.TrimSpace(w.Body.String()) != test.text {
				t.Errorf("readyz: got %d %s", w.Code, w.Body)
			}
			if w := p.ask("GET", "/healthz", ""); w.Code != 200 {
				t.Errorf("healthz: got %d", w.Code)
			}
			health := decode[map[string]any](t, p.ask("GET", "/health", "").Body)
			if health["store"] != test.store || health["status"] != "ok" {
				t.Errorf("health: got %v", health)
			}
		})
	}
}

// Goal: a short stall of the store sends nobody away, a refusal does at once, and ?for=drawing
// reports both.
func TestAPI_ReadyBearsAStall(t *testing.T) {
	p := newPod(t)
	ready := func(when string, look, draw int) {
		t.Helper()
		if got := p.ask("GET", "/readyz", "").Code; got != look {
			t.Errorf("%s: readyz is %d, want %d", when, got, look)
		}
		if got := p.ask("GET", "/readyz?for=drawing", "").Code; got != draw {
			t.Errorf("%s: readyz for drawing is %d, want %d", when, got, draw)
		}
	}
	stalled := fmt.Errorf("%w: as a store that hangs", errNoAnswer)
	p.store.err = stalled
	ready("it has never answered", 503, 503)
	p.store.err = nil
	ready("well", 200, 200)
	p.store.err = stalled
	ready("stalled", 200, 503)
	p.now = p.now.Add(stallBorne - time.Second)
	ready("stalled still", 200, 503)
	p.now = p.now.Add(time.Second)
	ready("stalled for long", 503, 503)
	p.store.err = errBroken
	ready("refused", 503, 503)
	p.store.err = stalled
	ready("stalled anew", 200, 503)
	p.store.err = nil
	ready("well again", 200, 200)
}

// fakeStanding is what a gateway among others is good for.
type fakeStanding struct{ views, draws error }

func (f fakeStanding) Views() error { return f.views }
func (f fakeStanding) Draws() error { return f.draws }

func TestAPI_ReadyOfAGatewayAmongOthers(t *testing.T) {
	p := newPod(t)
	p.store.err = errBroken // which is not asked
	for _, test := range []struct {
		standing   fakeStanding
		look, draw int
		text       string
	}{
		{fakeStanding{}, 200, 200, `{"status":"ready","drawing":true}`},
		{fakeStanding{nil, errBroken}, 200, 503, `{"status":"ready","drawing":false,"why":"` + errBroken.Error() + `"}`},
		{fakeStanding{errBroken, errBroken}, 503, 503, `{"error":"` + errBroken.Error() + `"}`},
	} {
		p.server.Standing = test.standing
		if w := p.ask("GET", "/readyz", ""); w.Code != test.look || strings.TrimSpace(w.Body.String()) != test.text {
			t.Errorf("%+v: readyz is %d %s", test.standing, w.Code, w.Body)
		}
		if w := p.ask("GET", "/readyz?for=drawing", ""); w.Code != test.draw {
			t.Errorf("%+v: readyz for drawing is %d", test.standing, w.Code)
		}
	}
	if p.draining = true; p.ask("GET", "/readyz", "").Code != 503 {
		t.Error("ready while draining")
	}
}

// TestAPI_Origins: pages of allowed origins may use the API from their browsers.
func TestAPI_Origins(t *testing.T) {
	p := newPod(t)
	friend := p.ask("OPTIONS", "/api/pixel", "", "Origin", "https://friend.example", "Access-Control-Request-Method", "PUT")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  "https://friend.example",
		"Access-Control-Allow-Methods": "OPTIONS, PUT",
		"Access-Control-Allow-Headers": "Content-Type",
		"Vary":                         "Origin",
	} {
		if got := friend.Header().Get(name); got != want {
			t.Errorf("preflight: %s is %q, want %q", name, got, want)
		}
	}
	if w := p.ask("GET", "/api/pixel/1/2", "", "Origin", "https://friend.example"); w.Header().Get("Access-Control-Allow-Origin") != "https://friend.example" {
		t.Error("an allowed origin can't read")
	}
	for _, method := range []string{http.MethodOptions, http.MethodGet} {
		w := p.ask(method, "/api/pixel/1/2", "", "Origin", "https://stranger.example")
		for name := range w.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s from a stranger: got %s", method, name)
			}
		}
	}
}

func TestConfig_Validate(t *testing.T) {
	good := Config{Node: "a", Geometry: small, Rate: 1, Burst: 1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*Config){
		"node": func(c *Config) { c.Node = "" }, "rate": func(c *Config) { c.Rate = -1 },
		"burst": func(c *Config) { c.Burst = 0 }, "canvas": func(c *Config) { c.Geometry.Width = 0 },
	} {
		bad := good
		spoil(&bad)
		if err := bad.Validate(); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestReady_WaitsForTheCluster(t *testing.T) {
	p := newPod(t)
	p.cluster.waits = errors.New("nobody has answered yet")
	if w := p.ask("GET", "/readyz", ""); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "cluster: nobody has answered yet") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	p.cluster.waits = nil
	if w := p.ask("GET", "/readyz", ""); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A pod without users has nothing for people.
func TestAPI_OfAPodWithoutUsers(t *testing.T) {
	p := newPod(t, func(c *Config) { c.Pages = false })
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/metrics": 200, "/api/cluster": 200,
		"/": 404, "/health": 404, "/api/canvas": 404, "/api/pixel/1/1": 404, "/ws": 404,
	} {
		if w := p.ask("GET", path, ""); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

// TestAPI_OperatorsApart: on a port of its own, what is for operators is there and nowhere else.
func TestAPI_OperatorsApart(t *testing.T) {
	p := newPod(t, func(c *Config) { c.AdminTokens, c.Apart = []string{"correct horse battery"}, true })
	at := &pod{Handler: p.apart}
	for path, want := range map[string][2]int{
		"/": {200, 404}, "/api/canvas": {200, 404}, "/healthz": {200, 200}, "/readyz": {200, 200},
		"/metrics": {404, 200}, "/api/cluster": {404, 200}, "/admin": {404, 303}, "/admin/": {404, 401}, "/admin/login": {404, 200}, "/debug/pprof/": {404, 401},
	} {
		if w := p.ask("GET", path, ""); w.Code != want[0] {
			t.Errorf("%s for people: %d, want %d", path, w.Code, want[0])
		}
		if w := at.ask("GET", path, ""); w.Code != want[1] {
			t.Errorf("%s for operators: %d, want %d", path, w.Code, want[1])
		}
	}
}

// A record that can't be written is said, and is no reason to send people elsewhere.
func TestReady_RecordIsBehind(t *testing.T) {
	p := newPod(t)
	for _, path := range []string{"/readyz", "/readyz?for=drawing"} {
		for fault, want := range map[error]string{
			nil:                        `{"status":"ready","drawing":true}`,
			errors.New("disk is full"): `{"status":"ready","drawing":true,"record":"record: disk is full"}`,
		} {
			p.recording = fault
			if w := p.ask("GET", path, ""); w.Code != 200 || strings.TrimSpace(w.Body.String()) != want {
				t.Errorf("%s is %d %s, want %s", path, w.Code, w.Body, want)
			}
		}
	}
}
