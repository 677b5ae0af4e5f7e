package moderation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/rules"
	"pixelplayground/actors/store/memory"
)

// clocked is another store for an office, whose clock the test moves.
func clocked(t *testing.T, _ *office, now *time.Time) *memory.Store {
	t.Helper()
	s := memory.New(memory.Config{Geometry: small, Now: func() time.Time { return *now }})
	t.Cleanup(func() { _ = s.Close() })
	return s
}

type reportList struct{ Reports []report }

func TestReports_FromOneToResolved(t *testing.T) {
	o := newOffice(t)
	w := o.ask("guest", "POST", "reports", `{"x":3,"y":4,"user":"0000000000aa","words":"  <img src=x onerror=alert(1)> \u202eand more\u0000 "}`)
	if w.Code != http.StatusCreated {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	id := told[struct{ ID string }](t, w).ID
	o.later(time.Second)
	o.ask("member", "POST", "reports", `{"x":5,"y":6,"words":"second"}`)
	raw := o.ask("moderator", "GET", "reports", "")
	list := told[reportList](t, raw).Reports
	if len(list) != 2 || list[0].ID != id || list[0].X != 3 || list[0].User != 0xAA || list[0].By != userID(everybody()["guest"].User) || list[0].Words != "<img src=x onerror=alert(1)> and more" {
		t.Fatalf("%+v", list)
	}
	if list[1].Name != "Ada" || strings.Contains(raw.Body.String(), "subject") || strings.Contains(raw.Body.String(), "network") {
		t.Errorf("%s", raw.Body)
	}
	if strings.Contains(raw.Body.String(), "<img") || raw.Header().Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("what a browser could take for a page: %s", raw.Body)
	}

	claim := func(who, body string) int { return o.ask(who, "POST", "reports/"+id+"/claim", body).Code }
	for _, what := range []string{"made", "renewed"} {
		if code := claim("moderator", "{}"); code != 200 {
			t.Errorf("a claim can't be %s: %d", what, code)
		}
	}
	if w := o.ask("other", "POST", "reports/"+id+"/claim", "{}"); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "Grace sees to this report") {
		t.Errorf("another's claim: %d %s", w.Code, w.Body)
	}
	if w := o.ask("other", "POST", "reports/"+id+"/resolve", `{"text":"x"}`); w.Code != http.StatusConflict {
		t.Errorf("resolved by another: %d %s", w.Code, w.Body)
	}
	if claim("other", `{"release":true}`) != http.StatusConflict {
		t.Error("another gives it back")
	}
	o.later(claimLasts)
	if claim("other", "{}") != 200 || claim("other", `{"release":true}`) != 200 || claim("operator", "{}") != 200 || claim("operator", `{"release":true}`) != 200 {
		t.Error("a claim has no end")
	}

	ban := o.act("moderator", fmt.Sprintf(`{"do":"ban","target":{"user":"0000000000aa"},"report":%q}`, id))
	w = o.ask("moderator", "POST", "reports/"+id+"/resolve", `{"text":"banned and taken back"}`)
	done := told[reported](t, w)
	if w.Code != 200 || done.Act.Do != rules.Resolve || done.Act.Report != id || done.Report.Resolved == nil || done.Report.Resolved.Act != done.Act.N || done.Act.N != ban.N+1 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := o.ask("other", "POST", "reports/"+id+"/resolve", `{"text":"again"}`); w.Code != http.StatusConflict {
		t.Errorf("resolved twice: %d %s", w.Code, w.Body)
	}
	for state, want := range map[string]int{"": 1, "?state=open": 1, "?state=resolved": 1, "?state=all": 2} {
		if list := told[reportList](t, o.ask("other", "GET", "reports"+state, "")).Reports; len(list) != want {
			t.Errorf("%s: %+v", state, list)
		}
	}
	if w := o.ask("other", "GET", "reports?state=x", ""); w.Code != http.StatusBadRequest {
		t.Errorf("a state that is none: %d", w.Code)
	}
}

// TestReports_ResolvedOnce: a pod that dies after the act leaves a report open; to resolve it again makes no other act.
func TestReports_ResolvedOnce(t *testing.T) {
	o := newOffice(t)
	id := told[struct{ ID string }](t, o.ask("guest", "POST", "reports", `{"x":3,"y":4,"words":"a"}`)).ID
	if _, err := o.decide(t.Context(), caller{by: rules.By{User: 4, Role: 2, Via: "page"}}, rules.Act{ID: "report/" + id, Do: rules.Resolve, Report: id, Text: "first"}); err != nil {
		t.Fatal(err)
	}
	w := o.ask("other", "POST", "reports/"+id+"/resolve", `{"text":"second"}`)
	if done := told[reported](t, w); w.Code != 200 || done.Act.N != 1 || done.Report.Resolved.Text != "first" || o.Rules().Version() != 1 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestReports_OneSeesToIt: of many who claim a report at the same time, one has it.
func TestReports_OneSeesToIt(t *testing.T) {
	o := newOffice(t)
	id := told[struct{ ID string }](t, o.ask("guest", "POST", "reports", `{"x":3,"y":4,"words":"a"}`)).ID
	var all sync.WaitGroup
	var codes [2]int
	for i, who := range []string{"moderator", "other"} {
		all.Go(func() { codes[i] = o.ask(who, "POST", "reports/"+id+"/claim", "{}").Code })
	}
	all.Wait()
	if codes[0]+codes[1] != http.StatusOK+http.StatusConflict {
		t.Errorf("%v", codes)
	}
}

func TestReports_Refused(t *testing.T) {
	o := newOffice(t)
	for body, want := range map[string]int{
		`{"x":64,"y":0,"words":"a"}`: 400,
		`{"x":-1,"y":0,"words":"a"}`: 400,
		`{"y":0,"words":"a"}`:        400,
		`{"x":1,"y":0,"words":"` + strings.Repeat("a", maxWords+1) + `"}`: 400,
		`{"x":1,"y":0,"user":"eve","words":""}`:                           400,
		`{"x":1,"y":0,"words":"","claim":{"name":"me"}}`:                  400,
		`{"x":1,"y":0,"words":"` + strings.Repeat("a", maxBody) + `"}`:    413,
	} {
		if w := o.ask("guest", "POST", "reports", body); w.Code != want {
			t.Errorf("%.60s: %d %s", body, w.Code, w.Body)
		}
	}
	for _, id := range []string{"nobodys", strings.Repeat("a", 2000), "..%2Fact"} {
		for _, what := range []string{"claim", "resolve"} {
			if w := o.ask("moderator", "POST", "reports/"+id+"/"+what, "{}"); w.Code != http.StatusNotFound {
				t.Errorf("%s %.20s: %d %s", what, id, w.Code, w.Body)
			}
		}
	}
	if o.Rules().Version() != 0 {
		t.Error("something was decided")
	}
}

// TestReports_Flood: a browser writes a few, a network more, and they keep no others away.
func TestReports_Flood(t *testing.T) {
	o := newOffice(t)
	post := func(who, from string) int {
		return o.ask(who, "POST", "reports", `{"x":1,"y":2,"words":"spam"}`, "From", from).Code
	}
	taken := 0
	for range 300 {
		if post("guest", "192.0.2.1:1") == http.StatusCreated {
			taken++
		}
	}
	if taken != reportsAtOnce {
		t.Errorf("a browser has written %d", taken)
	}
	for range 300 {
		if post("program", "192.0.2.1:1") == http.StatusCreated {
			taken++
		}
	}
	if taken > networkReportsAtOnce {
		t.Errorf("a network has written %d", taken)
	}
	if code := post("member", "198.51.100.1:1"); code != http.StatusCreated {
		t.Errorf("another network: %d", code)
	}
}

// TestReports_AreBounded: there is room for so many; the oldest that are resolved go first, and nobody has all of it.
func TestReports_AreBounded(t *testing.T) {
	o := newOffice(t)
	for n := range maxReports {
		one := report{ID: fmt.Sprintf("r%04d", n), Time: noon.UnixMilli() + int64(n), Words: "x", Subject: fmt.Sprint("of ", n), Network: 0xBB}
		if n == 7 || n == 9 {
			one.Resolved = &resolved{Act: 1, Time: noon.UnixMilli()}
		}
		if err := o.reports.put(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	add := func(subject string) error {
		return o.reports.add(t.Context(), report{ID: newID(), Time: noon.UnixMilli() + 1e6, Subject: subject, Network: 0xCC})
	}
	if err := add("new"); err != nil {
		t.Fatal(err)
	}
	if left, _ := o.store.Document(t.Context(), KindReport, "r0007"); left != nil {
		t.Error("the oldest that is resolved is still there")
	}
	if left, _ := o.store.Document(t.Context(), KindReport, "r0009"); left == nil {
		t.Error("the next one has gone too")
	}
	if err := add("new"); err != nil {
		t.Fatal(err)
	}
	if err := add("new"); err != errFull {
		t.Errorf("as many as there may be: %v", err)
	}
	all, err := o.reports.all(t.Context())
	if err != nil || len(all) != maxReports {
		t.Errorf("%d reports, %v", len(all), err)
	}

	few := newOffice(t)
	for n := range networkOpen {
		put := report{ID: fmt.Sprint("r", n), Time: noon.UnixMilli(), Subject: fmt.Sprint("of ", n/maxOpen), Network: 0xAA}
		if err := few.reports.add(t.Context(), put); err != nil {
			t.Fatal(n, err)
		}
	}
	if err := few.reports.add(t.Context(), report{ID: "a", Time: noon.UnixMilli(), Subject: "of 0", Network: 0xBB}); err != errYours {
		t.Errorf("of one subject: %v", err)
	}
	if err := few.reports.add(t.Context(), report{ID: "a", Time: noon.UnixMilli(), Subject: "another", Network: 0xAA}); err != errNetworks {
		t.Errorf("of one network: %v", err)
	}
}

// TestReports_End: a report that a backup has brought back without its end ends all the same, and one that is damaged keeps no others away.
func TestReports_End(t *testing.T) {
	o := newOffice(t)
	text, _ := json.Marshal(report{ID: "old", Time: noon.Add(-openLasts).UnixMilli() - 1})
	for id, value := range map[string][]byte{"old": text, "damaged": []byte("{"), "other": text} {
		if err := o.store.PutDocument(t.Context(), KindReport, id, value, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	o.ask("guest", "POST", "reports", `{"x":1,"y":2,"words":"new"}`)
	if list := told[reportList](t, o.ask("moderator", "GET", "reports?state=all", "")).Reports; len(list) != 1 || list[0].Words != "new" {
		t.Errorf("%+v", list)
	}
	if w := o.ask("moderator", "POST", "reports/damaged/claim", "{}"); w.Code != 404 {
		t.Errorf("a damaged one: %d", w.Code)
	}
}
