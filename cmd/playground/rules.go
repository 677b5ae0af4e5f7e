package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/rollback"
	"pixelplayground/actors/rollbacks"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/transport/api"
	"pixelplayground/transport/api/moderation"
	"pixelplayground/transport/auth"
)

// rules is what the API needs for the rules of the canvas, and those who see to them.
func (p *pod) rules(recorded *record.Reader) *api.Rules {
	needs := &api.Rules{Acts: p.node, Documents: p.store, People: crowd{p}, Around: p.people.Around, Public: p.cfg.People().SignIn.PublicURL}
	if recorded != nil {
		needs.Record, needs.Rollbacks = drawings{recorded, p.cfg.Geometry}, previews{p, recorded}
	}
	return needs
}

// operatedPatience is how long it may take to note what an operator has done to keys.
const operatedPatience = time.Second

// operated puts into the chain of acts what an operator has done to keys.
func (p *pod) operated(r *http.Request, text string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), operatedPatience)
	defer cancel()
	if err := moderation.Operate(ctx, p.node, r, text, time.Now()); err != nil {
		p.log.Warn("what an operator did is not in the chain of acts", "act", text, "err", err)
	}
}

// previews says what rollbacks would do.
type previews struct {
	*pod
	past rollback.Past
}

func (p previews) Preview(ctx context.Context, by rules.By, selection rules.Selection) (*rollback.Preview, error) {
	now := time.Now()
	spares := func(region canvas.RegionID) func(uint16) bool { return p.node.Rules().Spares(by, region, now) }
	return rollback.NewPreview(ctx, p.past, p.cfg.Geometry, selection, now, spares)
}

// crowd is the people who are connected to any pod.
type crowd struct{ *pod }

// mostNamesakes bounds how many people a gateway tells of whose name, network or id has a public id in it.
const mostNamesakes = 100

func (c crowd) Connected(ctx context.Context, user canvas.Author) (found []message.PersonReport, err error) {
	var gateways []string
	for _, member := range (members{c.pod}).Members() {
		if slices.Contains(member.Roles, "gateway") {
			gateways = append(gateways, member.Address)
		}
	}
	for _, report := range c.node.Survey(ctx, gateways, message.Inspect{Brief: true, People: message.AskPeople{Most: mostNamesakes, Search: user.Text()}}) {
		if report == nil {
			err = errors.New("not every server has answered")
			continue
		}
		for _, person := range report.People {
			if person.User == user {
				found = append(found, person)
			}
		}
	}
	return found, err
}

// judge tells transport/auth what was decided about people.
type judge struct{ *pod }

func (j judge) Bans() bool { return j.node.Rules().Bans() }

func (j judge) Role(person canvas.Person) canvas.Role {
	return j.node.Rules().Role(rules.WhoIs(person))
}

func (j judge) Pace(person canvas.Person) canvas.Pace { return j.node.Pace(person) }

// Banned is why a person is kept out.
func (j judge) Banned(person canvas.Person) *auth.Ban {
	in, now := j.node.Rules(), time.Now()
	act := in.Banned(rules.WhoIs(person), now)
	if act == nil {
		return nil
	}
	return &auth.Ban{Act: act.N, Why: act.Why, Until: act.Until, Appeal: in.Appeal()}
}

// lasting lists the kinds of documents that a backup of the canvas must have.
func lasting() []store.Kind {
	return append(auth.Lasting(), rules.ActKind, rules.MaskKind, rollbacks.Kind, moderation.KindReport)
}
