package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth/botkey"
)

// account is the account that a request is from, or its answer is that it is none. A token of a site's
// backend is one as well; a key is not: it must not make others of its kind.
func (p *People) accountOf(w http.ResponseWriter, r *http.Request) (canvas.Person, bool) {
	person, ok := p.who(w, r)
	if ok && person.Kind != canvas.Account {
		answer.Fail(w, http.StatusUnauthorized, "Sign in first")
		ok = false
	}
	return person, ok
}

func (p *People) getKeys(w http.ResponseWriter, r *http.Request) {
	person, ok := p.accountOf(w, r)
	if !ok {
		return
	}
	keys, err := p.bots.of(r.Context(), subjectText(person.Subject))
	if err != nil {
		p.keyFailed(w, err)
		return
	}
	answer.JSON(w, http.StatusOK, keysShown{p.showAll(keys)})
}

func (p *People) postKey(w http.ResponseWriter, r *http.Request) {
	person, ok := p.accountOf(w, r)
	var wanted KeyWanted
	if !ok || !asked(w, r, &wanted) {
		return
	}
	key, role := wanted.key(), p.judge.Role(person)
	key.Owner, key.Role = subjectText(person.Subject), person.Role.String() // the sign-in's: what was decided may be taken back
	switch {
	case key.May(botkey.ScopeModerate) && role < canvas.RoleModerator, key.May(botkey.ScopeDraw) && person.ReadOnly:
		answer.Fail(w, http.StatusForbidden, "A key can't do more than you")
	case key.Rate != nil && person.Pace.Rate > 0 && (*key.Rate == 0 || *key.Rate > person.Pace.Rate || key.Burst > person.Pace.Burst):
		answer.Fail(w, http.StatusForbidden, "A key can't be faster than you")
	default:
		p.makeKey(w, r, key)
	}
}

// makeKey makes a key and shows it, once.
func (p *People) makeKey(w http.ResponseWriter, r *http.Request, key botkey.Key) {
	if err := key.Check(p.now()); err != nil {
		answer.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	key.Name = canvas.CleanName(key.Name)
	secret, made, err := p.bots.add(r.Context(), key, answer.ClientOf(r))
	if err != nil {
		p.keyFailed(w, err)
		return
	}
	until := time.Time{}
	if ends := made.Ends(); !ends.IsZero() {
		until = ends.Add(revokedFor)
	}
	if err := p.noteMaker(r.Context(), made, until); err != nil { // as long as the key is there, it tells itself
		p.told.Note("who has made a key could not be noted", "store", "err", err)
	}
	p.log.Info("key made", "id", made.ID, "by_operator", made.Owner == "")
	if made.Owner == "" {
		p.audit(r, "make key "+made.ID+", "+made.Name)
	}
	shown := p.show(made)
	shown.Secret = secret
	answer.JSON(w, http.StatusCreated, shown)
}

func (p *People) deleteKey(w http.ResponseWriter, r *http.Request) {
	if person, ok := p.accountOf(w, r); ok {
		p.revokeKey(w, r, r.PathValue("id"), subjectText(person.Subject))
	}
}

func (p *People) revokeKey(w http.ResponseWriter, r *http.Request, id, owner string) {
	key, err := p.bots.revoke(r.Context(), id, owner)
	if err != nil {
		p.keyFailed(w, err)
		return
	}
	if err := p.noteMaker(context.WithoutCancel(r.Context()), key, p.now().Add(revokedFor)); err != nil {
		p.told.Note("who has made a key could not be noted", "store", "err", err)
	}
	p.log.Info("key revoked", "id", key.ID, "by_operator", owner == "")
	if owner == "" {
		p.audit(r, "revoke key "+key.ID+", "+key.Name)
	}
	answer.JSON(w, http.StatusOK, p.show(key))
}

// keyFailed tells why nothing came of what was asked.
func (p *People) keyFailed(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errNoKey):
		answer.Fail(w, http.StatusNotFound, "There is no such key")
	case errors.Is(err, errTooManyKeys):
		answer.Fail(w, http.StatusConflict, "There are as many keys as there may be: revoke one first")
	case errors.Is(err, errTooFast):
		(&Refusal{Status: http.StatusTooManyRequests, Text: "Too many keys at once", Retry: time.Minute}).Answer(w)
	default:
		p.told.Note("a key could not be made, found or revoked", "store", "err", err)
		notYet().Answer(w)
	}
}

// Operator is what operators may do with keys, whoever lets them in, by what comes after /admin/api/.
func (p *People) Operator() map[string]answer.Methods {
	return map[string]answer.Methods{
		"keys": {"GET": p.operatorKeys, "POST": p.operatorMakes}, "keys/revoke": {"POST": p.operatorRevokes},
	}
}

func (p *People) operatorKeys(w http.ResponseWriter, r *http.Request) {
	keys, err := p.bots.all(r.Context())
	if err != nil {
		p.keyFailed(w, err)
		return
	}
	answer.JSON(w, http.StatusOK, keysShown{p.showAll(keys)})
}

// operatorMakes makes a key that is no account's.
func (p *People) operatorMakes(w http.ResponseWriter, r *http.Request) {
	var wanted KeyWanted
	if asked(w, r, &wanted) {
		p.makeKey(w, r, wanted.key())
	}
}

// operatorRevokes revokes any key.
func (p *People) operatorRevokes(w http.ResponseWriter, r *http.Request) {
	var said struct{ ID string }
	if asked(w, r, &said) {
		p.revokeKey(w, r, said.ID, "")
	}
}
