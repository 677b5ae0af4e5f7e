package moderation

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/transport/api/answer"
)

// postReport takes a report of anybody's.
func (d *Desk) postReport(w http.ResponseWriter, r *http.Request, c caller) {
	var said struct {
		X     *int   `json:"x"`
		Y     *int   `json:"y"`
		User  userID `json:"user"`
		Words string `json:"words"`
	}
	if !d.reads(w, r, &said, answer.MaxFormBody) {
		return
	}
	words, ok := clean(said.Words, maxWords)
	switch {
	case said.X == nil || said.Y == nil || !d.Geometry.Contains(*said.X, *said.Y):
		answer.Fail(w, http.StatusBadRequest, fmt.Sprintf("The place must be on the canvas, x 0 to %d and y 0 to %d", d.Geometry.Width-1, d.Geometry.Height-1))
		return
	case !ok:
		answer.Fail(w, http.StatusBadRequest, fmt.Sprintf("The words must be at most %d bytes of text", maxWords))
		return
	}
	if wait, ok := d.written.Take(answer.ClientOf(r), 1, d.Now()); !ok {
		tooMuch(w, wait)
		return
	}
	if !d.paced(w, d.by, c) {
		return
	}
	around := d.around(c.person)
	if !c.operator { // an operator has no address here
		if wait, ok := d.beside.Take(around, 1, d.Now()); !ok {
			tooMuch(w, wait)
			return
		}
	}
	if wait, ok := d.heard.Take(struct{}{}, 1, d.Now()); !ok {
		tooMuch(w, wait)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), reportTime)
	defer cancel()
	one := report{
		ID: newID(), Time: d.Now().UnixMilli(), By: userID(c.person.User), Name: c.person.Name, X: *said.X, Y: *said.Y, User: said.User, Words: words,
		Subject: hex.EncodeToString(c.payer[:]), Network: c.person.From, Around: around,
	}
	id, err := d.reports.add(ctx, one)
	if err != nil {
		d.failed(w, err)
		return
	}
	answer.JSON(w, http.StatusCreated, struct {
		ID string `json:"id"`
	}{id})
}

// around names where a person is, with all that one stranger may have there.
func (d *Desk) around(person canvas.Person) canvas.NetworkID {
	if d.Around == nil {
		return person.From
	}
	return d.Around(person.Address)
}

// clean is a text of somebody's without what can't be seen, as names are. Line breaks stay.
func clean(text string, most int) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) > most || !utf8.ValidString(text) {
		return "", false
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = canvas.CleanText(line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), true
}

// getReports lists reports.
func (d *Desk) getReports(w http.ResponseWriter, r *http.Request, c caller) {
	if !d.paced(w, d.asked, c) {
		return
	}
	state := cmp.Or(r.URL.Query().Get("state"), "open")
	if !slices.Contains([]string{"open", "resolved", "all"}, state) {
		answer.Fail(w, http.StatusBadRequest, "state must be open, resolved or all")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), reportTime)
	defer cancel()
	all, err := d.reports.all(ctx)
	if err != nil {
		d.failed(w, err)
		return
	}
	said := struct {
		Reports []report `json:"reports"`
	}{[]report{}}
	peers := make(map[canvas.NetworkID]int)
	for _, one := range all {
		if one.lonely() {
			peers[one.around()]++
		}
	}
	for _, one := range all {
		if state == "all" || (state == "resolved") == (one.Resolved != nil) {
			if one.lonely() {
				one.Alike = peers[one.around()]
			}
			said.Reports = append(said.Reports, one.shown(d.Now()))
		}
	}
	if state != "open" {
		slices.Reverse(said.Reports)
	}
	answer.JSON(w, http.StatusOK, said)
}

// reported is the answer about one report.
type reported struct {
	Report report     `json:"report"`
	Act    *rules.Act `json:"act,omitempty"`
}

func (d *Desk) claimReport(w http.ResponseWriter, r *http.Request, c caller) {
	var said struct {
		Release bool `json:"release"`
	}
	if !d.paced(w, d.asked, c) || !d.reads(w, r, &said, answer.MaxFormBody) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), reportTime)
	defer cancel()
	one, err := d.reports.claim(ctx, r.PathValue("id"), c, said.Release)
	if err != nil {
		d.failed(w, err)
		return
	}
	answer.JSON(w, http.StatusOK, reported{Report: one.shown(d.Now())})
}

// resolveReport has it decided that a report is dealt with, and then notes so in the report. If the pod dies in between, to resolve it
// again makes no other act.
func (d *Desk) resolveReport(w http.ResponseWriter, r *http.Request, c caller) {
	var said struct {
		Text string `json:"text"`
	}
	if !d.reads(w, r, &said, answer.MaxFormBody) {
		return
	}
	text, ok := clean(said.Text, maxWords)
	if !ok {
		answer.Fail(w, http.StatusBadRequest, fmt.Sprintf("The text must be at most %d bytes", maxWords))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), reportTime)
	defer cancel()
	id := r.PathValue("id")
	if _, err := d.reports.claim(ctx, id, c, false); err != nil {
		d.failed(w, err)
		return
	}
	done, err := d.decide(r.Context(), c, rules.Act{ID: "report/" + id, Do: rules.Resolve, Report: id, Text: text})
	if err != nil {
		d.failed(w, err)
		return
	}
	act := done.Act
	noting, noted := context.WithTimeout(context.WithoutCancel(r.Context()), reportTime) // deciding may have taken all of ctx's time
	defer noted()
	one, err := d.reports.resolve(noting, id, act)
	if err != nil {
		d.failed(w, err)
		return
	}
	answer.JSON(w, http.StatusOK, reported{one.shown(d.Now()), act})
}
