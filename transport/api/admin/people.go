package admin

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/transport/api/answer"
)

// peopleShown bounds how many people are shown, and how many of its own each gateway tells.
const peopleShown = 100

// personShown is somebody with connections. Of the network there is only a part, unless the operator
// asks for all of it.
type personShown struct {
	Subject     string    `json:"subject"`
	User        string    `json:"user,omitempty"` // public id; absent: each connection has its own
	Kind        string    `json:"kind"`
	Role        string    `json:"role"`
	Name        string    `json:"name"`
	Network     string    `json:"network"`
	Since       int64     `json:"since"` // of the oldest connection
	Connections int       `json:"connections"`
	On          []onShown `json:"on"`
	Every       float64   `json:"every,omitempty"` // ms until one more pixel is free; absent: there is no limit
	Burst       int       `json:"burst,omitempty"`
	Left        *int      `json:"left,omitempty"` // of the allowance, if that is known
	Next        int64     `json:"next,omitempty"` // when one more is free; absent: it is full
}

// onShown is how many connections somebody has to a pod.
type onShown struct {
	Member      string `json:"member"`
	Connections int    `json:"connections"`
}

// getPeople answers with the people of all pods, or with those that are searched for.
func (a *Handler) getPeople(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	search, addresses := query.Get("search"), query.Get("addresses") == "1"
	if len(search) > maxName {
		answer.Fail(w, http.StatusBadRequest, fmt.Sprintf("Search for at most %d bytes", maxName))
		return
	}
	if addresses {
		a.Log.Info("operator asked for whole addresses", "who", whoOf(r))
	}
	members, reports := a.survey(r.Context(), message.Inspect{Brief: true, People: message.AskPeople{Most: peopleShown, Search: search, Addresses: addresses}})
	people, more := peopleOf(members, reports)
	answer.JSON(w, http.StatusOK, struct {
		People []personShown `json:"people"`
		More   bool          `json:"more"` // there are more than are shown
	}{people, more})
}

// peopleOf adds up what the pods tell.
func peopleOf(members []Member, reports []*message.Report) (people []personShown, more bool) {
	known, on := make(map[string]message.PersonReport), make(map[string][]onShown)
	for i, report := range reports {
		if report == nil {
			continue
		}
		more = more || report.MorePeople
		for _, person := range report.People {
			known[person.Subject] = message.JoinPeople(known[person.Subject], person)
			on[person.Subject] = append(on[person.Subject], onShown{members[i].ID, person.Connections})
		}
	}
	list := make([]message.PersonReport, 0, len(known))
	for _, person := range known {
		list = append(list, person)
	}
	slices.SortFunc(list, message.ComparePeople)
	people = []personShown{}
	for _, person := range list[:min(len(list), peopleShown)] {
		people = append(people, personOf(person, on[person.Subject]))
	}
	return people, more || len(list) > peopleShown
}

func personOf(p message.PersonReport, on []onShown) personShown {
	shown := personShown{
		Subject: p.Subject, Kind: p.Kind, User: p.User.Text(), Role: p.Role, Name: p.Name, Network: p.Network, Since: p.Since, Connections: p.Connections, On: on,
		Every: milliseconds(p.Every), Burst: p.Burst, Next: p.Next,
	}
	if p.Known {
		shown.Left = &p.Left
	}
	return shown
}

// dismiss closes all connections of a person, on every pod.
func (a *Handler) dismiss(w http.ResponseWriter, r *http.Request) {
	said, ok := asked[struct{ Subject string }](w, r)
	if !ok {
		return
	}
	subject, err := hex.DecodeString(said.Subject)
	if err != nil || len(subject) != len(canvas.Subject{}) {
		answer.Fail(w, http.StatusBadRequest, "This is not a subject")
		return
	}
	if gateways, ok := a.gateways(w); ok {
		a.act(w, r, message.Act{Do: message.ActDismiss, Text: said.Subject, Target: "all connections of " + said.Subject}, gateways...)
	}
}
