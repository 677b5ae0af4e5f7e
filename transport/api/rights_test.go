package api

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store/memory"
	"pixelplayground/transport/api/templates"
	"pixelplayground/transport/auth"
)

// ranks tells who is who by the cookie "who", and lets nobody look who is no member.
type ranks struct{ fakePeople }

func (ranks) Identify(shown auth.Shown) (canvas.Person, *auth.Refusal) {
	who := ""
	for _, cookie := range shown.Cookies {
		who = strings.TrimPrefix(cookie, "who=")
	}
	person := canvas.Person{Kind: canvas.Account, User: 7, Subject: canvas.Subject{7}, Login: "session/7", Role: canvas.RoleNamed(who)}
	switch who {
	case "banned":
		return canvas.Person{}, &auth.Refusal{Status: http.StatusForbidden, Text: canvas.RefusedBanned.Text()}
	case "", "guest":
		person.Kind, person.Login, person.ReadOnly = canvas.Guest, "", true
		return person, &auth.Refusal{Status: http.StatusUnauthorized, Text: "sign in to see this canvas"}
	case "looker":
		person.ReadOnly = true
	}
	return person, nil
}

func (r ranks) MayWatch(shown auth.Shown) *auth.Refusal {
	_, refused := r.Identify(shown)
	return refused
}

// lawless is a canvas about which nothing is decided, and nobody.
type lawless struct{}

func (lawless) Rules() *rules.Rules { return rules.None() }
func (lawless) Decide(context.Context, rules.Act) (actors.Decided, error) {
	return actors.Decided{}, errors.New("not now")
}
func (lawless) Acts(context.Context, uint64, int) ([][]byte, error) { return nil, nil }

func (lawless) KnownActs(context.Context, uint64, int) ([][]byte, error) { return nil, nil }
func (lawless) Connected(context.Context, canvas.Author) ([]message.PersonReport, error) {
	return nil, nil
}

// needs is what a resource asks of whoever uses it.
type needs int

const (
	nothing   needs = iota
	looking         // to be one who may see the canvas
	drawing         // to be one who may draw
	moderates       // to be a moderator
	themself        // transport/auth decides: see its tests
)

// TestRights_EveryResource: whoever adds a resource says here who may use it. Those below /admin are in package admin's test.
func TestRights_EveryResource(t *testing.T) {
	table := map[string]needs{
		"GET /healthz": nothing, "GET /readyz": nothing, "GET /health": nothing, "GET /metrics": nothing, "GET /api/cluster": nothing,
		"GET /api/canvas": looking, "GET /api/canvas.png": looking, "GET /api/pixel/{x}/{y}": looking, "GET /api/pixel/{x}/{y}/history": looking,
		"GET /api/history/{region}": looking, "GET /api/painted/{region}": looking, "GET /api/stats": looking, "GET /api/activity": looking,
		"GET /api/templates": looking, "GET /api/templates/{picture}": looking,
		"PUT /api/pixel": drawing, "PUT /api/pixels": drawing,
		"GET /api/rules": nothing, "GET /api/rules/mask/{name}": nothing,
		"POST /api/reports": looking, "GET /api/reports": moderates, "POST /api/reports/{id}/claim": moderates, "POST /api/reports/{id}/resolve": moderates, "POST /api/reports/resolve": moderates,
		"GET /api/acts": moderates, "POST /api/acts": moderates, "POST /api/masks": moderates, "GET /api/people/{user}": moderates, "POST /api/rollbacks/preview": moderates,
		"GET /api/openapi.yaml": nothing, "GET /api/openapi.json": nothing, "GET /api/asyncapi.yaml": nothing, "GET /api/asyncapi.json": nothing,
		"GET /api/me": themself, "GET /api/keys": themself, "POST /api/keys": themself, "DELETE /api/keys/{id}": themself,
		"GET /auth/login": themself, "GET /auth/callback": themself, "POST /auth/logout": themself,
	}
	documents := memory.New(memory.Config{Geometry: small})
	defer documents.Close()
	p := newPodWith(t, func(ports *Ports) {
		ports.People, ports.Rules = &ranks{}, &Rules{Acts: lawless{}, Documents: documents, People: lawless{}}
		ports.Templates = templates.New(&url.URL{Scheme: "http", Host: "example.org"}, func() {}, slog.New(slog.DiscardHandler))
	})
	fill := strings.NewReplacer("{picture}", "0.png", "{x}", "1", "{y}", "1", "{region}", "0", "{name}", strings.Repeat("0", 32)+".png", "{id}", "x", "{user}", "0000000000aa")
	served := maps.Clone(p.server.served)
	for path, m := range auth.New(auth.Config{SignIn: auth.SignInConfig{Issuer: "https://issuer.example"}}, documents, nil, nil).Routes() {
		served[path] = m
	}
	seen := make(map[string]bool)
	for path, m := range served {
		for _, method := range slices.Sorted(maps.Keys(m)) {
			one := method + " " + path
			need, ok := table[one]
			if !ok {
				t.Errorf("%s: nobody has said here who may use it", one)
			}
			if seen[one] = true; need == themself {
				continue
			}
			for _, who := range []string{"", "guest", "looker", "member", "moderator", "owner", "banned"} {
				w := p.ask(method, fill.Replace(path), "{}", "Cookie", "who="+who, "Content-Type", "application/json")
				looks := slices.Contains([]string{"looker", "member", "moderator", "owner"}, who)
				may := map[needs]bool{nothing: true, looking: looks, drawing: looks && who != "looker", moderates: who == "moderator" || who == "owner"}[need]
				if refused := w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden; refused == may || w.Code == http.StatusMethodNotAllowed {
					t.Errorf("%s as %q: %d %s", one, who, w.Code, w.Body)
				}
			}
		}
	}
	for one := range table {
		if !seen[one] {
			t.Errorf("%s does not exist", one)
		}
	}
}

// TestRights_OtherOrigins: pages of other origins may read what is public, and nothing that is for somebody.
func TestRights_OtherOrigins(t *testing.T) {
	documents := memory.New(memory.Config{Geometry: small})
	defer documents.Close()
	p := newPodWith(t, func(ports *Ports) {
		ports.People, ports.Rules = &ranks{}, &Rules{Acts: lawless{}, Documents: documents, People: lawless{}}
	})
	for path, want := range map[string]string{
		"/api/rules": "https://friend.example", "/api/rules/mask/" + strings.Repeat("0", 32) + ".png": "https://friend.example",
		"/api/acts": "", "/api/reports": "", "/api/people/0000000000aa": "", "/api/me": "",
	} {
		w := p.ask("GET", path, "", "Origin", "https://friend.example", "Cookie", "who=owner")
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		if w := p.ask("GET", path, "", "Origin", "https://evil.example"); w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may be read by anybody's page", path)
		}
	}
}

// TestRights_OperatorsTokenElsewhere: an operator's token opens the same doors below /api, unless operators have an address of their own.
func TestRights_OperatorsTokenElsewhere(t *testing.T) {
	const token = "a-token-of-operators"
	documents := memory.New(memory.Config{Geometry: small})
	defer documents.Close()
	for _, apart := range []bool{false, true} {
		p := newPodWith(t, func(ports *Ports) {
			ports.People, ports.Rules = &ranks{}, &Rules{Acts: lawless{}, Documents: documents, People: lawless{}}
		}, func(cfg *Config) { cfg.AdminTokens, cfg.Apart = []string{token}, apart })
		want := map[bool]int{false: http.StatusOK, true: http.StatusUnauthorized}[apart]
		if w := p.ask("GET", "/api/acts", "", "Authorization", "Bearer "+token); w.Code != want {
			t.Errorf("apart %v: %d %s", apart, w.Code, w.Body)
		}
		if w := p.ask("GET", "/api/acts", "", "Authorization", "Bearer "+token+"x", "Cookie", "who=member"); w.Code == http.StatusOK {
			t.Errorf("a wrong token: %d", w.Code)
		}
	}
}
