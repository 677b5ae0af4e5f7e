package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
)

var pace = canvas.Pace{Rate: 5, Burst: 50}

// place is a canvas with a clock that the test sets.
type place struct {
	t      *testing.T
	papers *memory.Store
	now    time.Time
}

func newPlace(t *testing.T) *place {
	p := &place{t: t, now: time.Date(2027, 3, 4, 5, 6, 7, 0, time.UTC)}
	p.papers = memory.New(memory.Config{Geometry: canvas.Geometry{Width: 8, Height: 8, Region: 8}})
	return p
}

// pod is another server of the canvas.
func (p *place) pod() *People {
	p.t.Helper()
	pod := New(Config{Pace: pace}, p.papers, func() time.Time { return p.now }, nil)
	if err := pod.Learn(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	return pod
}

// shown is what a browser with these cookies shows.
func shown(cookies ...string) Shown {
	return Shown{From: netip.MustParseAddr("192.0.2.7"), Cookies: cookies}
}

// greeted returns the cookie that a browser is given with the page; nil: none.
func greeted(t *testing.T, pod *People, secure bool, cookies ...string) *http.Cookie {
	t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	r.Header["Cookie"] = cookies
	pod.Greet(w, r, secure)
	switch set := w.Result().Cookies(); len(set) {
	case 0:
		return nil
	case 1:
		return set[0]
	default:
		t.Fatalf("cookies: %v", set)
		return nil
	}
}

func guest(t *testing.T, pod *People) string {
	t.Helper()
	return GuestCookie + "=" + greeted(t, pod, false).Value
}

func identified(t *testing.T, pod *People, s Shown) canvas.Person {
	t.Helper()
	person, refused := pod.Identify(s)
	if refused != nil {
		t.Fatalf("refused: %v", refused)
	}
	return person
}

func TestPeople_GuestIsTheSameEverywhere(t *testing.T) {
	p := newPlace(t)
	one, two := p.pod(), p.pod()
	ada, bob := guest(t, one), guest(t, one)
	a := identified(t, one, shown(ada))
	if a.Kind != canvas.Guest || a.User == 0 || a.User != a.Subject.User(canvas.Guest) || a.User.IsBot() || a.Pace != pace {
		t.Errorf("guest: %+v", a)
	}
	if b := identified(t, one, shown(bob)); b.Subject == a.Subject || b.User == a.User {
		t.Errorf("two browsers are one: %+v, %+v", a, b)
	}
	elsewhere := shown("theme=dark; " + ada + "; lang=de")
	elsewhere.From = netip.MustParseAddr("2001:db8::1")
	again := identified(t, two, elsewhere)
	if again.Network == a.Network {
		t.Error("two networks are one")
	}
	again.Network, again.From, again.Address = a.Network, a.From, a.Address
	if again != a {
		t.Errorf("on another pod and network: %+v, want %+v", again, a)
	}
}

// What guests of a network share has another pace than what its programs share. So it is another
// allowance: of one for both, a few pixels of guests could take all that programs have for minutes.
// It is named also where it has no limit, since it bounds how many allowances a network has in use.
func TestPeople_GuestsShareNothingWithPrograms(t *testing.T) {
	p := newPlace(t)
	for _, limit := range []canvas.Pace{{}, {Rate: 1, Burst: 1000}} {
		pod := New(Config{Pace: pace, NetworkPace: limit}, p.papers, func() time.Time { return p.now }, nil)
		if err := pod.Learn(t.Context()); err != nil {
			t.Fatal(err)
		}
		one, two, program := identified(t, pod, shown(guest(t, pod))), identified(t, pod, shown(guest(t, pod))), identified(t, pod, shown())
		if one.Network == (canvas.Subject{}) || one.Network != two.Network || one.NetworkPace != limit {
			t.Errorf("limit %+v: guests of one network: %+v, %+v", limit, one, two)
		}
		if one.Network == program.Subject || program.Network != (canvas.Subject{}) {
			t.Errorf("limit %+v: guest %+v, program %+v", limit, one, program)
		}
	}
}

func TestPeople_ProgramIsItsNetwork(t *testing.T) {
	pod := newPlace(t).pod()
	of := func(address string, s Shown) canvas.Person {
		s.From = netip.MustParseAddr(address)
		person := identified(t, pod, s)
		person.Address = canvas.Address{} // which is one's own
		return person
	}
	one := of("192.0.2.7", Shown{})
	if one.Kind != canvas.Program || one.User != 0 || one.Subject == (canvas.Subject{}) || one.Pace != pace {
		t.Errorf("program: %+v", one)
	}
	if of("::ffff:192.0.2.7", Shown{}) != one || of("192.0.2.8", Shown{}) == one {
		t.Error("an IPv4 address is not one network")
	}
	if six := of("2001:db8::1", Shown{}); six != of("2001:db8::ffff:1:2:3", Shown{}) || six == of("2001:db8:0:1::1", Shown{}) {
		t.Error("an IPv6 /64 is not one network")
	}
	if other := newPlace(t).pod(); identified(t, other, shown()) == one {
		t.Error("a network has the same subject on another canvas")
	}
}

// Whatever is not a cookie that this canvas has issued counts as none.
func TestPeople_CookiesThatAreNone(t *testing.T) {
	p := newPlace(t)
	pod, foreign := p.pod(), newPlace(t).pod()
	valid := greeted(t, pod, false).Value
	none := identified(t, pod, shown())
	is := identified(t, pod, shown(GuestCookie+"="+valid))
	changed := func(at int) string {
		other := byte('A')
		if valid[at] == other {
			other = 'B'
		}
		return valid[:at] + string(other) + valid[at+1:]
	}
	refused := map[string]string{
		"empty": "", "short": valid[:len(valid)-1], "long": valid + "A", "padded": valid + "=", "of another canvas": greeted(t, foreign, false).Value,
		"spaces": valid[:10] + " " + valid[10:], "line break": valid[:46] + "\n",
		"not base64": strings.Repeat("?", len(valid)), "zeros": strings.Repeat("A", len(valid)), "64 KB": strings.Repeat("A", 64<<10),
	}
	for at := range valid {
		refused[fmt.Sprint("character ", at)] = changed(at)
	}
	for what, value := range refused {
		if got := identified(t, pod, shown(GuestCookie+"="+value)); got != none {
			t.Errorf("%s: %+v", what, got)
		}
	}
	for what, cookies := range map[string][]string{
		"after a forged one":      {GuestCookie + "=" + changed(5) + "; " + GuestCookie + "=" + valid},
		"in another field":        {"a=b", GuestCookie + "=" + valid},
		"before a valid other":    {GuestCookie + "=" + valid + ";" + guest(t, pod)},
		"quoted":                  {GuestCookie + `="` + valid + `"`},
		"among a hundred":         {strings.Repeat("x=y; ", 100) + GuestCookie + "=" + valid},
		"after seven forged ones": {strings.Repeat(GuestCookie+"="+changed(5)+"; ", 7) + GuestCookie + "=" + valid},
	} {
		if got := identified(t, pod, shown(cookies...)); got != is {
			t.Errorf("%s: %+v", what, got)
		}
	}
	for what, cookies := range map[string][]string{
		"of another name":         {"x" + GuestCookie + "=" + valid, strings.ToUpper(GuestCookie) + "=" + valid},
		"within another's value":  {`a="` + strings.ReplaceAll(valid, "=", "") + `"`},
		"after eight forged ones": {strings.Repeat(GuestCookie+"="+changed(5)+"; ", 8) + GuestCookie + "=" + valid},
	} {
		if got := identified(t, pod, shown(cookies...)); got != none {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func TestPeople_CookieEndsAndIsRenewed(t *testing.T) {
	p := newPlace(t)
	pod := p.pod()
	cookie := guest(t, pod)
	is, issued := identified(t, pod, shown(cookie)), p.now
	after := func(days int) { p.now = issued.AddDate(0, 0, days) }
	if again := greeted(t, pod, false, cookie); again != nil {
		t.Errorf("a fresh cookie is replaced: %v", again)
	}
	after(-2)
	if identified(t, pod, shown(cookie)).Kind != canvas.Program {
		t.Error("a cookie of the day after tomorrow is taken")
	}
	for _, days := range []int{-1, 29, 400} {
		if after(days); identified(t, pod, shown(cookie)) != is {
			t.Errorf("after %d days it is another guest", days)
		}
	}
	after(30)
	renewed := greeted(t, pod, false, cookie)
	if renewed == nil || GuestCookie+"="+renewed.Value == cookie {
		t.Fatalf("after 30 days: %v", renewed)
	}
	after(401)
	if identified(t, pod, shown(cookie)).Kind != canvas.Program || identified(t, pod, shown(GuestCookie+"="+renewed.Value)) != is {
		t.Error("after 401 days the first cookie is taken, or the renewed one is another guest")
	}
	if fresh := greeted(t, pod, false, cookie); fresh == nil || identified(t, pod, shown(GuestCookie+"="+fresh.Value)) == is {
		t.Errorf("in place of one that is too old: %v", fresh)
	}
}

func TestPeople_CookieKeepsToItself(t *testing.T) {
	pod := newPlace(t).pod()
	for _, secure := range []bool{false, true} {
		c := greeted(t, pod, secure)
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || c.Path != "" || c.Domain != "" || c.MaxAge != 400*86400 {
			t.Errorf("secure %v: %v", secure, c)
		}
	}
	if c := greeted(t, pod, false, GuestCookie+"=forged"); c == nil {
		t.Error("a forged cookie is not replaced")
	}
}

// While the store has not told the secret, nobody can be told by a cookie, and programs need none.
func TestPeople_SecretNotKnown(t *testing.T) {
	p := newPlace(t)
	cookie := guest(t, p.pod())
	p.papers.Fail(func(string, canvas.RegionID) error { return store.ErrUnavailable })
	late := New(Config{Pace: pace}, p.papers, func() time.Time { return p.now }, nil)
	if err := late.Learn(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("learn: %v", err)
	}
	if _, refused := late.Identify(shown(cookie)); refused == nil || refused.Status != http.StatusServiceUnavailable || refused.Retry <= 0 {
		t.Errorf("a guest: %+v", refused)
	}
	program := identified(t, late, shown("a=b"))
	if program.Kind != canvas.Program || program.Subject == (canvas.Subject{}) || !program.Unsure || !late.Stands(program.Login) {
		t.Errorf("a program: %+v", program)
	}
	ended := make(chan string, 1)
	late.Tell(Ends{Here: func(login string) { ended <- login }})
	if c := greeted(t, late, false); c != nil {
		t.Errorf("a cookie without a secret: %v", c)
	}
	p.papers.Fail(nil)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { late.Run(ctx) })
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if person, refused := late.Identify(shown(cookie)); refused == nil && person.Kind == canvas.Guest {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the secret is not learned")
		}
	}
	if login := <-ended; login != program.Login || late.Stands(login) {
		t.Errorf("%q has ended, want %q: who came before keeps a subject that ends with the process", login, program.Login)
	}
	if now := identified(t, late, shown("a=b")); now.Unsure || now.Login != "" || now.Subject == program.Subject {
		t.Errorf("the program comes again as %+v", now)
	}
	cancel()
	running.Wait()
}

// A pod that is said to be ready knows who is who, also if its store has just come back.
func TestPeople_Ready(t *testing.T) {
	p := newPlace(t)
	cookie := guest(t, p.pod())
	p.papers.Fail(func(string, canvas.RegionID) error { return store.ErrUnavailable })
	pod := New(Config{Pace: pace}, p.papers, func() time.Time { return p.now }, nil)
	if err := pod.Ready(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("ready while the store is away: %v", err)
	}
	p.papers.Fail(nil)
	if err := pod.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if person, refused := pod.Identify(shown(cookie)); refused != nil || person.Kind != canvas.Guest {
		t.Errorf("%+v, %v", person, refused)
	}
}

// All pods have one secret, whoever makes it, and give it back to a store that has lost it.
func TestPeople_OneSecret(t *testing.T) {
	p := newPlace(t)
	pods := make([]*People, 20)
	var starting sync.WaitGroup
	for i := range pods {
		starting.Go(func() { pods[i] = p.pod() })
	}
	starting.Wait()
	cookie := guest(t, pods[0])
	is := identified(t, pods[0], shown(cookie))
	same := func(what string, pod *People) {
		t.Helper()
		if got := identified(t, pod, shown(cookie)); got != is {
			t.Errorf("%s: %+v, want %+v", what, got, is)
		}
	}
	for i, pod := range pods {
		same(fmt.Sprint("pod ", i), pod)
	}
	if err := p.papers.DeleteDocument(t.Context(), secretKind, secretID); err != nil {
		t.Fatal(err)
	}
	if err := pods[3].Learn(t.Context()); err != nil {
		t.Error(err)
	}
	same("after the store has lost it", p.pod())

	if err := p.papers.DeleteDocument(t.Context(), secretKind, secretID); err != nil {
		t.Fatal(err)
	}
	quick := p.pod() // makes another before any pod has noticed
	for _, pod := range pods {
		if err := pod.Learn(t.Context()); err != nil {
			t.Error(err)
		}
	}
	cookie = guest(t, quick)
	is = identified(t, quick, shown(cookie))
	same("after the store has got another", pods[7])

	if err := p.papers.PutDocument(t.Context(), secretKind, secretID, []byte("short"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := pods[7].Learn(t.Context()); err == nil {
		t.Error("a secret of 5 bytes is taken")
	}
	same("with a secret that is none", pods[7])
}

// TestIdentity: it is the canvas's, whoever asks first, and says nothing of the secret.
func TestIdentity(t *testing.T) {
	p, other := newPlace(t), newPlace(t)
	is, err := Identity(t.Context(), p.papers)
	if err != nil {
		t.Fatal(err)
	}
	p.pod() // takes the same secret
	again, err := Identity(t.Context(), p.papers)
	if err != nil || again != is || len(is) != 2*identityBytes {
		t.Errorf("%q, then %q; %v", is, again, err)
	}
	other.pod()
	if elses, err := Identity(t.Context(), other.papers); err != nil || elses == is {
		t.Errorf("%q %v", elses, err)
	}
	if err := p.papers.PutDocument(t.Context(), secretKind, secretID, []byte("short"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Identity(t.Context(), p.papers); err == nil {
		t.Error("a secret of 5 bytes is taken")
	}
}

// BenchmarkIdentify is what a handshake pays.
func BenchmarkIdentify(b *testing.B) {
	papers := memory.New(memory.Config{Geometry: canvas.Geometry{Width: 8, Height: 8, Region: 8}})
	pod := New(Config{}, papers, nil, nil)
	if err := pod.Learn(b.Context()); err != nil {
		b.Fatal(err)
	}
	w := httptest.NewRecorder()
	pod.Greet(w, httptest.NewRequest("GET", "/", nil), false)
	good := GuestCookie + "=" + w.Result().Cookies()[0].Value
	forged := good[:len(good)-2] + "AA"
	for name, s := range map[string]Shown{
		"program": shown(), "guest": shown(good), "64KB of forged cookies": shown(strings.Repeat(forged+"; ", 64<<10/(len(forged)+2))),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = pod.Identify(s)
			}
		})
	}
	b.Run("page", func(b *testing.B) {
		b.ReportAllocs()
		r := httptest.NewRequest("GET", "/", nil)
		for b.Loop() {
			pod.Greet(httptest.NewRecorder(), r, false)
		}
	})
}
