package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"pixelplayground/codec"
	"pixelplayground/transport/api/answer"
)

// iso8601 is how JavaScript's Date.toISOString writes a time, which must be UTC.
const iso8601 = "2006-01-02T15:04:05.000Z"

// getHealth is for existing clients and monitors. It is only about this pod, and its status is
// always "ok". Whether to send the pod clients is what /readyz says.
func (s *server) getHealth(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	users, err := s.names.Get(ctx, func([]string) ([]string, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), readTimeout) // for others too
		defer cancel()
		return s.Canvas.Local(ctx)
	}, nil)
	if err != nil {
		s.unreadable(w, r, err)
		return
	}
	shown := make([]string, len(users))
	for i, name := range users {
		if shown[i] = name; name == "" {
			shown[i] = codec.Anonymous
		}
	}
	connections := len(shown)
	if s.People != nil && s.People.MayWatch(s.shown(r)) != nil {
		shown = shown[:0] // who may not see the canvas does not see who is there
	}
	store := "ok"
	if s.ping(r.Context()) != nil {
		store = "unavailable"
	}
	answer.JSON(w, http.StatusOK, struct {
		Status      string   `json:"status"`
		Connections int      `json:"connections"`
		Users       []string `json:"users"`
		Timestamp   string   `json:"timestamp"`
		Node        string   `json:"node"`
		Store       string   `json:"store"`
	}{"ok", connections, shown, s.Now().UTC().Format(iso8601), s.Node, store})
}

// Versions are those of the program and of what it shares with others. CHANGELOG.md says what they
// promise.
type Versions struct {
	Program  string `json:"program"`
	Protocol string `json:"protocol"` // that clients speak
	Data     string `json:"data"`     // of what is stored
	Peers    string `json:"peers"`    // of what pods say to each other
}

func (v Versions) String() string {
	return fmt.Sprintf("%s (protocol %s, data %s, peers %s)", v.Program, v.Protocol, v.Data, v.Peers)
}

// getAlive shows that the process answers. A failing store is no reason to restart it.
func (s *server) getAlive(w http.ResponseWriter, _ *http.Request) {
	answer.JSON(w, http.StatusOK, struct {
		Status   string   `json:"status"`
		Versions Versions `json:"versions"`
	}{"alive", s.Versions})
}

// readyShown is the answer of a pod to which people may be sent.
type readyShown struct {
	Status  string `json:"status"`
	Drawing bool   `json:"drawing"`       // a pixel would be accepted now
	Why     string `json:"why,omitempty"` // why it would not

	Record string `json:"record,omitempty"` // why what is drawn is not recorded now: no reason not to send people
}

// getReady says whether new clients should be sent here, and if not, why. By default that is
// whether they can look, which goes on while nobody can draw; with ?for=drawing it is whether
// they can draw.
func (s *server) getReady(w http.ResponseWriter, r *http.Request) {
	if s.Draining() {
		answer.Fail(w, http.StatusServiceUnavailable, "draining: this node is closing")
		return
	}
	if err := s.Cluster.Ready(); err != nil {
		answer.Fail(w, http.StatusServiceUnavailable, "cluster: "+err.Error())
		return
	}
	views, draws := s.standing(r.Context())
	if r.URL.Query().Get("for") == "drawing" {
		views = cmp.Or(views, draws)
	}
	switch {
	case views != nil:
		answer.Fail(w, http.StatusServiceUnavailable, views.Error())
	case draws != nil:
		answer.JSON(w, http.StatusOK, readyShown{"ready", false, draws.Error(), s.unrecorded()})
	default:
		answer.JSON(w, http.StatusOK, readyShown{"ready", true, "", s.unrecorded()})
	}
}

// unrecorded says why what is drawn is not recorded now; "": it is, or nothing shall be.
func (s *server) unrecorded() string {
	if s.Recording == nil {
		return ""
	}
	if err := s.Recording(); err != nil {
		return "record: " + err.Error()
	}
	return ""
}

// standing says why nobody should be sent here to look, and why nobody could draw now. Each is
// nil if there is no reason.
func (s *server) standing(ctx context.Context) (views, draws error) {
	if s.Standing != nil {
		return s.Standing.Views(), s.Standing.Draws()
	}
	if draws = s.ping(ctx); draws != nil {
		draws = fmt.Errorf("store: %w", draws)
	}
	if !s.stall.bears(draws, s.Now()) {
		views = draws
	}
	return views, draws
}

// stallBorne is how long a store may not answer before nobody should be sent here: disks stall
// for seconds when other programs write much. A store that refuses has answered.
const stallBorne = 5 * time.Second

var errNoAnswer = errors.New("it does not answer")

// stall is a time during which the store does not answer.
type stall struct {
	mu   sync.Mutex
	well bool      // it has answered once: until then there is nothing to show
	from time.Time // when the first question without an answer was asked; zero: the last was answered
}

// bears reports whether people may still be sent here, given what the store has said.
func (s *stall) bears(said error, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !errors.Is(said, errNoAnswer) {
		s.from, s.well = time.Time{}, s.well || said == nil
		return said == nil
	}
	if s.from.IsZero() {
		s.from = now
	}
	return s.well && now.Sub(s.from) < stallBorne
}

// ping asks the store, once for all requests that want to know at the same time.
func (s *server) ping(ctx context.Context) error {
	said, err := s.store.Get(ctx, func(error) (error, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTimeout)
		defer cancel()
		err := s.Store.Ping(ctx)
		if err != nil && ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", errNoAnswer, err)
		}
		return err, nil
	}, nil)
	return cmp.Or(err, said)
}
