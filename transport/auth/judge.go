package auth

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
)

// Judge knows what was decided about people. It asks nobody.
type Judge interface {
	// Role is what somebody may do: what their sign-in says, unless something else was decided.
	Role(person canvas.Person) canvas.Role
	// Pace is how fast somebody may draw now, by what was decided too.
	Pace(person canvas.Person) canvas.Pace
	// Banned is why somebody is kept out; nil: they are not.
	Banned(person canvas.Person) *Ban
	// Bans reports whether anybody is: if not, nobody need be asked about.
	Bans() bool
}

// UseJudge sets who knows what was decided about people. It must be called before anybody asks.
func (p *People) UseJudge(judge Judge) { p.judge = judge }

// UseAudit sets who is told what operators do to keys, after they did. It must be called before anybody asks.
func (p *People) UseAudit(note func(r *http.Request, text string)) { p.audit = note }

// noJudge is the Judge where nothing is decided.
type noJudge struct{}

func (noJudge) Role(person canvas.Person) canvas.Role { return person.Rank() }
func (noJudge) Pace(person canvas.Person) canvas.Pace { return person.Pace }
func (noJudge) Banned(canvas.Person) *Ban             { return nil }
func (noJudge) Bans() bool                            { return false }

// Ban is what somebody who is kept out is told.
type Ban struct {
	Act    uint64 `json:"act"`
	Why    string `json:"why"`
	Until  int64  `json:"until"`  // Unix ms; 0: no end was decided
	Appeal string `json:"appeal"` // where to turn to; empty: nowhere
}

// refusal is the answer to whoever is kept out.
func (b *Ban) refusal() *Refusal {
	var text strings.Builder
	text.WriteString(canvas.RefusedBanned.Text())
	if b.Until > 0 {
		fmt.Fprintf(&text, " until %s", time.UnixMilli(b.Until).UTC().Format("2006-01-02 15:04 UTC"))
	}
	if b.Why != "" {
		fmt.Fprintf(&text, ": %s", b.Why)
	}
	if b.Appeal != "" {
		fmt.Fprintf(&text, ". Appeal: %s", b.Appeal)
	}
	return &Refusal{Status: http.StatusForbidden, Text: text.String(), Ban: b}
}

// judged is a person with the rights of the role that counts, and that role. With another one than the sign-in's, they are as fast as
// others who have it. Their own Role stays the sign-in's: what was decided may be taken back while they are connected.
func (p *People) judged(person canvas.Person) (canvas.Person, canvas.Role) {
	role := p.judge.Role(person)
	if before := person.Rank(); role != before && person.Pace == p.paceOf(before) {
		person.Pace = p.paceOf(role)
	}
	person.ReadOnly = person.ReadOnly || role < p.cfg.Rights.Draw
	return person, role
}
