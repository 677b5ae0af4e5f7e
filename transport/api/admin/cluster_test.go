package admin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCluster_ShowsMembersAndRegions(t *testing.T) {
	w := httptest.NewRecorder()
	newPod().ServeCluster(w, httptest.NewRequest("GET", "/api/cluster", nil))
	const want = `{"node":"pod-1","users":3,"canvas":"40x20/16","members":[` +
		`{"id":"a","name":"pod-1","roles":["gateway","canvas"],"version":"v1","draining":false,"aside":false,"started":"2026-05-04T12:00:00.007Z","self":true,"answers":true,"store_ok":true,"users":3,"regions":1},` +
		`{"id":"b","name":"pod-2","roles":["canvas"],"version":"","draining":true,"aside":false,"started":"2026-05-04T12:00:00.007Z","self":false,"answers":false,"store_ok":false,"users":0,"regions":0}],` +
		`"regions":[{"region":1,"x":16,"y":0,"owner":"a","state":"serving","epoch":7,"seq":5,"relays":1,"pending_ops":2}]}`
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != want {
		t.Errorf("%d %s\nwant %s", w.Code, got, want)
	}
}
