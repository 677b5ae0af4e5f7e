package moderation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// KindReport is the kind of the documents of reports, by their ids.
const KindReport store.Kind = "report"

// Bounds of reports.
const (
	maxReports = 2000 // in all: then the oldest that are resolved go, then those of whoever has most
	maxOpen    = 20   // open ones of one subject, which keep no others away
	// networkOpen is how many open ones there are of one network: all who share its address.
	networkOpen = 100
	maxWords    = 500 // bytes

	claimLasts    = 10 * time.Minute
	openLasts     = 90 * 24 * time.Hour
	resolvedLasts = 30 * 24 * time.Hour
	reportTime    = 5 * time.Second // that the store may take
)

// report is what somebody has reported.
type report struct {
	ID    string `json:"id"`
	Time  int64  `json:"time"` // Unix ms, as all times
	By    userID `json:"by,omitempty"`
	Name  string `json:"name,omitempty"` // of who reports: an account's
	X     int    `json:"x"`
	Y     int    `json:"y"`
	User  userID `json:"user,omitempty"` // whom it is about
	Words string `json:"words"`

	Count  int       `json:"count,omitempty"`  // of those who have reported the same; absent: one has
	Others []mention `json:"others,omitempty"` // what some of them said

	Claim    *claim    `json:"claim,omitempty"`
	Resolved *resolved `json:"resolved,omitempty"`

	// Alike is how many open ones may be the same stranger's alone, this one included. Only answers have it.
	Alike int `json:"alike,omitempty"`

	// By whom it is, for bounds: nobody is shown these.
	Subject string           `json:"subject,omitempty"`
	Network canvas.NetworkID `json:"network,omitempty"`
	Around  canvas.NetworkID `json:"around,omitempty"` // with the networks beside it that may be one stranger's too
}

// claim is who sees to a report.
type claim struct {
	User  userID `json:"user,omitempty"` // 0: an operator
	Name  string `json:"name"`
	Until int64  `json:"until"`
}

// resolved is how a report was dealt with.
type resolved struct {
	Act  uint64 `json:"act"`
	Time int64  `json:"time"`
	User userID `json:"user,omitempty"`
	Name string `json:"name"`
	Text string `json:"text"`
}

// shown is a report as moderators see it.
func (p report) shown(now time.Time) report {
	p.Subject, p.Network, p.Around = "", 0, 0
	p.Others = slices.Clone(p.Others)
	for i := range p.Others {
		p.Others[i].Subject, p.Others[i].Network, p.Others[i].Around = "", 0, 0
	}
	if p.Claim != nil && p.Claim.Until <= now.UnixMilli() {
		p.Claim = nil
	}
	return p
}

// ends is when the document of a report ends.
func (p report) ends() time.Time {
	if p.Resolved != nil {
		return time.UnixMilli(p.Resolved.Time).Add(resolvedLasts)
	}
	return time.UnixMilli(p.Time).Add(openLasts)
}

// reports are the reports in the store.
type reports struct {
	docs store.Documents
	now  func() time.Time
}

// Errors of adding.
const (
	errYours    = conflict("You have reported a lot that nobody has looked at yet: wait until somebody does")
	errNetworks = conflict("A lot was reported from your network that nobody has looked at yet: wait until somebody does")
	errFull     = conflict("There are as many open reports as there may be: try again later")
)

// all are the reports, the oldest first.
func (p *reports) all(ctx context.Context) (list []report, err error) {
	documents, err := p.docs.Documents(ctx, KindReport)
	if err != nil {
		return nil, fmt.Errorf("read reports: %w", err)
	}
	for id, value := range documents {
		var one report
		if json.Unmarshal(value, &one) != nil || one.ID != id {
			continue // one that is damaged must not keep the others away
		}
		if one.ends().After(p.now()) { // a backup keeps no ends
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b report) int { return cmp.Or(cmp.Compare(a.Time, b.Time), strings.Compare(a.ID, b.ID)) })
	return list, nil
}

// add keeps a new report, or notes in one that is open that somebody else says the same; it returns the id. If there are too
// many, others go for it: see room. Two pods that add at the same time may keep a few more.
func (p *reports) add(ctx context.Context, one report) (id string, err error) {
	all, err := p.all(ctx)
	if err != nil {
		return "", err
	}
	yours, networks := 0, 0
	for _, other := range all {
		switch {
		case other.Resolved != nil:
			continue
		case other.same(one):
			_, err := p.change(ctx, other.ID, func(r *report) error {
				if r.Resolved != nil { // meanwhile: nobody would look at what is noted there
					return errNone
				}
				r.join(one)
				return nil
			})
			if !errors.Is(err, errNone) {
				return other.ID, err
			}
			continue
		}
		if other.Subject == one.Subject {
			yours++
		}
		if other.Network == one.Network {
			networks++
		}
	}
	switch {
	case yours >= maxOpen:
		return "", errYours
	case networks >= networkOpen:
		return "", errNetworks
	}
	if err := p.room(ctx, append(all, one)); err != nil {
		return "", err
	}
	return one.ID, p.put(ctx, one)
}

// room drops reports until there is room for the last of a list: the oldest that are resolved, then the heaviest.
func (p *reports) room(ctx context.Context, all []report) error {
	for len(all) > maxReports {
		next := slices.IndexFunc(all, func(r report) bool { return r.Resolved != nil })
		if next < 0 {
			next = heaviest(all, p.now())
		}
		if next < 0 || next == len(all)-1 {
			return errFull
		}
		if err := p.docs.DeleteDocument(ctx, KindReport, all[next].ID); err != nil {
			return fmt.Errorf("drop a report: %w", err)
		}
		all = slices.Delete(all, next, next+1)
	}
	return nil
}

func (p *reports) put(ctx context.Context, one report) error {
	value, err := json.Marshal(one)
	if err == nil {
		err = p.docs.PutDocument(ctx, KindReport, one.ID, value, one.ends())
	}
	if err != nil {
		return fmt.Errorf("keep a report: %w", err)
	}
	return nil
}

// change changes a report, whoever else does so at the same time. errNone: there is no such report.
func (p *reports) change(ctx context.Context, id string, change func(*report) error) (report, error) {
	if id == "" || len(id) > store.MaxDocumentID {
		return report{}, errNone
	}
	old, err := p.docs.Document(ctx, KindReport, id)
	for err == nil {
		var one report
		if old == nil || json.Unmarshal(old, &one) != nil {
			return report{}, errNone
		}
		if err := change(&one); err != nil {
			return one, err
		}
		var value, now []byte
		if value, err = json.Marshal(one); err != nil {
			break
		}
		if now, err = p.docs.SwapDocument(ctx, KindReport, id, old, value, one.ends()); err == nil && string(now) == string(value) {
			return one, nil
		}
		old = now
	}
	if errors.Is(err, store.ErrDocument) {
		return report{}, errNone
	}
	return report{}, fmt.Errorf("change a report: %w", err)
}

// claim makes a caller the one who sees to a report, or gives it back. errors: a conflict, if somebody else has it.
func (p *reports) claim(ctx context.Context, id string, c caller, release bool) (report, error) {
	return p.change(ctx, id, func(one *report) error {
		now := p.now().UnixMilli()
		switch {
		case one.Resolved != nil:
			return over(*one)
		case one.anothers(c, now):
			return conflict(fmt.Sprintf("%s sees to this report", cmp.Or(one.Claim.Name, canvas.Author(one.Claim.User).Text(), "Somebody else")))
		case release:
			one.Claim = nil
		default:
			one.Claim = &claim{userID(c.by.User), c.by.Name, now + claimLasts.Milliseconds()}
		}
		return nil
	})
}
