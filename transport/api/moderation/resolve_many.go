package moderation

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/transport/api/answer"
)

// maxAtOnce is how many reports one act can say of that they are dealt with: as many as a network may have open.
const maxAtOnce = networkOpen

// resolvedMany is the answer about several reports.
type resolvedMany struct {
	Resolved []string   `json:"resolved"`
	Left     []string   `json:"left"` // that are not: others see to them, or have dealt with them
	Act      *rules.Act `json:"act,omitempty"`
}

// resolveReports deals with several reports by one act: those that are named, or all that came from the network that one came from.
func (d *Desk) resolveReports(w http.ResponseWriter, r *http.Request, c caller) {
	var said struct {
		IDs   []string `json:"ids"`
		Alike string   `json:"alike"`
		Text  string   `json:"text"`
	}
	if !d.reads(w, r, &said, rules.MaxAct) {
		return
	}
	text, ok := clean(said.Text, maxWords)
	switch {
	case !ok:
		answer.Fail(w, http.StatusBadRequest, fmt.Sprintf("The text must be at most %d bytes", maxWords))
		return
	case (len(said.IDs) == 0) == (said.Alike == "") || len(said.IDs) > maxAtOnce:
		answer.Fail(w, http.StatusBadRequest, fmt.Sprintf("Name up to %d reports as ids, or one as alike, for all that came from the same network", maxAtOnce))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), reportTime)
	defer cancel()
	all, err := d.reports.all(ctx)
	if err != nil {
		d.failed(w, err)
		return
	}
	done := resolvedMany{Resolved: []string{}, Left: []string{}}
	var open []string
	for _, one := range chosen(all, said.IDs, said.Alike) {
		if one.Resolved != nil || one.anothers(c, d.Now().UnixMilli()) {
			done.Left = append(done.Left, one.ID)
		} else if len(open) < maxAtOnce {
			open = append(open, one.ID)
		}
	}
	if len(open) == 0 {
		if len(done.Left) > 0 {
			err = conflict("Others see to these reports, or have dealt with them")
		} else {
			err = errNone
		}
		d.failed(w, err)
		return
	}
	decided, err := d.decide(r.Context(), c, rules.Act{ID: "reports/" + newID(), Do: rules.Resolve, Report: open[0], Reports: open[1:], Text: text})
	if err != nil {
		d.failed(w, err)
		return
	}
	done.Act = decided.Act
	noting, noted := context.WithTimeout(context.WithoutCancel(r.Context()), reportTime) // as in resolveReport
	defer noted()
	for _, id := range open {
		if _, err := d.reports.resolve(noting, id, done.Act); err != nil {
			done.Left = append(done.Left, id)
			d.told.Note("a report that is dealt with could not be closed", "report", "err", err)
		} else {
			done.Resolved = append(done.Resolved, id)
		}
	}
	answer.JSON(w, http.StatusOK, done)
}

// chosen are the reports that are named, or one and those that came from the network that it came from. That one is the first, so it
// is dealt with however many there are, and also if others have reported the same.
func chosen(all []report, ids []string, like string) (found []report) {
	var of canvas.NetworkID
	for _, one := range all {
		if one.ID == like || slices.Contains(ids, one.ID) {
			found = append(found, one)
		}
		if one.ID == like {
			of = one.around()
		}
	}
	for _, one := range alike(all, of) {
		if one.ID != like {
			found = append(found, one)
		}
	}
	return found
}

// resolve notes in a report by which act it was dealt with. errors: a conflict, if another did so.
func (p *reports) resolve(ctx context.Context, id string, act *rules.Act) (report, error) {
	return p.change(ctx, id, func(one *report) error {
		if one.Resolved != nil && one.Resolved.Act != act.N {
			return over(*one)
		}
		one.Claim = nil
		one.Resolved = &resolved{Act: act.N, Time: act.Time, User: userID(act.By.User), Name: act.By.Name, Text: act.Text}
		return nil
	})
}

// over says that a report was dealt with before.
func over(one report) error {
	return conflict(fmt.Sprintf("This report has been dealt with, by act %d", one.Resolved.Act))
}
