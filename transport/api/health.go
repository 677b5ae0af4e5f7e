package api

import (
	"cmp"
	"context"
	"net/http"

	"pixelplayground/codec"
)

// iso8601 is how JavaScript's Date.toISOString writes a time, which must be UTC.
const iso8601 = "2006-01-02T15:04:05.000Z"

// getHealth is what existing clients and monitors read. It is about this node alone and
// always "ok": see /readyz for whether to send it clients.
func (s *server) getHealth(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	users, err := s.names.get(ctx, func([]string) ([]string, error) {
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
	store := "ok"
	if s.ping(r.Context()) != nil {
		store = "unavailable"
	}
	reply(w, http.StatusOK, struct {
		Status      string   `json:"status"`
		Connections int      `json:"connections"`
		Users       []string `json:"users"`
		Timestamp   string   `json:"timestamp"`
		Node        string   `json:"node"`
		Store       string   `json:"store"`
	}{"ok", len(shown), shown, s.Now().UTC().Format(iso8601), s.Node, store})
}

// getAlive tells that the process answers. A failing store is no reason to restart it.
func (s *server) getAlive(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]string{"status": "alive"})
}

// getReady tells whether new clients should be sent here, and if not, why.
func (s *server) getReady(w http.ResponseWriter, r *http.Request) {
	if s.Draining() {
		fail(w, http.StatusServiceUnavailable, "draining: this node is closing")
		return
	}
	if err := s.Cluster.Ready(); err != nil {
		fail(w, http.StatusServiceUnavailable, "cluster: "+err.Error())
		return
	}
	if err := s.ping(r.Context()); err != nil {
		fail(w, http.StatusServiceUnavailable, "store: "+err.Error())
		return
	}
	reply(w, http.StatusOK, map[string]string{"status": "ready"})
}

// ping asks the store, once for all who want to know.
func (s *server) ping(ctx context.Context) error {
	said, err := s.store.get(ctx, func(error) (error, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTimeout)
		defer cancel()
		return s.Store.Ping(ctx), nil
	}, nil)
	return cmp.Or(err, said)
}
