package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/message"
	"pixelplayground/transport/api/answer"
)

// TestAdmin_State: what two pods tell, during a handoff, as the page gets it.
func TestAdmin_State(t *testing.T) {
	p := newPod(testToken)
	w := p.ask("GET", "/admin/api/state?history=1", "", "Cookie", p.login(t))
	const want = `{"node":"pod-1","time":1777896000007,"canvas":{"width":40,"height":20,"region":16},"users":3,` +
		`"members":[{"id":"a","name":"pod-1","roles":["gateway","canvas"],"version":"v1","self":true,"answers":true,"draining":false,"aside":false,"started":1777896000007,` +
		`"connections":3,"regions":1,"cpu":0.5,"memory":1000,"heap":500,"gc_pause_p99":0.4,"goroutines":9,"store":{"ok":true,"error":""},` +
		`"pixels_placed":5,"pixels_in":10,"deliveries":100,"messages_in":2,"bytes_out":1000,"commit":{"p50":1,"p99":2.5},"place_to_ack":{"p50":2,"p99":3},` +
		`"kinds":[{"kind":"region","live":6,"rate":20,"mailbox_max":3,"mailbox_p99":2,"p50_us":12,"p99_us":90.5,"restarts":1,"dead_letters":4,"unhandled":5}]},` +
		`{"id":"b","name":"pod-2","roles":["canvas"],"version":"","self":false,"answers":true,"draining":true,"aside":false,"started":1777896000007,` +
		`"connections":0,"regions":1,"cpu":0,"memory":0,"heap":0,"gc_pause_p99":0,"goroutines":0,"store":{"ok":false,"error":"store is unavailable"},` +
		`"pixels_placed":0,"pixels_in":0,"deliveries":0,"messages_in":0,"bytes_out":0,"commit":{"p50":0,"p99":0},"place_to_ack":{"p50":0,"p99":0},"kinds":[]}],` +
		`"regions":[{"region":1,"x":16,"y":0,"width":16,"height":16,"owner":"a","state":"serving","epoch":7,"seq":5,"rate":2,"viewers":3,"relays":2,"pending":1,"commit":{"p50":1,"p99":0},"pinned":false},` +
		`{"region":2,"x":32,"y":0,"width":8,"height":16,"owner":"b","state":"serving","epoch":3,"seq":0,"rate":5,"viewers":0,"relays":0,"pending":0,"commit":{"p50":0,"p99":0},"pinned":false}],` +
		`"connections":[{"id":"10","member":"a","name":"","user":"000000000000","since":0,"rate_in":0,"rate_out":0,"bytes_out":0,"lag":1500},` +
		`{"id":"z","member":"a","name":"Ada","user":"0000000000a1","since":6,"rate_in":5,"rate_out":15,"bytes_out":77,"lag":0}],` +
		`"events":[{"at":400,"kind":"died","node":"here","text":"pod-3 died","region":-1,"duration":0},{"at":500,"kind":"handoff","node":"here","text":"region 1 moved","region":1,"duration":12}],` +
		`"history":{"at":[5000,10000],"pixels_in":[3,0],"deliveries":[4,0],"place_to_ack_p99":[9,0],"connections":[2,0],"memory":[5,1]}}`
	if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != want {
		t.Errorf("%d\n%s\nwant\n%s", w.Code, got, want)
	}
}

// TestAdmin_PodWithoutAnswer: what membership knows is shown, and nothing made up.
func TestAdmin_PodWithoutAnswer(t *testing.T) {
	shown, err := json.Marshal(podOf(Member{ID: "b", Name: "pod-2", Roles: []string{"canvas"}, Started: noon}, nil))
	const want = `{"id":"b","name":"pod-2","roles":["canvas"],"version":"","self":false,"answers":false,"draining":false,"aside":false,"started":1777896000007}`
	if err != nil || string(shown) != want {
		t.Errorf("%s\nwant %s", shown, want)
	}
	if list := regionsShown(small, []Member{{}}, []*message.Report{nil}); len(list) != 0 {
		t.Errorf("regions: %v", list)
	}
}

// TestAdmin_DashboardsShareSurveys: ten dashboards ask the pods as often as one.
func TestAdmin_DashboardsShareSurveys(t *testing.T) {
	p := newPod(testToken)
	cookie := p.login(t)
	for range 10 {
		p.ask("GET", "/admin/api/state", "", "Cookie", cookie)
	}
	if n := len(p.cluster.asked); n != 2 {
		t.Errorf("%d questions to two pods", n)
	}
	p.now = p.now.Add(surveyServes + time.Millisecond)
	p.ask("GET", "/admin/api/state", "", "Cookie", cookie)
	if n := len(p.cluster.asked); n != 4 {
		t.Errorf("a second later: %d questions", n)
	}
}

// dying is two pods of which the second dies while it is asked for the first time.
type dying struct {
	fakeCluster
	dead   atomic.Bool
	gaveUp error // why the first survey ended
}

func (c *dying) Members() []Member {
	if all := c.fakeCluster.Members(); !c.dead.Load() {
		return all
	}
	return c.fakeCluster.Members()[:1]
}

func (c *dying) Survey(ctx context.Context, addresses []string, question message.Inspect) []*message.Report {
	reports := c.fakeCluster.Survey(ctx, addresses, question)
	if len(addresses) > 1 {
		c.dead.Store(true)
		<-ctx.Done()
		c.gaveUp = ctx.Err()
	}
	return reports
}

// TestAdmin_DeathDuringASurvey: a dead pod is not waited for once the cluster knows, and
// the others are asked again.
func TestAdmin_DeathDuringASurvey(t *testing.T) {
	c := &dying{}
	a := &Handler{Ports: Ports{Cluster: c, Inspectors: c, Now: time.Now}}
	members, reports := a.gather(t.Context())
	if len(members) != 1 || len(reports) != 1 || members[0].ID != "a" || reports[0] == nil {
		t.Errorf("members %v, %d reports", members, len(reports))
	}
	if !errors.Is(c.gaveUp, context.Canceled) {
		t.Errorf("the dead pod was waited for: %v", c.gaveUp)
	}
	if len(c.asked) != 3 {
		t.Errorf("asked %v", c.asked)
	}
}

// TestAdmin_SurveyServesWhoWaitedForIt: requests that came during a survey share it, however long
// it took. For a later request the pods are asked again.
func TestAdmin_SurveyServesWhoWaitedForIt(t *testing.T) {
	began, c := noon, &fakeCluster{}
	now := began
	a := &Handler{Ports: Ports{Cluster: c, Inspectors: c, Now: func() time.Time { return now }}}
	a.gathered = gathered{began: began, ended: began.Add(time.Second), members: c.Members(), reports: make([]*message.Report, 2)}
	now = began.Add(time.Second)
	if a.gather(t.Context()); len(c.asked) != 0 {
		t.Errorf("came while it went on: asked %v", c.asked)
	}
	now = began.Add(time.Second + time.Millisecond)
	if a.gather(t.Context()); len(c.asked) != 2 {
		t.Errorf("came after it: asked %v", c.asked)
	}
}

func TestAdmin_Actors(t *testing.T) {
	p := newPod(testToken)
	cookie := p.login(t)
	for _, test := range []struct {
		target string
		status int
		body   string
	}{
		{"actors?member=b&kind=region", 200, `{"actors":[{"id":"region/1","state":"serving","rate":10,"mailbox":2}]}`},
		{"actors?member=x&kind=region", 404, `{"error":"No pod has this id: it may have left"}`},
		{"actors?member=b&kind=king", 404, `{"error":"There is no such kind of actor"}`},
		{"actor?member=b&id=region/1", 200, `{"id":"region/1","state":"serving","since":7,"facts":[["epoch","9"]],"last":[{"type":"Submit","at":8,"us":1.5}]}`},
		{"actor?member=b&id=region/7", 404, `{"error":"There is no such actor: it may have ended"}`},
		{"connections?name=Ada", 200, ""},
		{"connections", 400, `{"error":"Give a name, or a part of one, for example ?name=ada"}`},
		{"connections?name=" + strings.Repeat("a", maxName+1), 400, ""},
	} {
		w := p.ask("GET", "/admin/api/"+test.target, "", "Cookie", cookie)
		if got := strings.TrimSpace(w.Body.String()); w.Code != test.status || test.body != "" && got != test.body {
			t.Errorf("%s: %d %s", test.target, w.Code, got)
		}
	}
	if !slices.ContainsFunc(p.cluster.asked, func(q string) bool { return strings.Contains(q, "Name:Ada") }) {
		t.Errorf("asked %v", p.cluster.asked)
	}
	p.cluster.fails = fmt.Errorf("%w: future: timeout", actors.ErrSilent)
	if w := p.ask("GET", "/admin/api/actor?member=b&id=region/1", "", "Cookie", cookie); w.Code != http.StatusGatewayTimeout {
		t.Errorf("a pod that is silent: %d %s", w.Code, w.Body)
	}
}

func TestAdmin_Acts(t *testing.T) {
	const at = 1777896000007
	for _, test := range []struct {
		path, body string
		status     int
		asked      []string
		act        message.Act
	}{
		{"drain", `{"member":"b"}`, 200, []string{"there"}, message.Act{Do: "drain", Target: "pod-2"}},
		{"drain", `{"member":"a"}`, 200, []string{"here"}, message.Act{Do: "drain", Target: "pod-1"}},
		{"drain", `{"member":"c"}`, 404, nil, message.Act{}},
		{"drain", `[]`, 400, nil, message.Act{}},
		{"drain", `{"member":"` + strings.Repeat("a", answer.MaxAdminBody) + `"}`, 413, nil, message.Act{}},
		{"handover", `{"region":3,"member":"a"}`, 200, []string{"here"}, message.Act{Do: "handover", Region: 3, Target: "region 3 to pod-1"}},
		{"handover", `{"region":0,"member":"a"}`, 200, []string{"here"}, message.Act{Do: "handover", Target: "region 0 to pod-1"}},
		{"handover", `{"region":3,"member":"b"}`, 409, nil, message.Act{}}, // it is draining
		{"handover", `{"region":6,"member":"a"}`, 400, nil, message.Act{}},
		{"handover", `{"region":-1,"member":"a"}`, 400, nil, message.Act{}},
		{"handover", `{"member":"a"}`, 400, nil, message.Act{}},
		{"disconnect", `{"member":"a","connection":"3f"}`, 200, []string{"here"}, message.Act{Do: "disconnect", Connection: 123, Target: "connection 3f of pod-1"}},
		{"disconnect", `{"member":"a","connection":"!"}`, 400, nil, message.Act{}},
		{"dismiss", `{"subject":"` + adasSubject + `"}`, 200, []string{"here"}, message.Act{Do: "dismiss", Text: adasSubject, Target: "all connections of " + adasSubject}},
		{"dismiss", `{"subject":"0102"}`, 400, nil, message.Act{}},
		{"dismiss", `{}`, 400, nil, message.Act{}},
		{"announce", `{"text":" Hello, \"all\" "}`, 200, []string{"here"}, message.Act{Do: "announce", Text: `Hello, "all"`, Target: `"Hello, \"all\""`}},
		{"announce", `{"text":" "}`, 400, nil, message.Act{}},
		{"announce", `{"text":"two\nlines"}`, 400, nil, message.Act{}},
		{"announce", `{"text":"` + strings.Repeat("é", 513) + `"}`, 400, nil, message.Act{}},
	} {
		p := newPod(testToken)
		w := p.ask("POST", "/admin/api/"+test.path, test.body, "Cookie", p.login(t), intentHeader, "1")
		if w.Code != test.status || (w.Code == 200) != (strings.TrimSpace(w.Body.String()) == `{"ok":true}`) {
			t.Errorf("%s %s: %d %s, want %d", test.path, test.body, w.Code, w.Body, test.status)
		}
		var asked []string
		for _, q := range p.cluster.asked {
			address, _, _ := strings.Cut(q, " ")
			asked = append(asked, address)
		}
		if !reflect.DeepEqual(asked, test.asked) {
			t.Errorf("%s %s: asked %v, want %v", test.path, test.body, asked, test.asked)
		}
		if len(test.asked) == 0 {
			continue
		}
		test.act.Who, test.act.At = "192.0.2.1", at // httptest's
		if !reflect.DeepEqual(p.cluster.acts, []message.Act{test.act}) {
			t.Errorf("%s %s: did %+v, want %+v", test.path, test.body, p.cluster.acts, test.act)
		}
		if elsewhere := test.asked[0] != "here"; elsewhere != (len(p.cluster.noted) == 1) {
			t.Errorf("%s %s: noted %d times here", test.path, test.body, len(p.cluster.noted))
		}
	}
}

func TestAdmin_ActsThatFail(t *testing.T) {
	p := newPod(testToken)
	cookie := p.login(t)
	p.cluster.fails = errors.New("there are no other pods")
	w := p.ask("POST", "/admin/api/drain", `{"member":"b"}`, "Cookie", cookie, intentHeader, "1")
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "pod-2: there are no other pods") || len(p.cluster.noted) != 1 || p.cluster.noted[0] == nil {
		t.Errorf("%d %s, noted %v", w.Code, w.Body, p.cluster.noted)
	}
	p.cluster.fails = actors.ErrSilent
	if w := p.ask("POST", "/admin/api/drain", `{"member":"b"}`, "Cookie", cookie, intentHeader, "1"); w.Code != http.StatusGatewayTimeout {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
