package admin

import (
	"context"
	"net/http"
	"slices"

	"pixelplayground/actors/message"
	"pixelplayground/transport/api/answer"
)

// maxName bounds a name that is searched for, in bytes. It is longer than any user's name.
const maxName = 200

type actorShown struct {
	ID      string  `json:"id"`
	State   string  `json:"state"`
	Rate    float64 `json:"rate"`
	Mailbox int     `json:"mailbox"`
}

type handledShown struct {
	Type string  `json:"type"`
	At   int64   `json:"at"`
	US   float64 `json:"us"` // microseconds
}

type viewShown struct {
	ID    string         `json:"id"`
	State string         `json:"state"`
	Since int64          `json:"since"`
	Facts [][2]string    `json:"facts"`
	Last  []handledShown `json:"last"`
}

// getActors answers with the actors of one kind on one pod.
func (a *Handler) getActors(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	member, ok := a.memberOf(w, query.Get("member"))
	if !ok {
		return
	}
	kind := query.Get("kind")
	if !slices.ContainsFunc(message.Kinds(), func(k message.Kind) bool { return k.String() == kind }) {
		answer.Fail(w, http.StatusNotFound, "There is no such kind of actor")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	listing, err := a.Inspectors.List(ctx, member.Address, kind)
	if err != nil {
		unanswered(w, err)
		return
	}
	shown := []actorShown{}
	for _, one := range listing.Actors {
		shown = append(shown, actorShown{one.Actor, one.State, perSecond(one.Recent, message.Span), one.Mailbox})
	}
	answer.JSON(w, http.StatusOK, struct {
		Actors []actorShown `json:"actors"`
	}{shown})
}

// getActor answers with one actor.
func (a *Handler) getActor(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	member, ok := a.memberOf(w, query.Get("member"))
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	view, err := a.Inspectors.Describe(ctx, member.Address, query.Get("id"))
	switch {
	case err != nil:
		unanswered(w, err)
		return
	case view.Actor == "":
		answer.Fail(w, http.StatusNotFound, "There is no such actor: it may have ended")
		return
	}
	shown := viewShown{ID: view.Actor, State: view.State, Since: view.Since, Facts: [][2]string{}, Last: []handledShown{}}
	for _, fact := range view.Facts {
		shown.Facts = append(shown.Facts, [2]string{fact.Name, fact.Value})
	}
	for _, h := range view.Last {
		shown.Last = append(shown.Last, handledShown{h.Type, h.At, microseconds(h.Took)})
	}
	answer.JSON(w, http.StatusOK, shown)
}

// getConnections searches all pods for connections by a part of their user's name.
func (a *Handler) getConnections(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if name == "" || len(name) > maxName {
		answer.Fail(w, http.StatusBadRequest, "Give a name, or a part of one, for example ?name=ada")
		return
	}
	members, reports := a.survey(r.Context(), message.Inspect{Full: true, Connections: worstShown, Name: name})
	answer.JSON(w, http.StatusOK, struct {
		Connections []connectionShown `json:"connections"`
	}{worstOf(members, reports)})
}
