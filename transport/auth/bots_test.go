package auth

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/memory"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth/botkey"
	"pixelplayground/transport/auth/openidtest"
)

// counting counts the reads of documents, and can be away.
type counting struct {
	*memory.Store
	reads atomic.Int64
	away  atomic.Bool
}

func (c *counting) Document(ctx context.Context, kind store.Kind, id string) ([]byte, error) {
	if c.reads.Add(1); c.away.Load() {
		return nil, store.ErrUnavailable
	}
	return c.Store.Document(ctx, kind, id)
}

// keyed is a pod of a canvas without sign-in.
func keyed(t *testing.T) (*People, *counting, *openidtest.Clock) {
	t.Helper()
	papers := &counting{Store: newPlace(t).papers}
	time0 := openidtest.NewClock()
	time0.At = time.Now() // the store's documents end by its clock
	p := New(Config{Pace: pace}, papers, time0.Now, nil)
	if err := p.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p, papers, time0
}

func made(t *testing.T, p *People, key botkey.Key) (string, botkey.Key) {
	t.Helper()
	text, key, err := p.bots.add(t.Context(), key, netip.Prefix{})
	if err != nil {
		t.Fatal(err)
	}
	return text, key
}

func bearing(text string) Shown {
	return Shown{From: netip.MustParseAddr("192.0.2.7"), Authorization: []string{"Bearer " + text}}
}

func TestKey_MakesABot(t *testing.T) {
	p, _, time0 := keyed(t)
	owner := canvas.Subject{1, 2, 3}
	rate := 2.5
	until := time0.Now().Add(time.Hour).Truncate(time.Second)
	text, key := made(t, p, botkey.Key{Name: "Clock", Scopes: []botkey.Scope{botkey.ScopeDraw}, Rate: &rate, Burst: 7, Owner: subjectText(owner), Role: "member", Until: until.Unix()})
	got := identified(t, p, bearing(text))
	want := canvas.Person{
		Kind: canvas.Bot, Subject: got.Subject, User: got.Subject.User(canvas.Bot), Name: "Clock", Role: canvas.RoleMember, Most: canvas.RoleMember, Pace: canvas.Pace{Rate: 2.5, Burst: 7},
		Network: owner, NetworkPace: pace, Login: got.Login, Until: until, From: got.From, Address: got.Address,
	}
	if !strings.HasPrefix(got.Login, "key/"+key.ID+"/") {
		t.Errorf("it is known as %q", got.Login)
	}
	if got != want || !got.User.IsBot() || got.Subject == (canvas.Subject{}) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	watcher, _ := made(t, p, botkey.Key{Name: "Wall", Scopes: []botkey.Scope{botkey.ScopeWatch}})
	if got := identified(t, p, bearing(watcher)); !got.ReadOnly || got.Pace != pace || got.Network != (canvas.Subject{}) {
		t.Errorf("a display: %+v", got)
	}
	moderator, _ := made(t, p, botkey.Key{Name: "Mod", Scopes: []botkey.Scope{botkey.ScopeModerate}})
	if got := identified(t, p, bearing(moderator)); got.ReadOnly || got.Rank() != canvas.RoleModerator {
		t.Errorf("a moderator: %+v", got)
	}
	time0.Pass(time.Hour)
	if _, refused := p.Identify(bearing(text)); refused == nil || refused.Status != http.StatusUnauthorized {
		t.Errorf("at its end: %v", refused)
	}
}

// TestKey_IsStoredAsAHash: who reads the store has no key.
func TestKey_IsStoredAsAHash(t *testing.T) {
	p, papers, _ := keyed(t)
	text, key := made(t, p, botkey.Key{Name: "Clock", Scopes: []botkey.Scope{botkey.ScopeDraw}})
	secret := text[len(botkey.Prefix)+len(key.ID):]
	for _, kind := range []store.Kind{kindKey, kindKeyRing} {
		all, err := papers.Documents(t.Context(), kind)
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %v, %v", kind, all, err)
		}
		for id, value := range all {
			if strings.Contains(id+string(value), secret[:10]) {
				t.Errorf("%s %s has the secret: %s", kind, id, value)
			}
		}
	}
}

func TestAttack_Keys(t *testing.T) {
	p, papers, _ := keyed(t)
	text, key := made(t, p, botkey.Key{Name: "Clock", Scopes: []botkey.Scope{botkey.ScopeDraw}})
	_, otherID, _ := botkey.New()
	sum := func(body string) string {
		sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body)))
		return body + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum))
	}
	for what, forged := range map[string]string{
		"nobody's":           func() string { text, _, _ := botkey.New(); return text }(),
		"id with own secret": sum(botkey.Prefix + key.ID + strings.Repeat("a", 32)),
		"secret of other id": sum(botkey.Prefix + otherID + text[len(botkey.Prefix)+len(key.ID):len(text)-7]),
		"its hash":           sum(botkey.Prefix + key.ID + key.Hash[:32]),
		"cut":                text[:len(text)-1],
		"odd id":             sum(botkey.Prefix + "../../../secret/" + strings.Repeat("a", 32)),
	} {
		if person, refused := p.Identify(bearing(forged)); refused == nil || refused.Status != http.StatusUnauthorized {
			t.Errorf("%s: %+v, %v", what, person, refused)
		}
	}
	for _, scheme := range []string{"bearer ", "BEARER  "} {
		if person := identified(t, p, Shown{Authorization: []string{"Basic eDp5", scheme + text}}); person.Kind != canvas.Bot {
			t.Errorf("%q: %+v", scheme, person)
		}
	}

	// Trying costs the store little.
	before := papers.reads.Load()
	for range 1000 {
		unknown, _, _ := botkey.New()
		if _, refused := p.Identify(bearing(unknown)); refused == nil {
			t.Fatal("an unknown key is taken")
		}
	}
	if reads := papers.reads.Load() - before; reads > unknownAtOnce {
		t.Errorf("a thousand keys that are none cost %d reads", reads)
	}
	if person := identified(t, p, bearing(text)); person.Kind != canvas.Bot {
		t.Errorf("the right key meanwhile: %+v", person)
	}
}

// TestKey_Revoked: on the pod where that is done, on one that is told, and on one that is not.
func TestKey_Revoked(t *testing.T) {
	p, papers, time0 := keyed(t)
	told, deaf := New(Config{Pace: pace}, papers, time0.Now, nil), New(Config{Pace: pace}, papers, time0.Now, nil)
	var ended []string
	for _, pod := range []*People{told, deaf} {
		if err := pod.Learn(t.Context()); err != nil {
			t.Fatal(err)
		}
		pod.Tell(Ends{Here: func(login string) { ended = append(ended, login) }})
	}
	p.Tell(Ends{Others: func(_ context.Context, text string) {
		if err := told.End(text); err != nil {
			t.Error(err)
		}
	}})
	text, key := made(t, p, botkey.Key{Name: "Clock", Scopes: []botkey.Scope{botkey.ScopeDraw}})
	for _, pod := range []*People{p, told, deaf} {
		identified(t, pod, bearing(text))
	}
	if _, err := p.bots.revoke(t.Context(), key.ID, subjectText(canvas.Subject{9})); err == nil {
		t.Error("revoked by another account")
	}
	if _, err := p.bots.revoke(t.Context(), key.ID, ""); err != nil {
		t.Fatal(err)
	}
	for what, pod := range map[string]*People{"here": p, "where it was told": told} {
		if _, refused := pod.Identify(bearing(text)); refused == nil || refused.Status != http.StatusUnauthorized {
			t.Errorf("%s: %v", what, refused)
		}
	}
	if err := deaf.Learn(t.Context()); err != nil { // as Run does
		t.Fatal(err)
	}
	if _, refused := deaf.Identify(bearing(text)); refused == nil {
		t.Error("where it was not told, it goes on")
	}
	if want := []string{key.Login(), key.Login()}; fmt.Sprint(ended) != fmt.Sprint(want) {
		t.Errorf("ended %v, want %v", ended, want)
	}
	if _, err := p.bots.revoke(t.Context(), key.ID, ""); err == nil {
		t.Error("revoked twice")
	}
}

// TestKey_WhileTheStoreIsAway: a key that was shown before goes on, one that was not has to wait.
func TestKey_WhileTheStoreIsAway(t *testing.T) {
	p, papers, time0 := keyed(t)
	text, _ := made(t, p, botkey.Key{Name: "Clock", Scopes: []botkey.Scope{botkey.ScopeDraw}})
	other, _ := made(t, p, botkey.Key{Name: "Other", Scopes: []botkey.Scope{botkey.ScopeDraw}})
	identified(t, p, bearing(text))
	reads := papers.reads.Load()
	for range 100 {
		identified(t, p, bearing(text))
	}
	if papers.reads.Load() != reads {
		t.Error("each look asks the store")
	}
	papers.away.Store(true)
	time0.Pass(2 * botkey.Fresh)
	identified(t, p, bearing(text))
	if _, refused := p.Identify(bearing(other)); refused == nil || refused.Status != http.StatusServiceUnavailable || refused.Retry == 0 {
		t.Errorf("one that is not known: %v", refused)
	}
	papers.away.Store(false)
	identified(t, p, bearing(other))
}

func TestKeys_OfAnAccount(t *testing.T) {
	w := newTown(t, openidtest.Start(t).Issuer)
	g, b, other := w.gateway(), browser(t), browser(t)
	signIn(t, b, g, openidtest.Member, "")
	signIn(t, other, g, openidtest.Moderator, "")
	post := func(b *http.Client, body string) got {
		t.Helper()
		return ask(t, b, "POST", g.URL+"/api/keys", body, "Content-Type", "application/json", "Sec-Fetch-Site", "same-origin")
	}
	for body, want := range map[string]int{
		`{"name":"x","scopes":["moderate"]}`: 403, `{"name":"x","scopes":["draw"],"rate":0}`: 403, `{"name":"x","scopes":["draw"],"rate":6,"burst":1}`: 403,
		`{"name":"","scopes":["draw"]}`: 400, `{"name":"x","scopes":[]}`: 400, `{"name":"x","scopes":["root"]}`: 400, `{"name":"x","scopes":["draw"],"until":5}`: 400,
		`{"name":"x","scopes":["draw"],"rate":-1,"burst":1}`: 400, `{"name":"x"`: 400, `{"name":"` + strings.Repeat("x", answer.MaxFormBody) + `"}`: 413,
		`{"name":"x","scopes":["draw"],"burst":5}`: 400,
	} {
		if answer := post(b, body); answer.StatusCode != want {
			t.Errorf("%.60s: %s: %s", body, answer.Status, answer.body)
		}
	}
	if answer := post(browser(t), `{"name":"x","scopes":["draw"]}`); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a guest: %s", answer.Status)
	}
	var mine KeyShown
	if answer := post(b, `{"name":"Clock","scopes":["draw"],"rate":1,"burst":5}`); json.Unmarshal([]byte(answer.body), &mine) != nil || answer.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %s", answer.Status, answer.body)
	}
	if said := whoIs(t, browser(t), g, "Authorization", "Bearer "+mine.Secret); said.Kind != "bot" || said.User != mine.User || said.Keys {
		t.Errorf("the key is %+v", said)
	}
	if answer := ask(t, browser(t), "POST", g.URL+"/api/keys", `{"name":"x","scopes":["draw"]}`, "Authorization", "Bearer "+mine.Secret, "Content-Type", "application/json"); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a key makes keys: %s", answer.Status)
	}
	if answer := ask(t, other, "DELETE", g.URL+"/api/keys/"+mine.ID, ""); answer.StatusCode != http.StatusNotFound {
		t.Errorf("another account revokes it: %s", answer.Status)
	}
	for i := range MaxAccountKeys - 1 {
		if answer := post(b, `{"name":"Clock","scopes":["draw"]}`); answer.StatusCode != http.StatusCreated {
			t.Fatalf("key %d: %s: %s", i+2, answer.Status, answer.body)
		}
	}
	if answer := post(b, `{"name":"Clock","scopes":["draw"]}`); answer.StatusCode != http.StatusConflict {
		t.Errorf("one too many: %s: %s", answer.Status, answer.body)
	}
	if answer := ask(t, b, "DELETE", g.URL+"/api/keys/"+mine.ID, ""); answer.StatusCode != http.StatusOK {
		t.Errorf("revoke: %s: %s", answer.Status, answer.body)
	}
	if answer := ask(t, browser(t), "GET", g.URL+"/api/me", "", "Authorization", "Bearer "+mine.Secret); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("revoked, and still %s: %s", answer.Status, answer.body)
	}
	listed := ask(t, b, "GET", g.URL+"/api/keys", "")
	if n := strings.Count(listed.body, `"id"`); n != MaxAccountKeys-1 || strings.Contains(listed.body, "hash") || strings.Contains(listed.body, mine.ID) {
		t.Errorf("%d are listed: %s", n, listed.body)
	}
	if listed := ask(t, other, "GET", g.URL+"/api/keys", ""); strings.Contains(listed.body, `"id"`) {
		t.Errorf("another account has %s", listed.body)
	}
}
