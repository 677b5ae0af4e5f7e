package api

import (
	"maps"
	"net/http"
	"net/url"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/api/moderation"
	"pixelplayground/transport/auth"
)

// Rules is what the rules of the canvas, and those who see to them, need of the pod.
type Rules struct {
	Acts      moderation.Canvas
	Documents store.Documents
	People    moderation.People
	Record    moderation.Record    // nil: there is none
	Rollbacks moderation.Rollbacks // nil: there is no record
	Around    func(from canvas.Address) canvas.NetworkID
	Public    *url.URL // where browsers find the server; nil: where they ask
}

// newDesk makes the routes of the rules.
func (s *server) newDesk() *moderation.Desk {
	ports := moderation.Ports{
		Canvas: s.Rules.Acts, Documents: s.Rules.Documents, People: s.Rules.People, Record: s.Rules.Record, Rollbacks: s.Rules.Rollbacks,
		Body: s.body, Around: s.Rules.Around, Public: s.Rules.Public, Geometry: s.Geometry, Now: s.Now, Log: s.Log,
		Identify: func(r *http.Request) (canvas.Person, *auth.Refusal) { return s.People.Identify(s.shown(r)) },
	}
	if s.People != nil {
		ports.Rank, ports.Maker = s.People.Rank, s.People.Maker
	}
	if !s.Apart { // else operators have an address that strangers need not reach
		ports.Operator = func(r *http.Request) bool { return s.operators.Shows(r) }
	}
	return moderation.New(ports)
}

// peopleRoutes are the resources of people, which no page of another origin may use.
func (s *server) peopleRoutes() map[string]answer.Methods {
	routes := s.Ports.People.Routes()
	if s.desk != nil {
		maps.Copy(routes, s.desk.Routes())
	}
	return routes
}
