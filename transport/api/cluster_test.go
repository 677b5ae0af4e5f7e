package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestCluster_ShowsMembersAndRegions(t *testing.T) {
	p := newPod(t)
	w := p.ask("GET", "/api/cluster", "")
	const want = `{"node":"pod-1","users":3,"canvas":"40x20/16","members":[` +
		`{"id":"a","name":"pod-1","roles":["gateway","canvas"],"version":"v1","draining":false,"aside":false,"started":"2026-05-04T12:00:00.007Z","self":true,"answers":true,"store_ok":true,"users":3,"regions":1},` +
		`{"id":"b","name":"pod-2","roles":["canvas"],"version":"","draining":true,"aside":false,"started":"2026-05-04T12:00:00.007Z","self":false,"answers":false,"store_ok":false,"users":0,"regions":0}],` +
		`"regions":[{"region":1,"x":16,"y":0,"owner":"a","state":"serving","epoch":7,"seq":5,"relays":1,"pending_ops":2}]}`
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != want {
		t.Errorf("%d %s\nwant %s", w.Code, got, want)
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
