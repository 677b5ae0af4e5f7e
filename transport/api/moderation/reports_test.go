package moderation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
	"pixelplayground/transport/api/answer"
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
		`{"x":1,"y":0,"words":"` + strings.Repeat("a", maxWords+1) + `"}`:         400,
		`{"x":1,"y":0,"user":"eve","words":""}`:                                   400,
		`{"x":1,"y":0,"words":"","claim":{"name":"me"}}`:                          400,
		`{"x":1,"y":0,"words":"` + strings.Repeat("a", answer.MaxFormBody) + `"}`: 413,
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

// someone is a report about somebody whom no other report of the test is about.
func someone(n int, subject string, network canvas.NetworkID) report {
	return report{ID: fmt.Sprintf("r%05d", n), Time: noon.UnixMilli() + int64(n), Words: "x", User: userID(n + 1), Subject: subject, Network: network}
}

// TestReports_AreBounded: there is room for so many; the oldest that are resolved go first, and nobody has all of it.
func TestReports_AreBounded(t *testing.T) {
	o := newOffice(t)
	for n := range maxReports {
		one := someone(n, fmt.Sprint("of ", n), 0xBB)
		if n == 7 || n == 9 {
			one.Resolved = &resolved{Act: 1, Time: noon.UnixMilli()}
		}
		if err := o.reports.put(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	n := maxReports
	for _, goes := range []string{"r00007", "r00009", "r00000"} {
		n++
		if id, err := o.reports.add(t.Context(), someone(n, "new", 0xCC)); err != nil || id != fmt.Sprintf("r%05d", n) {
			t.Fatal(id, err)
		}
		all, err := o.reports.all(t.Context())
		if err != nil || len(all) != maxReports || slices.ContainsFunc(all, func(r report) bool { return r.ID == goes }) {
			t.Errorf("%d reports, %v; %s must have gone", len(all), err, goes)
		}
	}

	few := newOffice(t)
	add := func(n int, subject string, network canvas.NetworkID) error {
		_, err := few.reports.add(t.Context(), someone(n, subject, network))
		return err
	}
	for n := range networkOpen {
		if err := add(n, fmt.Sprint("of ", n/maxOpen), 0xAA); err != nil {
			t.Fatal(n, err)
		}
	}
	if err := add(networkOpen, "of 0", 0xBB); err != errYours {
		t.Errorf("of one subject: %v", err)
	}
	if err := add(networkOpen, "another", 0xAA); err != errNetworks {
		t.Errorf("of one network: %v", err)
	}
}

// TestReports_FloodEvictsItself: whoever fills the queue from many networks drives out their own reports and nobody else's, not
// even one that they have made as well. Networks side by side are one stranger's.
func TestReports_FloodEvictsItself(t *testing.T) {
	const networks, honest = 40, 5
	for name, around := range map[string]func(n int) canvas.NetworkID{
		"networks here and there": func(n int) canvas.NetworkID { return canvas.NetworkID(0x1000 + n) },
		"networks side by side":   func(int) canvas.NetworkID { return 0x2000 },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			n := 0
			add := func(one report) string {
				t.Helper()
				id, err := o.reports.add(t.Context(), one)
				if err != nil {
					t.Fatal(err)
				}
				return id
			}
			var kept []string
			for ; n < honest; n++ {
				kept = append(kept, add(someone(n, "honest", 0xAA)))
			}
			joined := someone(0, "flood", canvas.NetworkID(0x100))
			joined.Around = around(0)
			if id := add(joined); id != kept[0] {
				t.Fatalf("the same person's report is %s, want %s", id, kept[0])
			}
			for i := range maxReports + 500 {
				one := someone(n, fmt.Sprint("flood ", i), canvas.NetworkID(0x100+i%networks))
				one.Around = around(i % networks)
				n++
				if i < maxReports-honest-1 { // as the store would have them: faster
					if err := o.reports.put(t.Context(), one); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if i%250 == 0 { // reading all each time takes long
					if _, err := o.reports.add(t.Context(), one); err != nil && err != errNetworks {
						t.Fatal(err)
					}
				}
			}
			kept = append(kept, add(someone(n, "late", 0xBB)))
			all, err := o.reports.all(t.Context())
			if err != nil || len(all) > maxReports {
				t.Errorf("%d reports, %v", len(all), err)
			}
			for _, id := range kept {
				if !slices.ContainsFunc(all, func(r report) bool { return r.ID == id }) {
					t.Errorf("%s has gone", id)
				}
			}
		})
	}
}

// TestReports_SeenToStay: a report that somebody sees to does not go, whoever has most.
func TestReports_SeenToStay(t *testing.T) {
	all := []report{someone(0, "a", 1), someone(1, "b", 1), someone(2, "c", 2)}
	all[0].Claim = &claim{Name: "Grace", Until: noon.UnixMilli() + 1}
	if got := heaviest(all, noon); got != 1 {
		t.Errorf("%d goes", got)
	}
	for i := range all {
		all[i].Claim = all[0].Claim
	}
	if got := heaviest(all, noon); got != -1 {
		t.Errorf("%d goes, and is seen to", got)
	}
}

// TestReports_TheSameIsOne: what many report is one report that says how many, with what some of them said.
func TestReports_TheSameIsOne(t *testing.T) {
	o := newOffice(t)
	post := func(who, body string) string {
		t.Helper()
		w := o.ask(who, "POST", "reports", body)
		if w.Code != http.StatusCreated {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		o.later(time.Second)
		return told[struct{ ID string }](t, w).ID
	}
	first := post("guest", `{"x":3,"y":4,"user":"0000000000aa","words":"one"}`)
	place := post("guest", `{"x":3,"y":4,"words":"a place"}`)
	if first == place {
		t.Error("a person and a place are one")
	}
	for who, body := range map[string]string{
		"member": `{"x":60,"y":4,"user":"0000000000aa","words":"` + strings.Repeat("é", otherWords) + `"}`,
		"guest":  `{"x":3,"y":4,"user":"0000000000aa","words":"again"}`,
	} {
		if id := post(who, body); id != first {
			t.Errorf("%s: another report, %s", who, id)
		}
	}
	if id := post("member", `{"x":11,"y":12,"words":"near"}`); id != place {
		t.Error("a place near it is another report")
	}
	if id := post("other", `{"x":20,"y":12,"words":"far"}`); id == place {
		t.Error("a place far from it is the same report")
	}
	raw := o.ask("moderator", "GET", "reports", "")
	list := told[reportList](t, raw).Reports
	if len(list) != 3 || list[0].Count != 2 || len(list[0].Others) != 1 || list[0].Others[0].X != 60 || len(list[0].Others[0].Words) != otherWords || list[0].Words != "one" {
		t.Errorf("%s", raw.Body)
	}
	for _, never := range []string{"subject", "network", "around"} {
		if strings.Contains(raw.Body.String(), never) {
			t.Errorf("they are told the %s: %s", never, raw.Body)
		}
	}
	o.ask("moderator", "POST", "reports/"+first+"/resolve", `{"text":"banned"}`)
	if id := post("program", `{"x":3,"y":4,"user":"0000000000aa","words":"and again"}`); id == first {
		t.Error("what was dealt with is noted in the report of before")
	}

	full := someone(1, "first", 1)
	for n := range 100 {
		other := someone(1, fmt.Sprint(n), canvas.NetworkID(n+2))
		other.Words, other.Name = strings.Repeat("<", maxWords), strings.Repeat("<", 64)
		full.join(other)
	}
	full.Words = strings.Repeat("<", maxWords)
	if text, _ := json.Marshal(full); len(full.Others) != maxOthers || full.Count != 101 || len(text) > store.MaxDocument {
		t.Errorf("%d others of %d, in %d bytes", len(full.Others), full.Count, len(text))
	}
}

// TestReports_ResolvedTogether: several are dealt with by one act: those that are named, or all of a network; what others see to stays.
func TestReports_ResolvedTogether(t *testing.T) {
	o := newOffice(t)
	for n := range 12 {
		one := someone(n, fmt.Sprint("of ", n), canvas.NetworkID(0xA0+n%3))
		if err := o.reports.put(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	shared, claimed := "r00003", "r00006"
	if _, err := o.reports.change(t.Context(), shared, func(r *report) error { r.join(someone(3, "else", 0xEE)); return nil }); err != nil {
		t.Fatal(err)
	}
	o.ask("other", "POST", "reports/"+claimed+"/claim", "{}")
	list := told[reportList](t, o.ask("moderator", "GET", "reports", "")).Reports
	if list[0].Alike != 3 || list[1].Alike != 4 || list[3].Alike != 0 {
		t.Errorf("alike are %d, %d and %d", list[0].Alike, list[1].Alike, list[3].Alike)
	}
	w := o.ask("moderator", "POST", "reports/resolve", `{"alike":"r00000","text":"a flood"}`)
	if got := told[resolvedMany](t, w); w.Code != 200 || !slices.Equal(got.Resolved, []string{"r00000", "r00009"}) || !slices.Equal(got.Left, []string{claimed}) ||
		got.Act.Report != "r00000" || !slices.Equal(got.Act.Reports, []string{"r00009"}) || got.Act.Text != "a flood" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = o.ask("operator", "POST", "reports/resolve", `{"ids":["r00000","r00001","r00002","nobodys"],"text":"no"}`)
	if got := told[resolvedMany](t, w); w.Code != 200 || !slices.Equal(got.Resolved, []string{"r00001", "r00002"}) || !slices.Equal(got.Left, []string{"r00000"}) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if n := o.Rules().Version(); n != 2 {
		t.Errorf("%d acts for two", n)
	}
	for body, want := range map[string]int{
		`{"text":"x"}`: 400, `{"ids":["a"],"alike":"b","text":"x"}`: 400, `{"ids":["nobodys"],"text":"x"}`: 404, `{"alike":"nobodys","text":"x"}`: 404,
		`{"ids":["r00000"],"text":"x"}`: 409, `{"ids":["` + claimed + `"],"text":"x"}`: 409, `{"ids":[` + strings.Repeat(`"a",`, maxAtOnce) + `"a"],"text":"x"}`: 400,
	} {
		if w := o.ask("moderator", "POST", "reports/resolve", body); w.Code != want {
			t.Errorf("%.60s: %d %s", body, w.Code, w.Body)
		}
	}
	all, _ := o.reports.all(t.Context())
	if open := slices.DeleteFunc(all, func(r report) bool { return r.Resolved != nil }); len(open) != 8 {
		t.Errorf("%d are open", len(open))
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
