package moderation

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/rules"
	"pixelplayground/transport/api/answer"
)

// Bounds of what is told of somebody.
const (
	personPatience = 3 * time.Second
	lastPixels     = 50
	lastActs       = 1000 // that are looked through
	shownActs      = 50
	shownNetworks  = 8
)

// person is what moderators are told of somebody: never an address.
type person struct {
	User        userID             `json:"user"`
	Name        string             `json:"name"`
	Kind        string             `json:"kind"`            // absent: not connected now
	Role        string             `json:"role"`            // of who is away: as the server remembers it
	Owner       userID             `json:"owner,omitempty"` // of a bot: the account that has made its key, and can make others
	Connections int                `json:"connections"`
	Since       int64              `json:"since,omitempty"` // of the oldest connection
	Networks    []canvas.NetworkID `json:"networks"`        // where they are now, then where they were
	Seen        int64              `json:"seen,omitempty"`  // when they were last known to be there
	Pixels      []Pixel            `json:"pixels"`          // the latest first
	Acts        []listed           `json:"acts"`            // the latest first
	Reports     []report           `json:"reports"`         // open ones
	Incomplete  []string           `json:"incomplete"`      // what could not be asked now: connections, record, acts, reports, role, owner
}

// Pixel is one that somebody has placed.
type Pixel struct {
	X       int              `json:"x"`
	Y       int              `json:"y"`
	Seq     uint64           `json:"seq"`
	Time    int64            `json:"time"` // Unix ms
	Color   canvas.Color     `json:"color"`
	Before  *canvas.Color    `json:"before,omitempty"` // nil: not known
	Name    string           `json:"name,omitempty"`   // that they had
	Network canvas.NetworkID `json:"network,omitempty"`
}

// getPerson tells of somebody. What can't be asked is left out, and said to be.
func (d *Desk) getPerson(w http.ResponseWriter, r *http.Request, c caller) {
	if !d.paced(w, d.asked, c) {
		return
	}
	user, err := strconv.ParseUint(r.PathValue("user"), 16, 48)
	if err != nil || user == 0 || canvas.Author(user).Text() != r.PathValue("user") {
		answer.Fail(w, http.StatusBadRequest, "A user is written as 12 hexadecimal digits")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), personPatience)
	defer cancel()
	answer.JSON(w, http.StatusOK, d.describe(ctx, c, canvas.Author(user)))
}

func (d *Desk) describe(ctx context.Context, c caller, user canvas.Author) person {
	var (
		asking    sync.WaitGroup
		connected []message.PersonReport
		pixels    []Pixel
		acts      []*rules.Act
		reports   []report
		role      canvas.Role
		owner     canvas.Author
		errs      [6]error
	)
	asking.Go(func() { connected, errs[0] = d.People.Connected(ctx, user) })
	if d.Record != nil {
		asking.Go(func() { pixels, errs[1] = d.last(ctx, user) })
	}
	asking.Go(func() { acts, errs[2] = d.decoded(ctx, 0, lastActs) })
	asking.Go(func() { reports, errs[3] = d.reports.all(ctx) })
	asking.Go(func() { role, errs[4] = d.rankOf(ctx, user) })
	asking.Go(func() { owner, errs[5] = d.makerOf(ctx, user) })
	asking.Wait()
	p := person{User: userID(user), Owner: userID(owner), Networks: []canvas.NetworkID{}, Pixels: []Pixel{}, Reports: []report{}, Incomplete: []string{}}
	for i, name := range []string{"connections", "record", "acts", "reports", "role", "owner"} {
		if errs[i] != nil {
			p.Incomplete = append(p.Incomplete, name)
			if !errors.Is(errs[i], context.Canceled) {
				d.told.Note("not all could be found out about somebody", name, "err", errs[i])
			}
		}
	}
	p.connections(connected, d.Now())
	if p.Connections == 0 && role > canvas.RoleGuest {
		p.Role = d.Canvas.Rules().Role(rules.Who{User: user, Known: true, Role: role}).String()
	}
	p.drawn(pixels)
	var about []*rules.Act
	for _, act := range acts {
		if len(about) < shownActs && act.Target != nil && (act.Target.User == user || owner != 0 && act.Target.User == owner || act.Target.Network != 0 && slices.Contains(p.Networks, act.Target.Network)) {
			about = append(about, act)
		}
	}
	p.Acts, _ = d.list(context.WithoutCancel(ctx), c, about) // the few that are shown, though something else has taken all the time
	for _, one := range reports {
		if one.User == userID(user) && one.Resolved == nil {
			p.Reports = append(p.Reports, one.shown(d.Now()))
		}
	}
	return p
}

// last asks the record, if not too many do.
func (d *Desk) last(ctx context.Context, user canvas.Author) ([]Pixel, error) {
	if !d.looks.take() {
		return nil, errBusy
	}
	defer d.looks.give()
	return d.Record.Last(ctx, user, lastPixels)
}

// connections adds what the gateways know.
func (p *person) connections(reports []message.PersonReport, now time.Time) {
	var known message.PersonReport
	for _, report := range reports {
		known = message.JoinPeople(known, report)
		p.from(report.From)
	}
	if known.Connections > 0 {
		p.Name, p.Kind, p.Role, p.Connections, p.Since, p.Seen = known.Name, known.Kind, known.Role, known.Connections, known.Since, now.UnixMilli()
	}
}

// drawn adds what the record knows.
func (p *person) drawn(pixels []Pixel) {
	p.Pixels = append(p.Pixels, pixels...)
	for _, one := range pixels {
		p.from(one.Network)
		p.Name, p.Seen = cmp.Or(p.Name, one.Name), max(p.Seen, one.Time)
	}
}

func (p *person) from(network canvas.NetworkID) {
	if network != 0 && len(p.Networks) < shownNetworks && !slices.Contains(p.Networks, network) {
		p.Networks = append(p.Networks, network)
	}
}
