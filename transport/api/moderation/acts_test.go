package moderation

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
)

// listing is the answer of GET acts.
type listing struct {
	Acts []*rules.Act `json:"acts"`
	More bool         `json:"more"`
}

func TestActs_AreDecidedOnceAndListed(t *testing.T) {
	o := newOffice(t)
	first := o.act("moderator", `{"do":"ban","id":"a-1","target":{"user":"0000000000aa"},"why":"spam","n":7,"before":"x","time":5,"by":{"role":"owner","via":"me"}}`)
	again := o.act("moderator", `{"do":"ban","id":"a-1","target":{"user":"0000000000aa"},"why":"spam"}`)
	if first.N != 1 || again.N != 1 || first.Time != noon.UnixMilli() || first.By.Via != "page" || first.By.Name != "Grace" {
		t.Errorf("%+v, then %+v", first, again)
	}
	if by := o.act("key moderate", `{"do":"freeze"}`).By; by.Via != "program" || by.Name != "warden" {
		t.Errorf("by a key: %+v", by)
	}
	if by := o.act("operator", `{"do":"open"}`).By; by.Via != "dashboard" || by.User != 0 {
		t.Errorf("by an operator: %+v", by)
	}
	list := told[listing](t, o.ask("moderator", "GET", "acts?limit=2", ""))
	if len(list.Acts) != 2 || list.Acts[0].N != 3 || list.Acts[1].N != 2 || !list.More {
		t.Errorf("%+v", list)
	}
	list = told[listing](t, o.ask("moderator", "GET", "acts?before=2", ""))
	if len(list.Acts) != 1 || list.Acts[0].N != 1 || list.More || list.Acts[0].Why != "spam" || list.Acts[0].Target.User != 0xAA {
		t.Errorf("%+v", list)
	}
	for _, query := range []string{"limit=0", "limit=1001", "limit=x", "before=x", "before=-1"} {
		if w := o.ask("moderator", "GET", "acts?"+query, ""); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
}

// TestActs_AreVerifiable: owners and operators get the bytes whose hashes make the chain.
func TestActs_AreVerifiable(t *testing.T) {
	o := newOffice(t)
	o.act("owner", `{"do":"ban","target":{"cidr":"192.0.2.0/24"},"why":"<b>\"é\" & more</b>"}`)
	o.act("moderator", `{"do":"freeze"}`)
	o.act("operator", `{"do":"open"}`)
	for _, who := range []string{"owner", "operator", "operator's token"} {
		w := o.ask(who, "GET", "acts", "", "Accept", "application/x-ndjson")
		lines := bytes.Split(bytes.TrimSuffix(w.Body.Bytes(), []byte("\n")), []byte("\n"))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/x-ndjson" || len(lines) != 3 {
			t.Fatalf("%s: %d %s", who, w.Code, w.Body)
		}
		chain := rules.NewChain(small)
		for i := range lines {
			if _, err := chain.Append(lines[len(lines)-1-i]); err != nil {
				t.Errorf("%s: act %d: %v", who, i+1, err)
			}
		}
	}
	for _, who := range []string{"moderator", "key moderate"} {
		if w := o.ask(who, "GET", "acts", "", "Accept", "application/x-ndjson"); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "Only an owner or an operator") {
			t.Errorf("%s: %d %s", who, w.Code, w.Body)
		}
	}
}

// TestActs_LeakNoAddress: whatever moderators ask, they see neither an address nor a hash in which one could be found by trying.
func TestActs_LeakNoAddress(t *testing.T) {
	o := newOffice(t)
	o.act("owner", `{"do":"ban","target":{"cidr":"198.51.100.7/32"}}`)
	o.act("operator", `{"do":"shadow","target":{"cidr":"2001:db8:77::/48"}}`)
	hashes := []string{rules.Hash(o.stored[0]), rules.Hash(o.stored[1])}
	done := o.ask("moderator", "POST", "acts", `{"do":"freeze"}`).Body.String()
	o.connected = connectedAs(everybody()["member"])
	said := []string{done}
	for _, path := range []string{"acts", "acts?limit=1", "rules", "people/" + everybody()["member"].User.Text(), "reports?state=all"} {
		for _, who := range []string{"moderator", "key moderate", "guest", "member"} {
			said = append(said, o.ask(who, "GET", path, "").Body.String())
		}
	}
	said = append(said, o.ask("moderator", "POST", "acts", `{"do":"undo","of":1}`).Body.String(), o.ask("moderator", "POST", "acts", `{"do":"undo","of":2}`).Body.String())
	for _, text := range said {
		for _, secret := range append(hashes, "198.51.100", "2001:db8:77", "192.0.2.") {
			if strings.Contains(text, secret) {
				t.Errorf("a moderator is told %s: %s", secret, text)
			}
		}
	}
	if !strings.Contains(said[1], `"cidr":"hidden"`) {
		t.Errorf("that there are such acts is not said: %s", said[1])
	}
	for _, who := range []string{"owner", "operator"} {
		if text := o.ask(who, "GET", "acts", "").Body.String(); !strings.Contains(text, "198.51.100.7/32") || !strings.Contains(text, hashes[0]) {
			t.Errorf("%s is not told: %s", who, text)
		}
	}
}

func TestActs_Refused(t *testing.T) {
	o := newOffice(t)
	o.act("moderator", `{"do":"freeze"}`)
	for body, want := range map[string]int{
		``:                                   400,
		`[]`:                                 400,
		`null`:                               400,
		`{"do":"freeze"`:                     400,
		`{"do":"freeze"}{"do":"freeze"}`:     400,
		`{"do":"freez"}`:                     400,
		`{"do":"freeze","untill":5}`:         400,
		`{"do":"freeze","Until":5}`:          400,
		`{"do":"freeze","until":5}`:          400, // in the past
		`{"do":"freeze","until":"tomorrow"}`: 400,
		`{"do":"freeze","id":"report/x"}`:    400, // the server's own
		`{"do":"freeze","id":"` + strings.Repeat("a", 65) + `"}`:   400,
		`{"do":"ban","target":{"user":"0000000000aa","untill":5}}`: 400,
		`{"do":"ban","target":{"user":170}}`:                       400,
		`{"do":"ban","target":{"user":"aa"}}`:                      400,
		`{"do":"ban","target":{}}`:                                 400,
		`{"do":"ban"}`:                                             400,
		`{"do":"rollback","selection":{"user":["0000000000aa"],"x":1,"y":1,"width":9,"height":9}}`: 400, // all of the area, without "users"
		`{"do":"rollback","selection":{}}`: 400,
		`{"do":"protect","area":{"name":"a","x":60,"y":0,"width":9,"height":1,"least":"member"}}`:                 400,
		`{"do":"protect","area":{"name":"a","x":0,"y":0,"width":9,"height":1,"least":"king"}}`:                    400,
		`{"do":"protect","area":{"name":"a","x":0,"y":0,"width":9,"height":9,"least":"member","mask":"../../x"}}`: 400,
		`{"do":"announce","text":"two\nlines"}`:                                                                   400,
		`{"do":"open"}`:                                                                                           200,
	} {
		if w := o.ask("moderator", "POST", "acts", body); w.Code != want || want != 200 && !strings.Contains(w.Body.String(), `"error"`) {
			t.Errorf("%s: %d %s, want %d", body, w.Code, w.Body, want)
		}
	}
	if w := o.ask("moderator", "POST", "acts", `{"do":"freeze"}`, "Content-Type", "text/plain"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("a form's body: %d", w.Code)
	}
	huge := `{"do":"announce","text":"` + strings.Repeat("a", rules.MaxAct) + `"}`
	if w := o.ask("moderator", "POST", "acts", huge); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body: %d", w.Code)
	}
	o.fails = fmt.Errorf("decide: %w", store.ErrUnavailable)
	for _, path := range []string{"acts"} {
		if w := o.ask("moderator", "POST", path, `{"do":"freeze"}`); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("without the store: %d %s", w.Code, w.Body)
		}
		if w := o.ask("moderator", "GET", path, ""); w.Code != http.StatusServiceUnavailable {
			t.Errorf("without the store: %d %s", w.Code, w.Body)
		}
	}
}

// TestActs_OfOtherSites: the page of another site makes the browser of a moderator decide nothing, whatever it sends.
func TestActs_OfOtherSites(t *testing.T) {
	o := newOffice(t)
	for _, headers := range [][]string{
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
	} {
		for _, one := range o.routes() {
			if one.method != http.MethodPost {
				continue
			}
			path := strings.NewReplacer("{id}", "x").Replace(one.path)
			for _, who := range []string{"moderator", "owner", "guest"} {
				if w := o.ask(who, "POST", path, `{"do":"freeze"}`, headers...); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "another site") {
					t.Errorf("%s %v as %s: %d %s", path, headers, who, w.Code, w.Body)
				}
			}
		}
	}
	if o.Rules().Version() != 0 {
		t.Error("something was decided")
	}
	public := newOffice(t, func(ports *Ports) { ports.Public, _ = url.Parse("https://canvas.example/under/a/path/") })
	if w := public.ask("moderator", "POST", "acts", `{"do":"freeze"}`, "Origin", "https://canvas.example"); w.Code != http.StatusOK {
		t.Errorf("our own page behind a proxy: %d %s", w.Code, w.Body)
	}
	if w := public.ask("moderator", "POST", "acts", `{"do":"open"}`, "Origin", "https://canvas.example.evil.example"); w.Code != http.StatusForbidden {
		t.Errorf("a page of a like name: %d %s", w.Code, w.Body)
	}
	if w := o.ask("moderator", "POST", "acts", `{"do":"freeze"}`, "Sec-Fetch-Site", "same-origin", "Origin", "http://example.com"); w.Code != http.StatusOK {
		t.Errorf("our own page: %d %s", w.Code, w.Body)
	}
}

// TestActs_Flood: a moderator makes 60 acts a minute, and others are not kept from theirs.
func TestActs_Flood(t *testing.T) {
	o := newOffice(t)
	post := func(who string) int {
		return o.ask(who, "POST", "acts", `{"do":"announce","text":"hello"}`).Code
	}
	done := 0
	for range 200 {
		switch code := post("moderator"); code {
		case http.StatusOK:
			done++
		case http.StatusTooManyRequests:
		default:
			t.Fatal(code)
		}
	}
	if done != actsAtOnce {
		t.Errorf("%d acts at once", done)
	}
	if post("other") != http.StatusOK || post("operator") != http.StatusOK || post("owner") != http.StatusOK {
		t.Error("others are kept from theirs")
	}
	o.later(time.Second)
	if post("moderator") != http.StatusOK || post("moderator") != http.StatusTooManyRequests {
		t.Error("a second later there is one more")
	}
}

// TestActs_SayWhatMayBeUndone: of each act the list says whether it was taken back, however long ago, and whether who asks may do that.
func TestActs_SayWhatMayBeUndone(t *testing.T) {
	o := newOffice(t)
	o.act("owner", `{"do":"ban","target":{"user":"0000000000aa"}}`)
	o.act("moderator", `{"do":"mute","target":{"user":"0000000000aa"}}`)
	o.act("moderator", `{"do":"shadow","target":{"user":"0000000000aa"}}`)
	o.act("other", `{"do":"undo","of":3}`)
	o.act("moderator", `{"do":"announce","text":"hello"}`)
	for who, want := range map[string]string{
		"moderator": "5 of nothing, 4 may be undone, 3 taken back by 4, 2 may be undone, 1 of nothing",
		"owner":     "5 of nothing, 4 may be undone, 3 taken back by 4, 2 may be undone, 1 may be undone",
	} {
		var said []string
		for _, act := range told[struct{ Acts []listed }](t, o.ask(who, "GET", "acts", "")).Acts {
			words := "of nothing"
			switch {
			case act.Undone != 0:
				words = fmt.Sprint("taken back by ", act.Undone)
			case act.MayUndo:
				words = "may be undone"
			}
			said = append(said, fmt.Sprint(act.N, " ", words))
		}
		if got := strings.Join(said, ", "); got != want {
			t.Errorf("%s: %s", who, got)
		}
	}
	body := o.ask("moderator", "GET", "people/0000000000aa", "").Body.String()
	if strings.Count(body, `"mayUndo":true`) != 1 || strings.Count(body, `"undone":4`) != 1 {
		t.Errorf("%s", body)
	}
}

// TestActs_NobodyWaits: a list for somebody who has gone is not made.
func TestActs_NobodyWaits(t *testing.T) {
	o := newOffice(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if list, err := o.list(ctx, caller{}, []*rules.Act{{N: 1}}); err == nil || list != nil {
		t.Errorf("%v, error %v", list, err)
	}
}
