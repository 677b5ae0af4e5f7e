package main

import (
	"encoding/json"
	"fmt"
	"image"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// court is a server that decides as the real one does, and knows nothing else.
type court struct {
	t  *testing.T
	mu sync.Mutex // guards:

	chain  *rules.Chain
	stored [][]byte
	mask   *rules.Mask
	asked  []string
	busy   int // so often it says that it is asked too much
}

// startCourt starts it and has pixelctl ask it as an operator.
func startCourt(t *testing.T) *court {
	c := &court{t: t, chain: rules.NewChain(canvas.Geometry{Width: 1000, Height: 1000, Region: 250})}
	c.chain.Masks(func(string) *rules.Mask { return c.mask })
	routes := http.NewServeMux()
	routes.HandleFunc("POST /admin/api/acts", c.decide)
	routes.HandleFunc("GET /admin/api/acts", c.acts)
	routes.HandleFunc("GET /admin/api/rules", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(c.chain.Rules().Shown(time.Now()))
	})
	routes.HandleFunc("POST /admin/api/masks", func(w http.ResponseWriter, r *http.Request) {
		c.mask, _ = rules.NewMask(30, 20, func(x, y int) bool { return x > 9 })
		name, _, _ := c.mask.Encode()
		fmt.Fprintf(w, `{"name":%q,"width":30,"height":20,"pixels":400}`, name)
	})
	routes.HandleFunc("/admin/api/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, map[string]string{
			"POST rollbacks/preview": `{"pixels":7,"users":[{"user":"0000000000aa","name":"Eve","pixels":7}],"area":{"x":1,"y":2,"width":3,"height":4},"before":"data:image/png;base64,iVBORw0KGgo=","selection":{"users":["0000000000aa"],"to":1796040000000}}`,
			"GET reports":            `{"reports":[{"id":"r1","time":1796040000000,"by":"0000000000bb","x":3,"y":4,"user":"0000000000aa","words":"rude","count":3,"alike":12,"claim":{"name":"Grace","until":5}},{"id":"r2","time":1796040000000,"x":5,"y":6,"words":"spam"}]}`,
			"GET people/0000000000aa": `{"user":"0000000000aa","name":"Eve","kind":"guest","role":"guest","connections":2,"networks":["0000000000cc"],"seen":1796040000000,
				"pixels":[{"x":3,"y":4,"time":1796040000000,"color":"#FF0000"}],"acts":[{"n":7,"do":"mute","target":{"user":"0000000000aa"},"time":1796040000000,"by":{"name":"Grace","role":"moderator"}}],
				"reports":[{"id":"r1","words":"rude"}],"incomplete":["record"]}`,
			"POST reports/r1/claim": `{}`, "POST reports/r1/resolve": `{}`,
			"POST reports/resolve": `{"resolved":["r1","r2"],"left":["r3"]}`,
		}[r.Method+" "+strings.TrimPrefix(r.URL.Path, "/admin/api/")])
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		if c.busy > 0 {
			c.busy--
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		c.asked = append(c.asked, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		routes.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	t.Setenv("PIXELCTL_ADMIN_TOKEN", "0123456789abcdef")
	t.Setenv("PIXELCTL_TARGET", server.URL)
	return c
}

func (c *court) decide(w http.ResponseWriter, r *http.Request) {
	var want rules.Act
	err := json.NewDecoder(r.Body).Decode(&want)
	want.By, want.Time = rules.By{Role: canvas.RoleOwner, Name: "operator", Via: "program"}, time.Now().UnixMilli()
	var act *rules.Act
	if err == nil {
		act, err = c.chain.Draft(want)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
		return
	}
	c.stored = append(c.stored, act.Encode())
	if _, err := c.chain.Append(act.Encode()); err != nil {
		c.t.Error(err)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"act": act, "obeyed": act.Do != rules.SetFrozen, "missing": []string{"old-pod"}})
}

func (c *court) acts(w http.ResponseWriter, r *http.Request) {
	before, _ := strconv.Atoi(r.URL.Query().Get("before"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	if before == 0 {
		before = len(c.stored) + 1
	}
	for n := before - 1; n > max(before-1-limit, 0); n-- {
		fmt.Fprintf(w, "%s\n", c.stored[n-1])
	}
}

// says runs pixelctl, which must succeed and print some text.
func (c *court) says(text string, args ...string) string {
	c.t.Helper()
	ran := start(c.t, nil, args...)
	ran.expect(c.t, exitDone, "")
	if !strings.Contains(ran.out.String(), text) {
		c.t.Errorf("%q says\n%swant %q", args, &ran.out, text)
	}
	return ran.out.String()
}

func TestGovern_DecidesAndTakesBack(t *testing.T) {
	c := startCourt(t)
	c.says("act 1: ban of 0000000000aa until ", "ban", "0000000000aa", "--until", "24h", "--why", "bots")
	c.says("act 2: ban of 203.0.113.0/24", "ban", "203.0.113.0/24")
	c.says("act 3: mute of network:0000000000bb", "mute", "network:0000000000bb")
	c.says("act 4: shadow of 0000000000cc", "shadow", "0000000000cc")
	c.says("act 5: ban of 0000000000aa", "ban", "0000000000aa")
	if said := c.says("act 6: undo act 1", "unban", "0000000000aa"); !strings.Contains(said, "act 7: undo act 5") {
		t.Errorf("of two bans, these were taken back: %s", said)
	}
	c.says("act 8: undo act 3", "unmute", "network:0000000000bb")
	c.says("act 9: undo act 4", "unshadow", "0000000000cc")
	c.says("act 10: undo act 2", "undo", "2", "--why", "too many people")
	start(t, nil, "unban", "203.0.113.0/24").expect(t, exitFailed, "no ban of 203.0.113.0/24 is in force")
	start(t, nil, "undo", "2").expect(t, exitFailed, "act 2 is taken back by act 10")

	c.says(`act 11: protect "Flag" at 10,20,30,40 from those below owner`, "protect", "10,20,30,40", "--label", "Flag", "--least", "owner", "--user", "0000000000dd")
	c.says("act 12: undo act 11", "unprotect", "Flag")
	picture := filepath.Join(t.TempDir(), "mask.png")
	if err := os.WriteFile(picture, encode(t, image.NewNRGBA(image.Rect(0, 0, 30, 20))), 0o600); err != nil {
		t.Fatal(err)
	}
	masked := start(t, nil, "protect", "5,6", "--mask", picture)
	masked.expect(t, exitDone, "400 of the 600 pixels of ")
	if act := c.chain.Act(13); act.Area.Mask == "" || act.Area.Width != 30 || act.Area.Height != 20 || act.Area.Least != canvas.RoleModerator {
		t.Errorf("%+v", act.Area)
	}
	c.says("act 14: undo act 13", "unprotect", "13")

	start(t, nil, "freeze").expect(t, exitDone, "not yet obeyed by: [old-pod]")
	c.says("act 16: open", "open")
	start(t, nil, "open").expect(t, exitFailed, "the canvas is open, and has no timetable")
	c.says(`act 17: announce "Hello"`, "announce", "Hello")
	c.says(`"obeyed":true`, "announce", "--json", "Hello again")
	c.says("act 19: undo act 16", "undo", "16")
}

func TestGovern_Rules(t *testing.T) {
	c := startCourt(t)
	c.says("version 0; the canvas is open", "rules", "show")
	c.says("palette 2 colours", "rules", "set", "palette", "#FF0000", "#00FF00")
	c.says("pace guest 0.2 pixels/s, 6 at once", "rules", "set", "pace", "guest", "--rate", "0.2", "--burst", "6")
	c.says("role moderator of 0000000000aa", "rules", "set", "role", "0000000000aa", "moderator")
	c.says(`appeal "mods@example.org"`, "rules", "set", "appeal", "mods@example.org")
	table := filepath.Join(t.TempDir(), "times")
	if err := os.WriteFile(table, []byte("# event\n2026-01-01T10:00:00Z open 0.2 6\n\n2026-01-02T10:00:00+02:00 white-out # the end\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.says("timetable of 2 phases from 2026-01-01 10:00", "rules", "set", "timetable", table)
	shown := c.says("version 5; the canvas is white-out", "rules", "show")
	for _, line := range []string{
		"from 2026-01-01 10:00  open  0.2 pixels/s, 6 at once\n", "from 2026-01-02 08:00  white-out\n", "palette #FF0000 #00FF00\n",
		"\n3 ", "role moderator of 0000000000aa",
	} {
		if !strings.Contains(shown, line) {
			t.Errorf("no %q in:\n%s", line, shown)
		}
	}
	c.says(`"palette":["#FF0000","#00FF00"]`, "rules", "show", "--json")
	c.says("act 6: palette any colour", "rules", "set", "palette", "--any")
}

func TestGovern_Audit(t *testing.T) {
	c := startCourt(t)
	for n := range 3 {
		c.says("announce", "announce", fmt.Sprintf("text %d", n))
	}
	head := strings.TrimSpace(c.says("3:", "audit", "verify"))
	c.says(`announce "text 2"`, "audit", "--limit", "1")
	exported := filepath.Join(t.TempDir(), "acts")
	whole := c.says("text 0", "audit", "export")
	for n := range 1100 { // more than a server tells at once
		act, err := c.chain.Draft(rules.Act{Do: rules.Announce, Text: "x", ID: strconv.Itoa(n), Time: 1, By: rules.By{Role: canvas.RoleOwner, Via: "page"}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.chain.Append(act.Encode())
		c.stored = append(c.stored, act.Encode())
	}
	c.says("1103:", "audit", "verify", "--head", head)
	for name, test := range map[string]struct{ text, says string }{
		"whole":   {whole, ""},
		"changed": {strings.Replace(whole, "text 1", "text 7", 1), "broken at act 3: act 2 before it was changed"},
		"missing": {strings.Join(slices.Delete(strings.SplitAfter(whole, "\n"), 1, 2), ""), "broken at act 2: it is missing"},
		"cut off": {whole[:strings.LastIndex(whole[:len(whole)-1], "\n")], "broken at act 3: it is missing, as are all up to act 3"},
		"damaged": {strings.Replace(whole, `{"n":2`, `"n":2`, 1), "broken at act 2: it was changed"},
	} {
		if err := os.WriteFile(exported, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		code := exitFailed
		if test.says == "" {
			code, test.says = exitDone, "3 acts, and each follows the one before; act 3 is the one that was noted"
		}
		t.Run(name, func(t *testing.T) {
			start(t, nil, "audit", "verify", exported, "--head", head).expect(t, code, test.says)
		})
	}
}

func TestGovern_RollbackAndReports(t *testing.T) {
	c := startCourt(t)
	before := filepath.Join(t.TempDir(), "before.png")
	c.says("0000000000aa  7 pixels  Eve", "rollback", "--dry-run", "--of", "0000000000aa", "--from", "2h", "--before", before)
	if c.chain.Len() != 0 {
		t.Error("a dry run decides something")
	}
	if picture, err := os.ReadFile(before); err != nil || string(picture) != "\x89PNG\r\n\x1a\n" {
		t.Errorf("%q, error %v", picture, err)
	}
	c.says("act 1: rollback user 0000000000aa, up to 2026-11-30 12:00", "rollback", "--of", "0000000000aa", "--area", "1,2,30,40", "--why", "bots")
	if previewed := c.asked[len(c.asked)-2]; !strings.HasSuffix(previewed, `{"selection":{"users":["0000000000aa"],"x":1,"y":2,"width":30,"height":40}}`) {
		t.Errorf("asked %s", previewed)
	}
	shown := c.says("r1  2026-11-30 12:00  3,4    0000000000aa  0000000000bb and 2 more  12     claimed by Grace  rude", "reports")
	if !strings.Contains(shown, "r2  2026-11-30 12:00  5,6    the place     nobody known             1      open              spam") {
		t.Error(shown)
	}
	about := start(t, nil, "person", "0000000000aa")
	about.expect(t, exitDone, "could not be asked now: record")
	for _, line := range []string{"user 0000000000aa  Eve", "2, as a guest with the role guest", "network:0000000000cc", "#FF0000 at 3,4, 2026-11-30 12:00", "mute of 0000000000aa, by Grace", "rude"} {
		if !strings.Contains(about.out.String(), line) {
			t.Errorf("no %q in:\n%s", line, &about.out)
		}
	}
	start(t, nil, "reports", "claim", "r1").expect(t, exitDone, "report r1 is yours")
	start(t, nil, "reports", "resolve", "r1", "banned").expect(t, exitDone, "report r1 is resolved")
	for said, args := range map[string][]string{`{"ids":["r1","r2","r3"],"text":"no"}`: {"r1,r2,r3", "no"}, `{"alike":"r1","text":"no"}`: {"--alike", "r1", "no"}} {
		start(t, nil, append([]string{"reports", "resolve"}, args...)...).expect(t, exitDone, "2 reports are resolved; others see to 1")
		if last := c.asked[len(c.asked)-1]; !strings.HasSuffix(last, said) {
			t.Errorf("asked %s", last)
		}
	}
}

// TestGovern_WaitsItsTurn: a server that is asked for all acts may say that it is too much at once, and when it would answer.
func TestGovern_WaitsItsTurn(t *testing.T) {
	c := startCourt(t)
	for range 2500 {
		if _, err := c.chain.Append(nextAct(t, c)); err != nil {
			t.Fatal(err)
		}
	}
	c.busy = 5
	out := start(t, nil, "audit", "export")
	out.expect(t, exitDone, "")
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := strings.Count(out.out.String(), "\n"); n != 2500 || c.busy != 0 {
		t.Errorf("%d acts, and the server would refuse %d more", n, c.busy)
	}
}

// nextAct is an act that the court has decided.
func nextAct(t *testing.T, c *court) []byte {
	act, err := c.chain.Draft(rules.Act{ID: fmt.Sprint("act-", c.chain.Len()), Time: 1796040000000, Do: rules.Announce, Text: "x", By: rules.By{Role: canvas.RoleOwner, Via: "program"}})
	if err != nil {
		t.Fatal(err)
	}
	stored := act.Encode()
	c.stored = append(c.stored, stored)
	return stored
}

func TestGovern_Misused(t *testing.T) {
	t.Setenv("PIXELCTL_ADMIN_TOKEN", "0123456789abcdef")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("2026-01-01 open\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for says, args := range map[string][]string{
		`"eve" must be a user's id`:                             {"ban", "eve"},
		`"soon" must be a time`:                                 {"freeze", "--until", "soon"},
		`1,2 has no size: give x,y,width,height, or --mask`:     {"protect", "1,2"},
		`"1,2,3" must be x,y,width,height`:                      {"protect", "1,2,3"},
		`--user: 10.0.0.1 is no user`:                           {"protect", "1,2,3,4", "--user", "10.0.0.1"},
		`10.0.0.1 is no user`:                                   {"person", "10.0.0.1"},
		`must be one of`:                                        {"protect", "1,2,3,4", "--least", "guest"},
		`say what to roll back`:                                 {"rollback"},
		`addresses are not recorded`:                            {"rollback", "--of", "10.0.0.1"},
		`give the colours, or --any`:                            {"rules", "set", "palette"},
		`must be like #FF0000`:                                  {"rules", "set", "palette", "red"},
		`network:0000000000aa is no user: a role is somebody's`: {"rules", "set", "role", "network:0000000000aa", "owner"},
		`--head: this can't be decided: head "5"`:               {"audit", "verify", "--head", "5"},
		`--limit 5000: must be 1 to 1000`:                       {"audit", "--limit", "5000"},
	} {
		start(t, nil, args...).expect(t, exitUsage, says)
	}
	start(t, nil, "rules", "set", "timetable", file).expect(t, exitFailed, `line 1: "2026-01-01" must be`)
	t.Setenv("PIXELCTL_ADMIN_TOKEN", "")
	start(t, nil, "open").expect(t, exitUsage, "set PIXELCTL_ADMIN_TOKEN")
}
