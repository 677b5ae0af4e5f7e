package moderation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/record/rollback"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store/memory"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth"
)

// noon is when everything happens.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

var small = canvas.Geometry{Width: 64, Height: 64, Region: 32}

// office is a desk over a chain of acts that one pod keeps in memory.
type office struct {
	*Desk
	http.Handler
	t     testing.TB
	store *memory.Store

	mu        sync.Mutex // guards:
	now       time.Time
	chain     *rules.Chain
	stored    [][]byte
	fails     error // what Decide and Acts fail with
	connected []message.PersonReport
	pixels    []Pixel
	asking    func() // happens once before Acts answers; nil: nothing does
	preview   func(rules.Selection) (*rollback.Preview, error)
}

// everybody is who asks, by the cookie or key that they show.
func everybody() map[string]canvas.Person {
	person := func(n byte, kind canvas.PersonKind, role canvas.Role, name string) canvas.Person {
		p := canvas.Person{Kind: kind, Subject: canvas.Subject{n, n}, Role: role, Name: name, From: canvas.NetworkID(0xFA000000 + int(n)), Address: canvas.Address{10: 0xFF, 11: 0xFF, 12: 192, 13: 0, 14: 2, 15: n}}
		if kind != canvas.Program {
			p.User = p.Subject.User(kind)
		}
		if kind == canvas.Account || kind == canvas.Bot {
			p.Login = "login/" + name
		}
		if kind == canvas.Bot {
			p.Most = role
		}
		return p
	}
	warden := person(8, canvas.Bot, canvas.RoleModerator, "warden") // Grace's
	warden.Network = canvas.Subject{4, 4}
	return map[string]canvas.Person{
		"program":      person(1, canvas.Program, canvas.RoleGuest, ""),
		"guest":        person(2, canvas.Guest, canvas.RoleGuest, ""),
		"member":       person(3, canvas.Account, canvas.RoleMember, "Ada"),
		"moderator":    person(4, canvas.Account, canvas.RoleModerator, "Grace"),
		"owner":        person(5, canvas.Account, canvas.RoleOwner, "Edsger"),
		"key watch":    person(6, canvas.Bot, canvas.RoleMember, "display"),
		"key draw":     person(7, canvas.Bot, canvas.RoleMember, "painter"),
		"key moderate": warden,
		"other":        person(9, canvas.Account, canvas.RoleModerator, "Alan"),
		"banned":       person(10, canvas.Account, canvas.RoleMember, "Eve"),
	}
}

// askers are all who may ask: everybody, operators below /admin/api, and operators who show their token elsewhere.
func askers() []string {
	all := []string{"operator", "operator's token", "wrong token", "unsure"}
	for name := range everybody() {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

const operatorsToken = "Bearer of-an-operator"

func newOffice(t testing.TB, change ...func(*Ports)) *office {
	t.Helper()
	o := &office{t: t, now: noon, chain: rules.NewChain(small), store: memory.New(memory.Config{Geometry: small, Now: func() time.Time { return noon }})}
	t.Cleanup(func() { _ = o.store.Close() })
	ports := Ports{
		Canvas: o, Documents: o.store, People: o, Record: o, Rollbacks: o, Geometry: small, Now: o.Now, Log: slog.New(slog.DiscardHandler),
		Body: wholeBody, Identify: o.identify, Operator: func(r *http.Request) bool { return r.Header.Get("Authorization") == operatorsToken },
	}
	for _, f := range change {
		f(&ports)
	}
	o.Desk = New(ports)
	o.chain.Masks(func(name string) *rules.Mask {
		stored, err := o.masks.get(context.Background(), name)
		if err != nil {
			return nil
		}
		mask, _ := rules.DecodeMask(name, stored)
		return mask
	})
	mux := http.NewServeMux()
	add := func(prefix string, all map[string]answer.Methods) {
		for path, m := range all {
			mux.HandleFunc(prefix+path, func(w http.ResponseWriter, r *http.Request) {
				if handle := m.For(r.Method); handle != nil {
					handle(w, r)
					return
				}
				answer.Fail(w, http.StatusMethodNotAllowed, "Method not allowed")
			})
		}
	}
	add("", o.Routes())
	add("", o.Shared())
	add("/admin/api/", o.Operators())
	o.Handler = mux
	return o
}

// wholeBody reads a body for which there is always memory.
func wholeBody(w http.ResponseWriter, r *http.Request, most int64) (body []byte, free func(), ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		answer.TooLarge(w, most)
	}
	return body, func() {}, err == nil
}

// identify knows people by "who=NAME" in their cookies and "Bearer key NAME".
func (o *office) identify(r *http.Request) (canvas.Person, *auth.Refusal) {
	name := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if cookie, err := r.Cookie("who"); err == nil {
		name = cookie.Value
	}
	switch name {
	case "banned":
		return canvas.Person{}, &auth.Refusal{Status: http.StatusForbidden, Text: canvas.RefusedBanned.Text(), Ban: &auth.Ban{Act: 1}}
	case "unsure":
		return canvas.Person{Unsure: true}, nil
	}
	person, ok := everybody()[name]
	if !ok {
		person = everybody()["program"]
	}
	return person, nil
}

func (o *office) Now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) later(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func (o *office) Rules() *rules.Rules {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.chain.Rules()
}

func (o *office) Decide(_ context.Context, want rules.Act) (actors.Decided, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fails != nil {
		return actors.Decided{}, o.fails
	}
	if done := o.chain.Done(want.ID); done != nil {
		return actors.Decided{Act: done, Obeyed: true}, nil
	}
	act, err := o.chain.Draft(want)
	if err != nil {
		return actors.Decided{}, err
	}
	stored := act.Encode()
	if act, err = o.chain.Append(stored); err != nil {
		return actors.Decided{}, err
	}
	o.stored = append(o.stored, stored)
	return actors.Decided{Act: act, Obeyed: true}, nil
}

func (o *office) KnownActs(ctx context.Context, before uint64, limit int) ([][]byte, error) {
	return o.Acts(ctx, before, limit)
}

func (o *office) Acts(_ context.Context, before uint64, limit int) (acts [][]byte, err error) {
	if asking := o.asking; asking != nil {
		o.asking = nil
		asking()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(o.stored)
	if before > 0 {
		n = min(n, int(before)-1)
	}
	for ; n > 0 && len(acts) < limit; n-- {
		acts = append(acts, o.stored[n-1])
	}
	return acts, o.fails
}

func (o *office) Connected(_ context.Context, user canvas.Author) (found []message.PersonReport, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, one := range o.connected {
		if one.User == user {
			found = append(found, one)
		}
	}
	return found, o.fails
}

func (o *office) Last(_ context.Context, _ canvas.Author, n int) ([]Pixel, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pixels[:min(n, len(o.pixels))], o.fails
}

func (o *office) Preview(_ context.Context, _ rules.By, s rules.Selection) (*rollback.Preview, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.preview == nil {
		return nil, ErrNoRecord
	}
	return o.preview(s)
}

// ask sends a request as somebody; headers are pairs of name and value.
func (o *office) ask(who, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	o.t.Helper()
	if who == "operator" {
		path = "/admin/api/" + path
	} else {
		path = "/api/" + path
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	switch {
	case who == "operator's token":
		r.Header.Set("Authorization", operatorsToken)
	case who == "wrong token":
		r.Header.Set("Authorization", "Bearer of-nobody")
	case strings.HasPrefix(who, "key "):
		r.Header.Set("Authorization", "Bearer "+who)
	case who != "operator" && who != "program":
		r.AddCookie(&http.Cookie{Name: "who", Value: who})
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if from := r.Header.Get("From"); from != "" { // the address of the client
		r.RemoteAddr = from
	}
	w := httptest.NewRecorder()
	o.ServeHTTP(w, r)
	return w
}

// act has somebody decide something, which must go well.
func (o *office) act(who, body string) *rules.Act {
	o.t.Helper()
	w := o.ask(who, "POST", "acts", body)
	if w.Code != http.StatusOK {
		o.t.Fatalf("%s: %s: %d %s", who, body, w.Code, w.Body)
	}
	return told[decided](o.t, w).Act
}

func told[T any](t testing.TB, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.NewDecoder(bytes.NewReader(w.Body.Bytes())).Decode(&v); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return v
}

var errBroken = errors.New("broken")

// connectedAs is what the gateways tell of people who are connected.
func connectedAs(people ...canvas.Person) (list []message.PersonReport) {
	for _, p := range people {
		list = append(list, message.PersonReport{
			Subject: "00", User: p.User, Kind: p.Kind.String(), Role: p.Role.String(), Name: p.Name, Network: "192.0.2.0/24", From: p.From, Connections: 2, Since: noon.UnixMilli() - 5000, Viewer: 3,
		})
	}
	return list
}

// previewing is a function that previews rollbacks.
type previewing func(rules.Selection) (*rollback.Preview, error)

func (p previewing) Preview(_ context.Context, _ rules.By, s rules.Selection) (*rollback.Preview, error) {
	return p(s)
}
