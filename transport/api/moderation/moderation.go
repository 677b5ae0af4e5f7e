// Package moderation is the HTTP side of the rules: what everybody may know of them, the acts of
// moderators, owners and operators, reports and who sees to them, masks, and what a rollback would do.
// It says who may do what, and bounds what is asked. What an act leads to is decided by package actors
// and actors/rules; who a request is from, by transport/auth; package api wires it.
package moderation

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/quota"
)

// Canvas holds the chain of acts; *actors.Node is one.
type Canvas interface {
	// Rules are those that this pod knows.
	Rules() *rules.Rules
	// Decide makes an act durable and returns when no pod commits any more what it forbids, or ctx ends:
	// then with the act, if that is durable. Errors about what makes no sense wrap rules.ErrInvalid.
	Decide(ctx context.Context, want rules.Act) (actors.Decided, error)
	// Acts are the acts as the store has them now, the last first: at most limit, before number before (0: all).
	Acts(ctx context.Context, before uint64, limit int) ([][]byte, error)
	// KnownActs are the same as the pod has them in memory.
	KnownActs(ctx context.Context, before uint64, limit int) ([][]byte, error)
}

// People are those who are connected to any pod.
type People interface {
	// Connected asks all gateways for the people who have a public id.
	Connected(ctx context.Context, user canvas.Author) ([]message.PersonReport, error)
}

// Record is what is asked of the record of everything that was drawn.
type Record interface {
	// Last lists what somebody has placed, the latest first: at most n pixels.
	Last(ctx context.Context, user canvas.Author, n int) ([]Pixel, error)
}

// Ports is what the routes need from the rest of the pod.
type Ports struct {
	Canvas    Canvas
	Documents store.Documents // masks and reports
	People    People
	Record    Record    // nil: there is none
	Rollbacks Rollbacks // nil: there is no record

	// Identify tells who a request to /api is from; nil: this pod serves operators only.
	Identify func(r *http.Request) (canvas.Person, *auth.Refusal)
	// Rank is the role that somebody's last sign-in gave them, be they connected or not; a guest's if that was below a moderator's, or
	// is not known. nil: nothing is known of anybody.
	Rank func(ctx context.Context, user canvas.Author) (canvas.Role, error)
	// Maker is the account that has made a bot's key; 0: none, or it is not known. nil: nothing is known of any.
	Maker func(ctx context.Context, bot canvas.Author) (canvas.Author, error)
	// Operator reports whether a request to /api shows an operator's token; nil: operators have an address of their own.
	Operator func(r *http.Request) bool
	// Body reads a request's body of at most so many bytes, or answers why it can't be read. free gives back the memory that it
	// takes, which is bounded for all and for each network.
	Body func(w http.ResponseWriter, r *http.Request, most int64) (body []byte, free func(), ok bool)
	// Around names what one stranger may have all of, an address included; nil: the network.
	Around func(from canvas.Address) canvas.NetworkID
	// Public is where browsers find the server; nil: where they ask.
	Public *url.URL

	Geometry canvas.Geometry
	Now      func() time.Time
	Log      *slog.Logger
}

// Desk answers for the routes.
type Desk struct {
	Ports
	origins  *http.CrossOriginProtection
	public   published
	acts     *authors                         // acts of each moderator
	asked    *authors                         // questions of each moderator that cost something
	by       *authors                         // reports, by subject
	written  *quota.Rates                     // reports, by network
	beside   *quota.RatesBy[canvas.NetworkID] // reports, by all that one stranger may have
	heard    *quota.RatesBy[struct{}]         // reports in all
	previews turns
	looks    turns // at what somebody drew
	reports  reports
	masks    *masks
	told     quota.Refusals
}

// New makes the routes. It starts nothing.
func New(ports Ports) *Desk {
	d := &Desk{
		Ports: ports, origins: http.NewCrossOriginProtection(), told: quota.NewRefusals(ports.Log, ports.Now),
		acts: perMinute(actsPerMinute, actsAtOnce), asked: perMinute(questionsPerMinute, questionsAtOnce), by: perMinute(reportsPerMinute, reportsAtOnce),
		written: quota.NewRates(networkReportsPerMinute/60.0, networkReportsAtOnce), heard: quota.NewRatesBy[struct{}](reportsPerSecond, allReportsAtOnce),
		beside:   quota.NewRatesBy[canvas.NetworkID](networkReportsPerMinute/60.0, networkReportsAtOnce),
		previews: make(turns, previewsAtOnce), looks: make(turns, looksAtOnce),
		reports: reports{docs: ports.Documents, now: ports.Now}, masks: newMasks(ports.Documents),
	}
	if ports.Public != nil {
		_ = d.origins.AddTrustedOrigin(ports.Public.Scheme + "://" + ports.Public.Host) // the proxy may have changed Host
	}
	return d
}

// Bounds of what one author may ask for.
const (
	actsPerMinute, actsAtOnce           = 60, 60
	questionsPerMinute, questionsAtOnce = 120, 60
	reportsPerMinute, reportsAtOnce     = 2, 5
	// A network's reports are those of all who share its address. An IPv6 /48 has no more: all its networks may be one stranger's.
	networkReportsPerMinute, networkReportsAtOnce = 20, 40
	// A pod takes so many in all: each reads the others.
	reportsPerSecond, allReportsAtOnce = 5, 50
	previewsAtOnce, looksAtOnce        = 2, 2 // of a pod
)

// turns bounds what goes on at the same time: it is full while as much does.
type turns chan struct{}

// take takes a turn, if there is one. Who has taken it gives it back.
func (t turns) take() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

func (t turns) give() { <-t }

// route is a resource and who may use it.
type route struct {
	path   string // below api/
	method string
	least  canvas.Role // moderators and above; else RoleGuest: anybody may
	shared bool        // pages of other origins may read it too
	handle handler
}

// handler answers a request of a caller who may ask for it.
type handler func(w http.ResponseWriter, r *http.Request, c caller)

// routes lists all of them. Whoever adds one says here who may use it.
func (d *Desk) routes() []route {
	const moderator = canvas.RoleModerator
	return []route{
		{path: "rules", method: "GET", shared: true, handle: d.getRules},
		{path: "rules/mask/{name}", method: "GET", shared: true, handle: d.getMask},
		{path: "reports", method: "POST", handle: d.postReport},
		{path: "acts", method: "POST", least: moderator, handle: d.deciding(d.postAct)},
		{path: "acts", method: "GET", least: moderator, handle: d.getActs},
		{path: "masks", method: "POST", least: moderator, handle: d.postMask},
		{path: "reports", method: "GET", least: moderator, handle: d.getReports},
		{path: "reports/resolve", method: "POST", least: moderator, handle: d.deciding(d.resolveReports)},
		{path: "reports/{id}/claim", method: "POST", least: moderator, handle: d.claimReport},
		{path: "reports/{id}/resolve", method: "POST", least: moderator, handle: d.deciding(d.resolveReport)},
		{path: "people/{user}", method: "GET", least: moderator, handle: d.getPerson},
		{path: "rollbacks/preview", method: "POST", least: moderator, handle: d.preview},
	}
}

// Routes are the resources below /api, for pages of this origin; Shared those that others may read too.
func (d *Desk) Routes() map[string]answer.Methods { return d.collect(false, d.byRequest) }

// Shared are the resources that pages of other origins may read.
func (d *Desk) Shared() map[string]answer.Methods { return d.collect(true, d.byRequest) }

func (d *Desk) collect(shared bool, wrap func(route) http.HandlerFunc) map[string]answer.Methods {
	all := make(map[string]answer.Methods)
	for _, one := range d.routes() {
		if one.shared != shared {
			continue
		}
		path := "/api/" + one.path
		if all[path] == nil {
			all[path] = make(answer.Methods)
		}
		all[path][one.method] = wrap(one)
	}
	return all
}

// Operators are all resources for operators, whoever lets them in, by what comes after /admin/api/.
func (d *Desk) Operators() map[string]answer.Methods {
	all := make(map[string]answer.Methods)
	for _, one := range d.routes() {
		if all[one.path] == nil {
			all[one.path] = make(answer.Methods)
		}
		all[one.path][one.method] = func(w http.ResponseWriter, r *http.Request) { one.handle(w, r, operatorOf(r, viaDashboard)) }
	}
	return all
}
