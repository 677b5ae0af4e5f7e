package moderation

import (
	"fmt"
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
}

// operatorOf is an operator, whom somebody has let in.
func operatorOf(r *http.Request, via string) caller {
	if r.Header.Get("Authorization") != "" {
		via = viaProgram
	}
	return caller{role: canvas.RoleOwner, operator: true, by: rules.By{Role: canvas.RoleOwner, Name: "operator", Via: via}}
}

const (
	viaProgram   = "program"
	viaPage      = "page"
	viaDashboard = "dashboard"
)

// byRequest is a route below /api: who asks is found out, and whether they may.
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
	by := rules.By{User: person.User, Role: role, Name: person.Name, Via: via}
	if owner := person.Owner(); owner != 0 {
		by.User = owner // what a key decides its account has decided, and may no more than that
	}
	return caller{person: person, role: role, by: by}, nil
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
	wait, ok := limit.Take(c.person.Subject, 1, d.Now())
	if !ok {
		tooMuch(w, wait)
	}
	return ok
}

func tooMuch(w http.ResponseWriter, wait time.Duration) {
	(&auth.Refusal{Status: http.StatusTooManyRequests, Text: "That is too much at once", Retry: wait}).Answer(w)
}
