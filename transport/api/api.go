// Package api is the HTTP side of a pod: the canvas and its pixels as JSON and as an image,
// health and metrics for operators, and the pages. It bounds what strangers send before the
// actors see it. WebSockets are in package transport, and the canvas itself belongs to the
// actors. The server's main wires them together and gives the Handlers made here to transport.
package api

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/telemetry"
	"pixelplayground/transport/api/admin"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/api/describe"
	"pixelplayground/transport/api/history"
	"pixelplayground/transport/api/metrics"
	"pixelplayground/transport/api/moderation"
	"pixelplayground/transport/api/templates"
	"pixelplayground/transport/quota"
	"pixelplayground/transport/stats"
)

// Canvas is the live canvas; *actors.Node is one.
type Canvas interface {
	// Read is one region as it is now. The snapshot is immutable.
	Read(ctx context.Context, region canvas.RegionID) (*canvas.Snapshot, error)
	// Place writes a person's pixels, which must be on the canvas, and returns when they are durable. It
	// takes them from the person's allowance. The error is an *actors.RefusedError or ctx's. In that
	// case some of the pixels may have been placed.
	Place(ctx context.Context, person canvas.Person, strokes []actors.Stroke) (actors.Placed, error)
	// Left is what is left of a person's allowance; limited is false if there is none.
	Left(ctx context.Context, person canvas.Person) (left actors.Left, limited bool, err error)
	// Local returns the names of this pod's users: one entry per connection, "" if it has none.
	Local(ctx context.Context) ([]string, error)
	// Users counts those of the whole canvas.
	Users() int
	// Stats counts what the pod's actors do.
	Stats() *telemetry.Stats
}

// Store is asked whether it would take a commit.
type Store interface {
	Ping(ctx context.Context) error
}

// Standing is what a gateway among others can do. Its methods return at once: they ask nobody.
type Standing interface {
	// Views says why people should not be sent here, even to look; nil: they may be.
	Views() error
	// Draws says why a pixel would not be accepted now; nil: it would.
	Draws() error
}

// Config is what an operator may choose about the API.
type Config struct {
	Node     string          // this pod's name
	Pages    bool            // serve people: the pages, the canvas and its pixels; false: operators only
	Versions Versions        // of what runs
	Geometry canvas.Geometry // of the whole canvas
	Rate     float64         // pixels per second that one client address may write; 0: no limit
	Burst    int             // pixels it may write at once after a pause

	Proxies quota.Proxies // are trusted to name the client
	Public  *url.URL      // where browsers find the page; nil: where they ask
	Frames  []string      // origins whose pages may show the canvas in a frame; "*": all

	AdminTokens []string // any of them lets operators in; none: there is no dashboard. Sessions.UseTokens replaces them
	Apart       bool     // operators have a separate handler
}

// Validate says what is wrong and how to fix it.
func (c Config) Validate() error {
	switch {
	case c.Node == "":
		return fmt.Errorf("node: must not be empty, for example the host's name")
	case c.Rate < 0:
		return fmt.Errorf("rate %g: must be 0 (no limit) or more pixels per second, for example 200", c.Rate)
	case c.Rate > 0 && c.Burst < 1:
		return fmt.Errorf("burst %d: must be at least 1 pixel, for example 2000", c.Burst)
	}
	if err := admin.CheckTokens(c.AdminTokens); err != nil {
		return err
	}
	return c.Geometry.Validate()
}

// Ports is what the API needs from the rest of the pod.
type Ports struct {
	Canvas     Canvas
	Cluster    admin.Cluster
	Inspectors admin.Inspectors
	People     People // nil: nobody is anybody in particular
	Store      Store
	Record     history.Record             // nil: there is none
	Rules      *Rules                     // nil: nothing is ever decided here
	Templates  *templates.Follower        // nil: the server lists none
	Standing   Standing                   // nil: a pod that is alone, or without users, is as good as its store
	Pages      fs.FS                      // index.html and what it loads
	AdminPages fs.FS                      // the same for the dashboard, with login.html; nil: none
	Origin     func(r *http.Request) bool // whether a page of the request's Origin may use the API
	Foreign    func(r *http.Request) bool // whether it may only because any may; nil: never
	Draining   func() bool                // whether the pod is closing
	Sockets    *stats.Counters            // what transport counts
	Recording  func() error               // why this pod can't record what is drawn now; nil: it records nothing
	Counters   []metrics.Counter          // what else the metrics show, for example the store's own
	Now        func() time.Time           // nil: time.Now
	Log        *slog.Logger               // nil: none
}

// Time limits of one request. When the store fails, the actors refuse sooner. These limits keep
// anything else from hanging.
const (
	readTimeout  = 3500 * time.Millisecond // reading one region, which takes 3 s at the most, or asking for names
	placeTimeout = 15 * time.Second        // one op: longer than the actors' patience with a store
	pingTimeout  = time.Second             // asking the store for its health
)

// server is the state behind the Handler. All of it is set by New.
type server struct {
	Config
	Ports
	operators *admin.Handler
	slots     encodeSlots
	costs     *quota.Rates // units of work
	jobs      jobs
	images    images
	past      *history.History // nil: there is no record
	desk      *moderation.Desk // nil: there are no rules

	longUntil atomic.Int64            // until then the list of pixels is too long to be kept; Unix nanoseconds
	bodies    *quota.Shares           // bytes
	store     answer.Shared[error]    // of asking it
	stall     stall                   // of the store
	names     answer.Shared[[]string] // of this pod's users
	metrics   *metrics.Metrics
	served    map[string]answer.Methods // by path
}

// Handlers is what New makes.
type Handlers struct {
	All   http.Handler // everything but WebSockets
	Admin http.Handler // what is for operators, and health; nil: it is in All

	Sessions *admin.Sessions // of operators; other pods report sessions that have ended to it

	server *server // for tests
}

// New makes the handlers. It sets the observers of the canvas' Stats, and so must be called
// before the actors start. It starts nothing.
func New(cfg Config, ports Ports) (Handlers, error) {
	if ports.Now == nil {
		ports.Now = time.Now
	}
	if ports.Log == nil {
		ports.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{
		Config: cfg, Ports: ports, slots: newEncodeSlots(),
		costs: quota.NewRates(workRate, workBurst), jobs: newJobs(ports.Now), images: newImages(),
		bodies: quota.NewShares(networkBodies, allBodies), served: make(map[string]answer.Methods),
		store: answer.NewShared[error](), names: answer.NewShared[[]string](),
	}
	s.metrics = metrics.New(metrics.Source{
		Version: cfg.Versions.Program, Node: cfg.Node, Users: ports.Canvas.Users, Actors: ports.Canvas.Stats(), Sockets: ports.Sockets, More: ports.Counters,
	})

	if ports.Rules != nil {
		s.desk = s.newDesk()
	}
	all := http.NewServeMux()
	health := map[string]answer.Methods{"/healthz": {"GET": s.getAlive}, "/readyz": {"GET": s.getReady}}
	routes := maps.Clone(health)
	if cfg.Pages {
		if err := s.servePeople(all, routes); err != nil {
			return Handlers{}, err
		}
	}
	s.operators = s.newOperators()
	handlers := Handlers{Sessions: s.operators.Sessions(), server: s, All: answer.Patient(answer.Behind(cfg.Proxies, all))}
	if cfg.Apart {
		apart := http.NewServeMux()
		s.serveOperators(apart, health)
		s.handle(apart, health)
		handlers.Admin = answer.Patient(answer.Behind(cfg.Proxies, apart))
	} else {
		s.serveOperators(all, routes)
	}
	s.handle(all, routes)
	if cfg.Pages && ports.People != nil {
		for path, m := range s.peopleRoutes() {
			s.served[path] = m
			all.Handle(path, s.resource(path, m, false))
		}
	}
	return handlers, nil
}

// handle adds routes to a mux, and an answer for everything below /api that does not exist.
func (s *server) handle(mux *http.ServeMux, routes map[string]answer.Methods) {
	maps.Copy(s.served, routes)
	for path, m := range routes {
		mux.Handle(path, s.resource(path, m, true))
	}
	mux.Handle("/api", s.resource("/api", nil, true))
	mux.Handle("/api/", s.resource("/api", nil, true))
}

// newOperators makes what only operators use. In More is what the rest of the API has for them.
func (s *server) newOperators() *admin.Handler {
	more := make(map[string]answer.Methods)
	if s.Config.Pages {
		more["canvas.png"] = answer.Methods{"GET": s.getImage}
	}
	if s.Config.Pages && s.People != nil {
		maps.Copy(more, s.People.Operator())
	}
	if s.desk != nil {
		maps.Copy(more, s.desk.Operators())
	}
	var decide admin.Decider // nil: nothing is ever decided here
	if s.desk != nil {
		decide = s.desk
	}
	return admin.New(admin.Config{Node: s.Node, Geometry: s.Geometry, Tokens: s.AdminTokens}, admin.Ports{
		Decide:  decide,
		Cluster: s.Cluster, Inspectors: s.Inspectors, Pages: s.AdminPages, More: more, Answered: s.metrics.Answered, Now: s.Now, Log: s.Log,
	})
}

// serveOperators adds what only operators need.
func (s *server) serveOperators(mux *http.ServeMux, routes map[string]answer.Methods) {
	for _, path := range []string{"/admin", "/admin/", "/debug", "/debug/"} {
		mux.Handle(path, s.operators)
	}
	maps.Copy(routes, map[string]answer.Methods{
		"/metrics":     {"GET": s.metrics.ServeHTTP},
		"/api/cluster": {"GET": s.operators.ServeCluster},
	})
}

// servePeople adds what only a pod with users has.
func (s *server) servePeople(mux *http.ServeMux, routes map[string]answer.Methods) error {
	if s.Record != nil {
		s.past = s.newHistory()
	}
	pages, err := newPages(s.Ports.Pages, s.Ports.People, s.newPreviews(), s.Frames, s.Geometry)
	if err != nil {
		return err
	}
	mux.Handle("/", pages)
	for path, m := range s.past.Routes() {
		routes[path] = answer.Methods{"GET": s.watched(m["GET"])}
	}
	if s.desk != nil && s.People != nil {
		maps.Copy(routes, s.desk.Shared())
	}
	maps.Copy(routes, describe.Routes())
	if s.Templates != nil {
		routes["/api/templates"] = answer.Methods{"GET": s.watched(s.Templates.GetList)}
		routes["/api/templates/{picture}"] = answer.Methods{"GET": s.watched(s.Templates.GetPicture)}
	}
	maps.Copy(routes, map[string]answer.Methods{
		"/health":            {"GET": s.getHealth},
		"/api/canvas":        {"GET": s.watched(s.getCanvas)},
		"/api/canvas.png":    {"GET": s.watched(s.getImage)},
		"/api/pixel/{x}/{y}": {"GET": s.watched(s.getPixel)},
		"/api/pixel":         {"PUT": s.putPixel},
		"/api/pixels":        {"PUT": s.putPixels},
	})
	return nil
}

// resource is the handler for one path. It does what is the same for all paths, and answers
// errors as JSON. shared: pages of other origins that may use the API may use it.
func (s *server) resource(route string, m answer.Methods, shared bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &answer.Counted{ResponseWriter: w, Status: http.StatusOK}
		defer func() { s.metrics.Answered(route, counted.Status) }()
		w = counted

		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if shared {
			s.shareWith(w, r, m)
		}
		handle := m.For(r.Method)
		switch {
		case len(m) == 0:
			answer.Fail(w, http.StatusNotFound, "Not found")
		case handle != nil:
			handle(w, r)
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", m.Allow())
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", m.Allow())
			answer.Fail(w, http.StatusMethodNotAllowed, "Method not allowed")
		}
	})
}

// preflightAge is how long, in seconds, a browser may remember what shareWith allows. Two hours
// is Chromium's own upper bound.
const preflightAge = "7200"

// shareWith lets pages of allowed origins use the resource (CORS). For other pages it sets no
// such headers. Their browser then hides the answer from them, and asks before it would send a
// PUT.
func (s *server) shareWith(w http.ResponseWriter, r *http.Request, m answer.Methods) {
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !s.Origin(r) {
		return
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "ETag, Link, Retry-After, Allowance-Left, Allowance-Next")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", m.Allow())
		header.Set("Access-Control-Allow-Headers", "Content-Type")
		header.Set("Access-Control-Max-Age", preflightAge)
	}
}
