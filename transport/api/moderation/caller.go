package moderation

import (
	"crypto/sha256"
	"fmt"
	"math"
	"net/http"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/quota"
)

// caller is who asks.
type caller struct {
	person   canvas.Person // of an operator: nobody
	role     canvas.Role   // the one that counts
	operator bool
	by       rules.By
	payer    canvas.Subject // whose allowances it takes: of a key its account's, of operators each one's own
}

// operatorOf is an operator, whom somebody has let in.
func operatorOf(r *http.Request, via string) caller {
	if r.Header.Get("Authorization") != "" {
		via = viaProgram
	}
	return caller{role: canvas.RoleOwner, operator: true, by: rules.By{Role: canvas.RoleOwner, Name: "operator", Via: via}, payer: payerOf(r)}
}

// payerOf tells operators apart, who are nobody on the canvas: by what they show, and where they are.
func payerOf(r *http.Request) (payer canvas.Subject) {
	sum := sha256.New()
	for _, part := range []string{r.Header.Get("Authorization"), r.Header.Get("Cookie"), quota.NetworkOf(answer.ClientOf(r).Addr()).String()} {
		fmt.Fprintf(sum, "%d %s", len(part), part)
	}
	copy(payer[:], sum.Sum(nil))
	return payer
}

const (
	viaProgram   = "program"
	viaPage      = "page"
	viaDashboard = "dashboard"
)

// byRequest makes the handler of a route below /api, which finds out who asks and whether they may.
func (d *Desk) byRequest(one route) http.HandlerFunc {
	if one.least == canvas.RoleGuest && one.method == http.MethodGet { // for the thousands
		return func(w http.ResponseWriter, r *http.Request) { one.handle(w, r, caller{}) }
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if d.origins.Check(r) != nil {
			answer.Fail(w, http.StatusForbidden, "This request came from another site")
			return
		}
		c, refused := d.callerOf(r)
		if refused == nil {
			refused = c.lacks(one.least)
		}
		if refused != nil {
			refused.Answer(w)
			return
		}
		one.handle(w, r, c)
	}
}

// callerOf finds out who a request to /api is from.
func (d *Desk) callerOf(r *http.Request) (caller, *auth.Refusal) {
	if d.Operator != nil && d.Operator(r) {
		return operatorOf(r, viaProgram), nil
	}
	person, refused := d.Identify(r)
	switch {
	case refused != nil:
		return caller{}, refused
	case person.Unsure:
		return caller{}, &auth.Refusal{Status: http.StatusServiceUnavailable, Text: canvas.RefusedUnavailable.Text(), Retry: time.Second}
	}
	via := viaPage
	if r.Header.Get("Authorization") != "" {
		if via = viaProgram; person.Login == "" {
			return caller{}, &auth.Refusal{Status: http.StatusUnauthorized, Text: "The token is not valid here"}
		}
	}
	role := d.Canvas.Rules().Role(rules.WhoIs(person))
	by, payer := rules.By{User: person.User, Role: role, Name: person.Name, Via: via}, person.Subject
	if owner := person.Owner(); owner != 0 {
		by.User, payer = owner, person.Network // what a key decides its account has decided, and may no more than that
	}
	return caller{person: person, role: role, by: by, payer: payer}, nil
}

// lacks says why a caller may not do what takes a role; nil: they may.
func (c caller) lacks(least canvas.Role) *auth.Refusal {
	if c.role >= least {
		return nil
	}
	text := "Only an owner or an operator may do this"
	if least < canvas.RoleOwner {
		text = fmt.Sprintf("Only a %s or an owner may do this", least)
	}
	if !c.operator && c.person.Login == "" {
		return &auth.Refusal{Status: http.StatusUnauthorized, Text: text + ": sign in, or show a key"}
	}
	return &auth.Refusal{Status: http.StatusForbidden, Text: fmt.Sprintf("%s: you are a %s", text, c.role)}
}

// authors limits what each author does.
type authors = quota.RatesBy[canvas.Subject]

// perMinute makes authors that do so much a minute.
func perMinute(n, atOnce int) *authors {
	return quota.NewRatesBy[canvas.Subject](float64(n)/60, atOnce)
}

// paced reports whether a caller does no more than they may; else that is the answer.
func (d *Desk) paced(w http.ResponseWriter, limit *authors, c caller) bool {
	wait, ok := limit.Take(c.payer, 1, d.Now())
	if !ok {
		tooMuch(w, wait)
	}
	return ok
}

// deciding bounds how much each caller decides. What is refused was a question only, as far as they may ask one.
func (d *Desk) deciding(handle handler) handler {
	return func(w http.ResponseWriter, r *http.Request, c caller) {
		if !d.paced(w, d.acts, c) {
			return
		}
		counted := &answer.Counted{ResponseWriter: w, Status: http.StatusOK}
		handle(counted, r, c)
		if counted.Status/100 != 4 {
			return
		}
		if _, asks := d.asked.Take(c.payer, 1, d.Now()); asks {
			d.acts.Give(c.payer, 1, d.Now())
		}
	}
}

func tooMuch(w http.ResponseWriter, wait time.Duration) {
	text := fmt.Sprintf("That is too much at once: try again in %d s", max(1, int(math.Ceil(wait.Seconds()))))
	(&auth.Refusal{Status: http.StatusTooManyRequests, Text: text, Retry: wait}).Answer(w)
}
