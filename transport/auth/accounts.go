package auth

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth/botkey"
	"pixelplayground/transport/auth/openid"
	"pixelplayground/transport/quota"
)

// Rights say what one may do who is not signed in.
type Rights struct {
	Draw  canvas.Role // the least role that may draw
	Watch canvas.Role // the least role that may look
}

// showsAccount reports whether a request shows what may be an account's or a key's.
func (p *People) showsAccount(shown Shown) bool {
	for range bearers(shown.Authorization) {
		return true
	}
	if p.signIn == nil || shown.Foreign {
		return false
	}
	for _, prefix := range prefixes() {
		for range named(shown.Cookies, prefix+sessionCookie) {
			return true
		}
	}
	return false
}

// bearers lists what is shown as "Bearer" in Authorization.
func bearers(fields []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, field := range fields {
			scheme, secret, _ := strings.Cut(strings.TrimSpace(field), " ")
			if strings.EqualFold(scheme, "Bearer") && !yield(strings.TrimSpace(secret)) {
				return
			}
		}
	}
}

// account returns who a request is from if it shows a key, a token or a session; nil: it shows none that
// counts.
func (p *People) account(shown Shown, keys *keys) (*canvas.Person, *Refusal) {
	for secret := range bearers(shown.Authorization) {
		if strings.HasPrefix(secret, botkey.Prefix) {
			return p.bot(secret, shown.From, keys)
		} else if p.tokens != nil {
			return p.bearer(secret, keys)
		}
	}
	if p.signIn == nil || shown.Foreign {
		return nil, nil
	}
	found, until := p.signIn.sessionIn(shown.Cookies, p.seals())
	if found == nil {
		return nil, nil
	}
	switch err := p.ended.stands(found.login()); {
	case errors.Is(err, errNotKnown):
		return nil, notYet()
	case err != nil:
		return nil, nil // signed out: a guest
	}
	person := p.person(keys, found.Issuer, found.Subject, canvas.Role(found.Role))
	person.Name, person.Login, person.Until = found.Name, found.login(), until
	if person.Role >= canvas.RoleModerator { // a server of an earlier version may not have noted it at the sign-in
		p.sessionRoles.saw(subjectText(person.Subject), person.Role, found.signedIn())
	}
	return &person, nil
}

// person is an account's. Its identity is what its issuer calls it, and never an e-mail address, which
// another issuer or another person may have as well.
func (p *People) person(keys *keys, issuer, subject string, role canvas.Role) canvas.Person {
	person := canvas.Person{Kind: canvas.Account, Subject: keys.subject(canvas.Account, accountIdentity(issuer, subject)), Role: role, Pace: p.paceOf(role)}
	person.User = person.Subject.User(canvas.Account)
	return person
}

// paceOf is how fast who has a role may place pixels.
func (p *People) paceOf(role canvas.Role) canvas.Pace {
	if int(role) < len(p.cfg.Paces) {
		return p.cfg.Paces[role]
	}
	return p.cfg.Pace
}

// Token tells who shows a token in HELLO or AUTH, over a connection from an address. before is who the
// connection has been so far.
func (p *People) Token(token string, before canvas.Person, from netip.Addr) (canvas.Person, *Refusal) {
	keys := p.keys.Load()
	switch {
	case keys == nil:
		return canvas.Person{}, notYet()
	case p.tokens == nil:
		return canvas.Person{}, unauthorised("this server takes no tokens")
	}
	person, refused := p.bearer(token, keys)
	if refused != nil {
		return canvas.Person{}, refused
	}
	if before.Login != "" && before.Subject != person.Subject {
		return canvas.Person{}, unauthorised("the token is another account's")
	}
	return p.withRights(p.located(*person, from), Shown{})
}

// bearer is who shows a token.
func (p *People) bearer(token string, keys *keys) (*canvas.Person, *Refusal) {
	says, err := p.tokens.Verify(token)
	if err == nil {
		err = p.ended.stands(says.Login)
	}
	switch {
	case errors.Is(err, openid.ErrNotYet), errors.Is(err, errNotKnown):
		return nil, notYet()
	case err != nil:
		p.told.Note("token refused", "token", "err", openid.Excerpt(err.Error()))
		return nil, unauthorised("the token is not valid")
	}
	person := p.person(keys, p.cfg.Tokens.Issuer, says.Subject, says.Role)
	person.Name, person.Login, person.Until = says.Name, says.Login, says.Until
	p.tokenRoles.saw(subjectText(person.Subject), says.Role, says.Issued)
	return &person, nil
}

// bot is who shows a key.
func (p *People) bot(text string, from netip.Addr, keys *keys) (*canvas.Person, *Refusal) {
	key, err := p.bots.shown(context.Background(), text, quota.NetworkOf(from))
	switch {
	case errors.Is(err, openid.ErrNotYet), errors.Is(err, errNotKnown):
		return nil, notYet()
	case errors.Is(err, errTooFast):
		return nil, &Refusal{Status: http.StatusTooManyRequests, Text: "too many keys from this network", Retry: time.Second}
	case err != nil:
		return nil, unauthorised("the key is not valid, has ended or was revoked")
	}
	owner, owned := parseSubject(key.Owner)
	person := canvas.Person{Kind: canvas.Bot, Subject: keys.subject(canvas.Bot, []byte(key.ID)), Role: key.OwnerRole(), Most: key.Most(), ReadOnly: !key.May(botkey.ScopeDraw)}
	person.Pace = p.paceOf(person.Rank())
	person.User, person.Name, person.Login, person.Until = person.Subject.User(canvas.Bot), key.Name, key.Login(), key.Ends()
	if key.Rate != nil {
		person.Pace = canvas.Pace{Rate: *key.Rate, Burst: key.Burst}
	}
	if owned { // what the key draws, its owner has drawn
		account := p.judge.Role(canvas.Person{Kind: canvas.Account, Subject: owner, User: owner.User(canvas.Account), Role: person.Role})
		person.Network, person.NetworkPace = owner, p.paceOf(account)
	}
	return &person, nil
}

// withRights says what a person may do. Who may still show a token is refused nothing yet: it may be somebody else's.
func (p *People) withRights(person canvas.Person, shown Shown) (canvas.Person, *Refusal) {
	person, role := p.judged(person)
	refused := p.mayLook(person, role)
	if refused != nil && shown.Hello && p.TakesTokens() {
		person.Barred, person.ReadOnly = true, true
		return person, nil
	}
	return person, refused
}

// mayLook says why a person may not even look; nil: they may.
func (p *People) mayLook(person canvas.Person, role canvas.Role) *Refusal {
	if ban := p.judge.Banned(person); ban != nil {
		return ban.refusal()
	}
	switch {
	case role >= p.cfg.Rights.Watch:
		return nil
	case person.Login != "":
		return &Refusal{Status: http.StatusForbidden, Text: "this account may not see this canvas"}
	}
	return unauthorised("sign in to see this canvas")
}

// TakesTokens reports whether who is connected may show a token, in HELLO too.
func (p *People) TakesTokens() bool { return p.tokens != nil }

// MayWatch says why a request may not see the canvas; nil: it may. Where everyone may, and nobody is banned,
// nobody is asked who they are.
func (p *People) MayWatch(shown Shown) *Refusal {
	if p.cfg.Rights.Watch == canvas.RoleGuest && !p.judge.Bans() {
		return nil
	}
	_, refused := p.Identify(shown)
	return refused
}

func unauthorised(text string) *Refusal { return &Refusal{Status: http.StatusUnauthorized, Text: text} }

// subjectText and parseSubject are a subject as documents have it.
func subjectText(s canvas.Subject) string { return hex.EncodeToString(s[:]) }

func parseSubject(text string) (s canvas.Subject, ok bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(s) {
		return s, false
	}
	return canvas.Subject(b), true
}
