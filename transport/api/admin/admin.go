// Package admin is what only operators see and do over HTTP: the dashboard with its questions and
// acts, the profiler, and how an operator logs in. It also knows how the pods of a cluster are asked
// about themselves.
package admin

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/transport/api/answer"
)

// Inspectors is the way to the inspectors of all pods, by the pods' addresses.
// *actors.Node is one.
type Inspectors interface {
	// Survey asks several pods at once. The report of a pod that did not answer before ctx ended
	// is nil.
	Survey(ctx context.Context, addresses []string, question message.Inspect) []*message.Report
	// List, Describe and Act ask one pod. Errors are for the operator; actors.ErrSilent: no answer.
	List(ctx context.Context, address, kind string) (*message.Listing, error)
	Describe(ctx context.Context, address, name string) (*message.ActorDetails, error)
	Act(ctx context.Context, address string, act message.Act) error
	// NoteAct logs and remembers what was asked of a pod.
	NoteAct(act message.Act, err error)
}

// Decider puts what operators do into the chain of acts.
type Decider interface {
	// Operate notes what an operator does to servers, connections or keys.
	Operate(ctx context.Context, r *http.Request, text string) error
	// Announce shows a line to everybody, through all pods that know of acts. missing are those that have not said so.
	Announce(ctx context.Context, r *http.Request, text string) (missing []string, err error)
}

// Config is what an operator may choose about the dashboard.
type Config struct {
	Node     string          // this pod's name
	Geometry canvas.Geometry // of the whole canvas
	Tokens   []string        // any of them lets operators in; none: there is no dashboard. Sessions.UseTokens replaces them
}

// Ports is what the dashboard needs from the rest of the pod. None may be nil, except where that is
// said.
type Ports struct {
	Cluster    Cluster
	Inspectors Inspectors
	Pages      fs.FS                          // the dashboard's files, with login.html; nil: none
	More       map[string]answer.Methods      // what others answer for operators, by what comes after /admin/api/
	Decide     Decider                        // nil: nothing is ever decided here
	Answered   func(route string, status int) // counts answers
	Now        func() time.Time
	Log        *slog.Logger
}

// pagePolicy restricts the operator's page to its own files, and keeps it out of other sites'
// frames.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// isOff is the answer while the dashboard is off.
const isOff = "The admin dashboard is off. Start the server with a token of at least 16 characters to turn it on: --admin-token, or PLAYGROUND_ADMIN_TOKEN in the environment."

// Handler is what only an operator may see and do: the dashboard, its questions and acts, and the
// profiler. Everything below /admin and /debug goes through guard.
type Handler struct {
	Config
	Ports
	sessions *Sessions
	attempts *attempts
	origins  *http.CrossOriginProtection
	pages    *pages // nil: there are none
	routes   map[string]answer.Methods
	patterns *http.ServeMux // routes whose path has parameters
	gathered gathered
	seen     answer.Shared[clusterSeen] // of asking all pods for ServeCluster
}

// New makes the handler. It starts nothing.
func New(cfg Config, ports Ports) *Handler {
	a := &Handler{
		Config: cfg, Ports: ports, sessions: newSessions(cfg.Tokens, ports.Now), attempts: newAttempts(ports.Log, ports.Now),
		pages: newPages(ports.Pages), origins: http.NewCrossOriginProtection(), seen: answer.NewShared[clusterSeen](),
	}
	a.routes = map[string]answer.Methods{
		"/admin":                 {"GET": toFolder},
		"/admin/login":           {"POST": a.login},
		"/admin/logout":          {"POST": a.logout},
		"/admin/api/state":       {"GET": a.getState},
		"/admin/api/connections": {"GET": a.getConnections},
		"/admin/api/people":      {"GET": a.getPeople},
		"/admin/api/dismiss":     {"POST": a.dismiss},
		"/admin/api/actors":      {"GET": a.getActors},
		"/admin/api/actor":       {"GET": a.getActor},
		"/admin/api/drain":       {"POST": a.drain},
		"/admin/api/handover":    {"POST": a.handOver},
		"/admin/api/disconnect":  {"POST": a.disconnect},
		"/admin/api/announce":    {"POST": a.announce},
		"/debug/pprof/":          {"GET": unhurried(pprof.Index)},
		"/debug/pprof/cmdline":   {"GET": pprof.Cmdline},
		"/debug/pprof/profile":   {"GET": unhurried(pprof.Profile)},
		"/debug/pprof/symbol":    {"GET": pprof.Symbol, "POST": pprof.Symbol},
		"/debug/pprof/trace":     {"GET": unhurried(pprof.Trace)},
	}
	a.patterns = http.NewServeMux()
	for path, m := range ports.More {
		if path = "/admin/api/" + path; strings.Contains(path, "{") {
			a.patterns.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { serve(w, r, m) })
		} else {
			a.routes[path] = m
		}
	}
	a.addPages()
	return a
}

// Sessions are the sessions of operators, which other pods and the settings change too.
func (a *Handler) Sessions() *Sessions { return a.sessions }

// openPaths are the paths that need no login: the login form, what leads to it, and what it loads.
func openPaths() []string {
	return []string{"/admin", "/admin/login", "/admin/css/tokens.css", "/admin/css/login.css", "/admin/favicon.svg"}
}

// ServeHTTP answers for everything below /admin and /debug.
func (a *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	counted := &answer.Counted{ResponseWriter: w, Status: http.StatusOK}
	defer func() { a.Answered("/"+strings.SplitN(r.URL.Path, "/", 3)[1], counted.Status) }()
	w = counted

	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", pagePolicy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	if len(a.Tokens) == 0 {
		http.Error(w, isOff, http.StatusNotFound)
		return
	}
	if !a.guard(w, r) {
		return
	}
	if profiler, ok := strings.CutPrefix(r.URL.Path, "/admin/debug/"); ok { // browsers send the cookie only below /admin
		r.URL.Path = "/debug/" + profiler
	}
	m, ok := a.routes[r.URL.Path]
	if !ok && a.pages != nil && strings.HasPrefix(r.URL.Path, bundles) {
		ok, m = true, answer.Methods{"GET": a.bundledFile}
	}
	if !ok && strings.HasPrefix(r.URL.Path, "/debug/pprof/") { // a profile by its name
		ok, m = true, answer.Methods{"GET": unhurried(pprof.Index)}
	}
	if _, pattern := a.patterns.Handler(r); !ok && pattern != "" {
		a.patterns.ServeHTTP(w, r)
		return
	}
	if !ok {
		answer.Fail(w, http.StatusNotFound, "Not found")
		return
	}
	serve(w, r, m)
}

// serve answers with what a resource has for the method.
func serve(w http.ResponseWriter, r *http.Request, m answer.Methods) {
	handle := m.For(r.Method)
	if handle == nil {
		w.Header().Set("Allow", m.Allow())
		answer.Fail(w, http.StatusMethodNotAllowed, "Method not allowed")
		return
	}
	handle(w, r)
}

// guard reports whether a request may pass: an operator's, or anybody's for openPaths. It
// answers all others.
func (a *Handler) guard(w http.ResponseWriter, r *http.Request) bool {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if a.origins.Check(r) != nil {
		answer.Fail(w, http.StatusForbidden, "This request came from another site")
		return false
	}
	if slices.Contains(openPaths(), r.URL.Path) {
		return true
	}
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case bearer:
		return a.admitBearer(w, r, token)
	case !a.loggedIn(r):
		if reads && r.URL.Path == "/admin/" {
			a.loginInstead(w)
		} else {
			answer.Fail(w, http.StatusUnauthorized, "Log in at admin/login")
		}
		return false
	case !reads && r.Header.Get(intentHeader) != "1":
		// No other site can make a browser send this header without a preflight request.
		answer.Fail(w, http.StatusForbidden, "The header "+intentHeader+": 1 is missing")
		return false
	}
	return true
}

const intentHeader = "X-Playground-Admin"

// admitBearer is for scripts, which send the token with every request.
func (a *Handler) admitBearer(w http.ResponseWriter, r *http.Request, token string) bool {
	switch {
	case a.sessions.holder(token) != nil:
		return true
	case a.attempts.failed(r, a.Now()):
		answer.RetryAfter(w, attemptEvery)
		answer.Fail(w, http.StatusTooManyRequests, "Too many wrong tokens")
	default:
		answer.Fail(w, http.StatusUnauthorized, "That is not the token")
	}
	return false
}

// toFolder redirects to /admin/, where the page's relative addresses are right. The redirect is
// relative, so that it works below any path under which a proxy serves this server.
func toFolder(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Location", "admin/")
	w.WriteHeader(http.StatusSeeOther)
	_, _ = w.Write([]byte(`<a href="admin/">The dashboard</a>`))
}

// profilePatience is how long a profile may take to be written. By default the profiler itself
// takes 30 s.
const profilePatience = 2 * time.Minute

func unhurried(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(profilePatience))
		handle(w, r)
	}
}

// memberOf finds a pod by its id, or answers that there is none.
func (a *Handler) memberOf(w http.ResponseWriter, id string) (Member, bool) {
	for _, m := range a.Cluster.Members() {
		if m.ID == id {
			return m, true
		}
	}
	answer.Fail(w, http.StatusNotFound, "No pod has this id: it may have left")
	return Member{}, false
}

// unanswered tells the operator why a pod did not do what was asked.
func unanswered(w http.ResponseWriter, err error) {
	if errors.Is(err, actors.ErrSilent) {
		answer.Fail(w, http.StatusGatewayTimeout, actors.ErrSilent.Error())
		return
	}
	answer.Fail(w, http.StatusConflict, err.Error())
}
