package auth

import (
	"context"
	"net/http"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
)

// me answers GET /api/me: who the server takes the browser or program for.
type me struct {
	Kind     string    `json:"kind"` // program, guest, account or bot
	Role     string    `json:"role"`
	Name     string    `json:"name"`           // of the account or key
	User     string    `json:"user,omitempty"` // public id; absent: each session has its own
	Draw     bool      `json:"draws"`
	Watch    bool      `json:"watches"`
	Until    int64     `json:"until,omitempty"` // Unix ms: when the sign-in, token or key ends
	Pace     paceShown `json:"pace"`
	Left     *int      `json:"left,omitempty"`   // pixels of the allowance, if that is known
	Next     *int64    `json:"next,omitempty"`   // Unix ms: when one more is free; 0: there are as many as may be
	SignIn   string    `json:"signIn,omitempty"` // absent: nobody can
	SignedIn bool      `json:"signedIn"`
	SignOut  string    `json:"signOut,omitempty"` // absent: there is nothing to sign out of
	Keys     bool      `json:"keys"`              // may make keys
	Record   bool      `json:"record"`            // may ask the record of what was drawn

	Templates bool `json:"templates,omitempty"` // there is a list of templates to be asked for
	Moderates bool `json:"moderates,omitempty"`
	Ban       *Ban `json:"banned,omitempty"` // why the browser or program is kept out
}

// paceShown is a canvas.Pace.
type paceShown struct {
	Rate  float64 `json:"rate"` // pixels per second; 0: no limit
	Burst int     `json:"burst"`
}

// Allowances tells what is left of a person's allowance and when the next pixel is free, as in me.
type Allowances func(ctx context.Context, person canvas.Person) (left int, next int64, known bool)

// UseAllowances sets who knows what is left of allowances. It must be called before anybody asks.
func (p *People) UseAllowances(left Allowances) { p.left = left }

func (p *People) getMe(w http.ResponseWriter, r *http.Request) {
	shown := shownBy(r)
	person, refused := p.whoever(shown)
	if refused != nil {
		refused.Answer(w)
		return
	}
	person, refused = p.withRights(p.located(person, shown.From), shown)
	role := p.judge.Role(person)
	// Who may not look is told so, and where to sign in.
	said := me{
		Kind: person.Kind.String(), User: person.User.Text(), Role: role.String(), Name: person.Name, Draw: refused == nil && !person.ReadOnly, Watch: refused == nil,
		Pace: paceShown(p.judge.Pace(person)), Keys: person.Kind == canvas.Account, SignedIn: person.Kind == canvas.Account,
		Record: p.cfg.Record && refused == nil,
	}
	said.Templates = p.cfg.Templates && refused == nil
	said.Moderates = refused == nil && role >= canvas.RoleModerator
	if refused != nil {
		said.Ban = refused.Ban
	}
	if !person.Until.IsZero() {
		said.Until = person.Until.UnixMilli()
	}
	if p.signIn != nil {
		said.SignIn = "auth/login"
		if said.SignedIn {
			said.SignOut = "auth/logout"
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	if p.left != nil && refused == nil {
		if pixels, next, known := p.left(r.Context(), person); known {
			said.Left, said.Next = &pixels, &next
		}
	}
	answer.JSON(w, http.StatusOK, said)
}
