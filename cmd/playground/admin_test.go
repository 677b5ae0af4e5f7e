package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/message"
	"pixelplayground/cluster"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/cmd/playground/settings"
	"pixelplayground/codec"
)

const operatorsToken = "a token for this test"

// operate sends a request as an operator's script and returns status and body.
func (r *running) operate(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	return r.ask(t, method, path, body, "Authorization", "Bearer "+operatorsToken)
}

// dashboard is the part of the state that these tests look at.
type dashboard struct {
	Users   int
	Members []struct {
		ID, Name              string
		Answers               bool
		Memory, Connections   int
		CPU                   float64
		Store                 struct{ OK bool }
		Deliveries, Pixels_in float64
		Place_to_ack          struct{ P99 float64 }
		Kinds                 []struct{ Kind string }
	}
	Regions     []struct{ Region, Viewers int }
	Connections []struct {
		ID, Member, Name  string
		Rate_in, Rate_out float64
		Bytes_out         int
	}
	Events []struct{ Kind, Text string }
}

func (r *running) dashboard(t *testing.T) (d dashboard) {
	t.Helper()
	status, body := r.operate(t, "GET", "/admin/api/state", "")
	if status != 200 || json.Unmarshal([]byte(body), &d) != nil {
		t.Fatalf("state: %d %s", status, body)
	}
	return d
}

func readFrame(t *testing.T, conn io.Reader) (ws.Header, []byte) {
	t.Helper()
	header, err := ws.ReadHeader(conn)
	payload := make([]byte, min(header.Length, 1<<20))
	if err == nil {
		_, err = io.ReadFull(conn, payload)
	}
	if err != nil {
		t.Fatal(err)
	}
	return header, payload
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) { // between polls
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// TestAdmin_SeesAndActs: a server as its operators see it, and what they can do.
func TestAdmin_SeesAndActs(t *testing.T) {
	t.Setenv("PLAYGROUND_ADMIN_TOKEN", operatorsToken)
	r := start(t, "--data", t.TempDir(), "--node", "n1")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, _, err := ws.Dial(ctx, "ws"+strings.TrimPrefix(r.url, "http")+"/ws")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	say := func(text string) {
		if err := ws.WriteFrame(conn, ws.MaskFrame(ws.NewTextFrame([]byte(text)))); err != nil {
			t.Fatal(err)
		}
	}
	say(`{"type":"set_username","username":"Ada"}`)
	say(`{"type":"pixel_update","x":1,"y":2,"color":"#123456"}`)

	eventually(t, "the connection, its pixel and its name are shown", func() bool {
		d := r.dashboard(t)
		return len(d.Members) == 1 && d.Members[0].Answers && d.Members[0].Store.OK && d.Members[0].Connections == 1 && d.Users == 1 &&
			d.Members[0].Memory > 1<<20 && d.Members[0].Pixels_in > 0 && d.Members[0].Deliveries > 0 && d.Members[0].Place_to_ack.P99 > 0 &&
			len(d.Connections) == 1 && d.Connections[0].Name == "Ada" && d.Connections[0].Bytes_out > 50 &&
			slices.ContainsFunc(d.Regions, func(a struct{ Region, Viewers int }) bool { return a.Region == 0 && a.Viewers == 1 })
	})
	if runtime.GOOS == "linux" && process.Measure().CPU <= 0 {
		t.Error("no processor time")
	}

	if status, body := r.operate(t, "POST", "/admin/api/announce", `{"text":"Hello \"all\""}`); status != 200 {
		t.Fatalf("announce: %d %s", status, body)
	}
	told := ""
	for !strings.Contains(told, "announcement") {
		_, payload := readFrame(t, conn)
		told = string(payload)
	}
	if !strings.HasPrefix(told, `{"type":"announcement","message":"Hello \"all\"","timestamp":`) {
		t.Errorf("told %s", told)
	}

	d := r.dashboard(t)
	status, body := r.operate(t, "POST", "/admin/api/disconnect", fmt.Sprintf(`{"member":%q,"connection":%q}`, d.Members[0].ID, d.Connections[0].ID))
	if status != 200 {
		t.Fatalf("disconnect: %d %s", status, body)
	}
	for {
		header, payload := readFrame(t, conn)
		if header.OpCode == ws.OpClose {
			if code, _ := ws.ParseCloseFrameData(payload); code != ws.StatusCode(codec.CloseKicked) {
				t.Errorf("closed with %d", code)
			}
			break
		}
	}
	if status, _ := r.operate(t, "POST", "/admin/api/disconnect", fmt.Sprintf(`{"member":%q,"connection":"zz"}`, d.Members[0].ID)); status != http.StatusConflict {
		t.Errorf("disconnecting nobody: %d", status)
	}
	if status, _ := r.operate(t, "POST", "/admin/api/handover", fmt.Sprintf(`{"member":%q,"region":3}`, d.Members[0].ID)); status != http.StatusConflict {
		t.Errorf("handing over to nobody: %d", status)
	}
	if status, body := r.operate(t, "GET", "/admin/api/canvas.png", ""); status != 200 || !strings.HasPrefix(body, "\x89PNG") {
		t.Errorf("picture: %d", status)
	}
	for _, want := range []string{`announce "Hello \"all\"", by 127.0.0.1`, "disconnect connection 1 of n1, by 127.0.0.1"} {
		eventually(t, "the event "+want, func() bool { // several viewers share one survey of the pods
			return slices.ContainsFunc(r.dashboard(t).Events, func(e struct{ Kind, Text string }) bool {
				return e.Kind == "act" && strings.HasPrefix(e.Text, want)
			})
		})
	}

	if status, body := r.operate(t, "POST", "/admin/api/drain", fmt.Sprintf(`{"member":%q}`, d.Members[0].ID)); status != 200 {
		t.Errorf("drain: %d %s", status, body)
	}
	if code := r.wait(t); code != process.ExitStopped {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{`msg="operator's act" act=drain target=n1 who=127.0.0.1`, `msg=draining asked_by="an operator"`} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("no line %q in the log:\n%s", want, r.log)
		}
	}
	if strings.Contains(r.log.String(), operatorsToken) {
		t.Error("the token is in the log")
	}
}

// TestAdmin_OnAPortOfItsOwn: what operators need is on their own port, and not on the one for
// people.
func TestAdmin_OnAPortOfItsOwn(t *testing.T) {
	t.Setenv("PLAYGROUND_ADMIN_TOKEN", operatorsToken)
	const at = "127.0.0.1:0"
	r := start(t, "--data", t.TempDir(), "--admin-listen", at)
	apart := &running{url: r.logged(t, `msg="serving operators" url=`)}
	for path, want := range map[string][2]int{
		"/": {200, 404}, "/healthz": {200, 200}, "/metrics": {404, 200}, "/api/cluster": {404, 200}, "/admin/": {404, 401}, "/debug/pprof/cmdline": {404, 401},
	} {
		if status, _ := r.ask(t, "GET", path, ""); status != want[0] {
			t.Errorf("%s for people: %d, want %d", path, status, want[0])
		}
		if status, _ := apart.ask(t, "GET", path, ""); status != want[1] {
			t.Errorf("%s for operators: %d, want %d", path, status, want[1])
		}
	}
	r.terminate(t)
}

func TestConfig_AdminTokenIsNeverShown(t *testing.T) {
	for _, args := range [][]string{{"--admin-token", "short secret"}, {"--admin-listen", "here", "--admin-token", operatorsToken}} {
		_, err := settings.Read(args, io.Discard)
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), operatorsToken) {
			t.Errorf("%v: %v", args, err)
		}
	}
	t.Setenv("PLAYGROUND_ADMIN_TOKEN", operatorsToken)
	var help strings.Builder
	_, _ = settings.Read([]string{"--help"}, &help)
	if strings.Contains(help.String(), operatorsToken) {
		t.Error("the help shows the token")
	}
}

// TestWitness_TellsWhoCameAndWent: the events follow from differences between two views.
func TestWitness_TellsWhoCameAndWent(t *testing.T) {
	member := func(id string, more ...func(*cluster.Member)) cluster.Member {
		m := cluster.Member{ID: id, Name: "pod-" + id, Peer: id}
		for _, f := range more {
			f(&m)
		}
		return m
	}
	self := func(m *cluster.Member) { m.Self = true }
	draining := func(m *cluster.Member) { m.Draining = true }
	restarted := func(m *cluster.Member) { m.Peer = "b" }
	var told []string
	w := witness{note: func(e message.Event) { told = append(told, e.Kind+": "+e.Text+" "+e.Subject) }}
	for _, step := range []struct {
		view []cluster.Member
		want string
	}{
		{nil, ""},
		{[]cluster.Member{member("a", self), member("b")}, "joined: pod-a joined a"},
		{[]cluster.Member{member("a", self), member("b"), member("c")}, "joined: pod-c joined c"},
		{[]cluster.Member{member("a", self), member("b"), member("c", draining)}, "draining: pod-c is draining c"},
		{[]cluster.Member{member("a", self), member("b")}, "left: pod-c left c"},
		{[]cluster.Member{member("a", self), member("d", restarted)}, "joined: pod-d joined d, died: pod-b died and was started again b"},
		{[]cluster.Member{member("a", self)}, "died: pod-d died d"},
		{nil, ""},
		{[]cluster.Member{member("e", self), member("f")}, "reborn: pod-e was taken for dead and is back e"},
		{[]cluster.Member{member("e", self), member("f"), member("g")}, "joined: pod-g joined g"},
	} {
		told = nil
		w.see(step.view)
		if got := strings.Join(told, ", "); got != step.want {
			t.Errorf("%q, want %q", got, step.want)
		}
	}
}
