package transport

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/codec"
)

// visitor is whom a connection is from, as operators see it. A shard keeps it beside its connections,
// since nothing else needs it.
type visitor struct {
	subject canvas.Subject
	user    canvas.Author // 0: that of the session
	kind    canvas.PersonKind
	role    canvas.Role // as in Person,
	most    canvas.Role // and so is this
	pace    canvas.Pace
	name    string
	from    netip.Addr
	place   canvas.NetworkID // that they are in
	as      canvas.Author    // the public id in the session; 0: not welcomed yet
	owner   canvas.Author    // of a bot: the account whose key it has; 0: none
}

// visitorOf is who a person is who comes from an address and is known in the session as somebody.
func visitorOf(p canvas.Person, from netip.Addr, as canvas.Author) visitor {
	return visitor{subject: p.Subject, user: p.User, kind: p.Kind, role: p.Role, most: p.Most, pace: p.Pace, name: p.Name, from: from, place: p.From, as: as, owner: p.Owner()}
}

// network is the address, or only the network that it is in: enough to see who belongs together.
func (v visitor) network(whole bool) string {
	const v4, v6 = 24, 48 // bits
	from := v.from.Unmap().WithZone("")
	switch {
	case !from.IsValid():
		return ""
	case whole:
		return from.String()
	case from.Is4():
		return netip.PrefixFrom(from, v4).Masked().String()
	}
	return netip.PrefixFrom(from, v6).Masked().String()
}

func (v visitor) describe(in rulebook, whole bool) message.PersonReport {
	r := message.PersonReport{
		Subject: hex.EncodeToString(v.subject[:]), User: v.user, Kind: v.kind.String(), Role: in.Role(v.who()).String(), Name: canvas.CleanName(v.name), Network: v.network(whole), From: v.place,
	}
	limit := v.pace.Limit()
	r.Pace, r.Every, r.Burst = v.pace, time.Duration(limit.Every), limit.Burst
	return r
}

// People returns the people with the most connections, and whether there are more, as
// actors.HostInfo says. When ctx ends it returns what it has.
func (s *Server) People(ctx context.Context, ask message.AskPeople, named []canvas.ViewerID) ([]message.PersonReport, bool) {
	if s.host == nil {
		return nil, false // never opened
	}
	answers := make(chan []message.PersonReport, len(s.shards)) // one from each
	waiting := 0
	for _, shard := range s.shards {
		if shard.inbox.Post(reportPeople{ask, named, answers}) {
			waiting++
		}
	}
	known := make(map[string]message.PersonReport)
	for ; waiting > 0; waiting-- {
		select {
		case some := <-answers:
			for _, person := range some {
				known[person.Subject] = message.JoinPeople(known[person.Subject], person)
			}
		case <-ctx.Done():
			waiting = 1
		}
	}
	list := make([]message.PersonReport, 0, len(known))
	for _, person := range known {
		list = append(list, person)
	}
	slices.SortFunc(list, message.ComparePeople)
	return list[:min(len(list), ask.Most)], len(list) > ask.Most
}

// reportPeople asks a shard for its people.
type reportPeople struct {
	ask     message.AskPeople
	named   []canvas.ViewerID
	answers chan<- []message.PersonReport // has room for the answer
}

func (m reportPeople) run(s *shard) {
	in, people := *s.server.rules.Load(), make(map[canvas.Subject]*message.PersonReport)
	wanted := make(map[canvas.Subject]bool)
	for id, v := range s.visitors {
		c := s.byID[id]
		if c == nil || c.state >= closing || v.subject == (canvas.Subject{}) {
			continue
		}
		person := v.describe(in, m.ask.Addresses)
		person.Connections, person.Since, person.Viewer = 1, s.server.cfg.Now().Add(-s.since(c.since)).UnixMilli(), id
		if known := people[v.subject]; known != nil {
			person = message.JoinPeople(*known, person)
		}
		people[v.subject] = &person
		if m.ask.Search == "" || slices.Contains(m.named, id) || v.matches(in, m.ask) {
			wanted[v.subject] = true
		}
	}
	list := make([]message.PersonReport, 0, len(wanted))
	for subject := range wanted {
		list = append(list, *people[subject])
	}
	m.answers <- list
}

// matches reports whether a person has a text in what an operator sees of them.
func (v visitor) matches(in rulebook, ask message.AskPeople) bool {
	texts := []string{strings.ToLower(v.name), hex.EncodeToString(v.subject[:]), v.network(ask.Addresses), v.kind.String(), in.Role(v.who()).String()}
	if v.user != 0 {
		texts = append(texts, fmt.Sprintf("%012x", uint64(v.user)))
	}
	part := strings.ToLower(ask.Search)
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, part) })
}

// Dismiss closes all connections of a person for an operator. Their clients do not reconnect by
// themselves.
func (s *Server) Dismiss(subject canvas.Subject) {
	if s.host == nil {
		return // never opened
	}
	for _, shard := range s.shards {
		shard.inbox.Post(dismiss{subject})
	}
}

type dismiss struct{ subject canvas.Subject }

func (m dismiss) run(s *shard) {
	for id, v := range s.visitors {
		if c := s.byID[id]; v.subject == m.subject && c != nil && c.state < closing {
			s.attempt(c, func(s *shard, c *conn) { s.fail(c, codec.CloseKicked) })
		}
	}
}
