package actors

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/allowances"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/regions"
	"pixelplayground/actors/telemetry"
)

// inspector answers for the pod's actors: how many there are, what they do, and how each region is.
// It counts restarts and dead letters as they happen, and samples the counters once a second. It
// asks the regions only when it is asked itself. It also has done on this pod what operators ask
// for, and takes what other pods ask about all resting relays at once.
type inspector struct {
	pod         *Node
	unsubscribe func()
	samples     telemetry.Samples
}

// tick comes once a second.
type tick struct{ of *inspector }

const tickEvery = time.Second

func (i *inspector) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Started:
		i.pod.stats.Live[message.KindInspector].Add(1)
		i.watch(ctx)
		i.tick(ctx)
	case *actor.Restarting, *actor.Stopped:
		i.pod.stats.Live[message.KindInspector].Add(-1)
		i.unsubscribe()
	case *actor.Stopping:
	case tick:
		if m.of == i {
			i.tick(ctx)
		}
	case *message.Resting:
		i.pod.rests.onResting(ctx, m)
	case *message.Rested:
		i.pod.rests.onRested(ctx, m)
	case *message.Inspect:
		i.inspect(ctx, *m)
	case *message.List:
		i.answer(ctx, func(c context.Context) any { return i.pod.list(c, m.Kind) })
	case *message.DescribeActor:
		i.answer(ctx, func(c context.Context) any { return i.pod.describeActor(c, m.Actor) })
	case *message.Act:
		i.answer(ctx, func(c context.Context) any { return i.pod.act(c, *m) })
	case *telemetry.Describe:
		telemetry.Description{State: "live", Facts: i.samples.Describe()}.Answer(ctx)
	default:
		i.pod.unhandled(message.KindInspector, m)
	}
}

// watch counts the failures that the actor system reports.
func (i *inspector) watch(ctx actor.Context) {
	stream := ctx.ActorSystem().EventStream
	subscription := stream.Subscribe(func(event any) {
		switch e := event.(type) {
		case *actor.DeadLetterEvent:
			i.pod.stats.CountLost(e.PID.Id)
		case *actor.SupervisorEvent:
			kind, _ := message.KindOf(e.Child.Id) // ours have no other children
			i.pod.stats.Restarts[kind].Add(1)
			i.pod.log.Error("actor failed", "kind", kind.String(), "actor", e.Child.Id, "reason", e.Reason, "directive", e.Directive.String())
			i.pod.events.Note(message.Event{Kind: message.EventRestarted, Region: message.NoRegion, Text: fmt.Sprintf("%s failed: %v", e.Child.Id, e.Reason)})
		}
	})
	i.unsubscribe = func() { stream.Unsubscribe(subscription) }
}

// tick samples the counters, and sets how many messages are timed.
func (i *inspector) tick(ctx actor.Context) {
	i.pod.later(ctx, tickEvery, tick{i})
	now := i.pod.clock.Now()
	i.pod.stats.Advance(now)
	i.pod.observe.Advance(now)
	i.samples.Add(i.pod.stats.Sample(now, i.pod.host.Process(), i.pod.host.Sockets()))
	recent := i.samples.Recent()
	for _, kind := range message.Kinds() {
		i.pod.observe.Pace(kind, recent.PerSecond(kind))
	}
}

// inspect gathers the report in the background, since it waits for the regions.
func (i *inspector) inspect(ctx actor.Context, m message.Inspect) {
	recent := i.samples.Recent()
	var history []message.Past
	if m.History {
		history = i.samples.History()
	}
	i.answer(ctx, func(c context.Context) any {
		report := i.pod.report(m.Brief)
		if m.Full {
			i.pod.complete(c, report, m, recent)
			report.History = history
		}
		report.People, report.MorePeople = i.pod.people(c, m.People)
		return report
	})
}

// answer runs f in the background for a question that the inspector can't answer by itself, and
// sends the asker the answer.
func (i *inspector) answer(ctx actor.Context, f func(context.Context) any) {
	asker, system := ctx.Sender(), ctx.ActorSystem()
	i.pod.background(func(c context.Context) {
		c, cancel := context.WithTimeout(c, answerTimeout)
		defer cancel()
		system.Root.Send(asker, f(c))
	})
}

// answerTimeout bounds what an answer may wait for. The asker waits a little longer.
const answerTimeout = 700 * time.Millisecond

// describeTimeout is how long a report waits for a region.
const describeTimeout = 500 * time.Millisecond

// report returns what every report has, a brief one without the regions.
func (n *Node) report(brief bool) *message.Report {
	report := &message.Report{
		Node: n.cfg.Node, Uptime: n.clock.Now().Sub(n.opened), Users: int(n.stats.Live[message.KindConnection].Load()),
		Store: n.storeTrouble(), Kinds: n.stats.Kinds(),
	}
	if brief {
		return report
	}
	futures := make([]*actor.Future, len(n.regions))
	for i, pid := range n.regions {
		futures[i] = n.system.Root.RequestFuture(pid, regions.ReportState{}, describeTimeout)
	}
	for _, f := range futures {
		if answer, err := f.Result(); err == nil {
			if r, ok := answer.(message.RegionReport); ok && r.State != "dormant" {
				report.Regions = append(report.Regions, r)
			}
		}
	}
	return report
}

// complete adds the rest, from what has been counted recently.
func (n *Node) complete(ctx context.Context, report *message.Report, m message.Inspect, recent telemetry.Recent) {
	report.Over, report.Process, report.Sockets = recent.Over, recent.Process, recent.Sockets
	report.Pixels, report.Placed = recent.Pixels, recent.Placed
	report.Commit, report.PlaceToAck = n.stats.CommitTimes(), n.stats.AckTimes()
	report.Viewers, report.Events = n.host.Viewers(), n.events.All()
	for k := range report.Kinds {
		report.Kinds[k].Recent = int(recent.Messages[k])
	}
	n.observe.Complete(report.Kinds)
	report.Store = ""
	if err := n.store.Ping(ctx); err != nil {
		report.Store = err.Error()
	}
	report.Worst = n.worst(ctx, m)
}

// worst returns the connections asked for, with their names.
func (n *Node) worst(ctx context.Context, m message.Inspect) []message.ConnectionReport {
	if n.roster == nil || m.Connections == 0 {
		return nil
	}
	var only []canvas.ViewerID
	if m.Name != "" {
		for _, member := range n.who(ctx, who{name: m.Name, most: m.Connections}) {
			only = append(only, member.Viewer)
		}
		if len(only) == 0 {
			return nil
		}
	}
	list := n.host.Connections(ctx, m.Connections, only)
	viewers := make([]canvas.ViewerID, len(list))
	for i := range list {
		viewers[i] = list[i].Viewer
	}
	users := make(map[canvas.ViewerID]canvas.User, len(list))
	for _, member := range n.who(ctx, who{viewers: viewers}) {
		users[member.Viewer] = member.User
	}
	for i := range list {
		list[i].User = users[list[i].Viewer]
	}
	return list
}

// storeTrouble returns what is wrong with the store, as far as is known without asking it; "":
// nothing.
func (n *Node) storeTrouble() string {
	trouble := n.storeMonitor.Trouble()
	if trouble == nil {
		trouble = n.outage.Trouble()
	}
	if trouble == nil {
		return ""
	}
	return trouble.Error()
}

const (
	// listedActors bounds a Listing.
	listedActors = 500
	// lookTimeout is how long an actor has to describe itself.
	lookTimeout = 300 * time.Millisecond
	// silent is the state of an actor that did not.
	silent = "does not answer"
)

// list returns the actors of a kind.
func (n *Node) list(ctx context.Context, kind string) *message.Listing {
	if kind == message.KindConnection.String() {
		return n.listConnections(ctx)
	}
	listing := &message.Listing{}
	for _, t := range n.observe.Traces() {
		if t.Kind.String() == kind {
			listing.Actors = append(listing.Actors, message.ActorReport{Actor: t.ID, State: silent, Recent: t.Lately(), Mailbox: t.Waiting()})
		}
	}
	slices.SortStableFunc(listing.Actors, func(a, b message.ActorReport) int {
		return cmp.Or(cmp.Compare(b.Recent, a.Recent), cmp.Compare(b.Mailbox, a.Mailbox))
	})
	if kind == message.KindAllowance.String() {
		listing.Actors = append(listing.Actors, n.allowancesInUse(ctx)...)
	}
	listing.Actors = listing.Actors[:min(len(listing.Actors), listedActors)]
	futures := make([]*actor.Future, len(listing.Actors))
	for i, a := range listing.Actors {
		futures[i] = n.system.Root.RequestFuture(n.system.NewLocalPID(a.Actor), &telemetry.Describe{}, lookTimeout)
	}
	for i, f := range futures {
		if answer, err := f.Result(); err == nil {
			if l, ok := answer.(telemetry.Description); ok {
				listing.Actors[i].State = l.State
			}
		}
	}
	return listing
}

// listConnections takes what transport knows of the connections, so that no connection is
// disturbed.
func (n *Node) listConnections(ctx context.Context) *message.Listing {
	listing := &message.Listing{}
	for _, c := range n.host.Connections(ctx, listedActors, nil) {
		state := "live"
		if c.Lag > 0 {
			state = "behind"
		}
		listing.Actors = append(listing.Actors, message.ActorReport{
			Actor: connectionName(c.Viewer), State: state, Recent: perSpan(c.In, c.Over), Mailbox: c.Waiting,
		})
	}
	return listing
}

// allowancesInUse lists the allowances that the front has started. They have no traces.
func (n *Node) allowancesInUse(ctx context.Context) (list []message.ActorReport) {
	answer, _ := n.ask(ctx, n.allowances, allowances.List{Most: listedActors})
	subjects, _ := answer.([]canvas.Subject)
	for _, s := range subjects {
		list = append(list, message.ActorReport{Actor: message.AllowancePath(s), State: silent})
	}
	return list
}

// perSpan converts a count over some time to one over a Span.
func perSpan(n int, over time.Duration) int {
	return int(int64(n) * int64(message.Span) / max(int64(over), int64(time.Second)))
}

// describeActor describes the actor with a name. If it has a trace, it need not answer itself.
func (n *Node) describeActor(ctx context.Context, name string) *message.ActorDetails {
	t := n.observe.Find(name)
	_, allowance := message.AllowanceOf(name)
	if t == nil && !allowance && !strings.HasPrefix(name, message.KindConnection.String()+"/") {
		return &message.ActorDetails{}
	}
	l := &telemetry.Describe{Near: true, Now: n.clock.Now()}
	answer, err := n.system.Root.RequestFuture(n.system.NewLocalPID(name), l, lookTimeout).Result()
	view := &message.ActorDetails{Actor: name, State: silent}
	if told, ok := answer.(telemetry.Description); ok && err == nil {
		view.State, view.Facts, view.Last = told.State, told.Facts, l.Last
	} else if t == nil {
		return &message.ActorDetails{}
	}
	if t == nil {
		view.Since = n.opening(ctx, name)
	} else {
		view.Since, view.Last = t.Started.UnixMilli(), t.History(n.clock.Now())
	}
	return view
}

// opening returns when a connection was opened, in Unix milliseconds; 0: that is not known.
func (n *Node) opening(ctx context.Context, name string) int64 {
	number, _ := strings.CutPrefix(name, message.KindConnection.String()+"/")
	viewer, err := strconv.ParseUint(number, 36, 64)
	if err != nil {
		return 0
	}
	for _, c := range n.host.Connections(ctx, 1, []canvas.ViewerID{canvas.ViewerID(viewer)}) {
		return c.Since
	}
	return 0
}

// act carries out on this pod what an operator asked for, and notes who that was.
func (n *Node) act(ctx context.Context, act message.Act) *message.Acted {
	acted := &message.Acted{}
	err := n.host.Act(ctx, act)
	if err != nil {
		acted.Error = err.Error()
	}
	if act.Do != message.ActVouch && act.Do != message.ActEndLogin { // a pod asks these, not an operator
		n.NoteAct(act, err)
	}
	return acted
}

// namedViewers bounds how many viewers are looked for by their name.
const namedViewers = 1000

// people returns the people asked for, with the names that they have given themselves.
func (n *Node) people(ctx context.Context, m message.AskPeople) ([]message.PersonReport, bool) {
	if n.roster == nil || m.Most == 0 {
		return nil, false
	}
	var named []canvas.ViewerID
	if m.Search != "" {
		for _, member := range n.who(ctx, who{name: m.Search, most: namedViewers}) {
			named = append(named, member.Viewer)
		}
	}
	list, more := n.host.People(ctx, m, named)
	viewers := make([]canvas.ViewerID, len(list))
	for i := range list {
		viewers[i] = list[i].Viewer
	}
	names := make(map[canvas.ViewerID]string, len(list))
	for _, member := range n.who(ctx, who{viewers: viewers}) {
		names[member.Viewer] = member.User.Name
	}
	var asking sync.WaitGroup
	for i := range list {
		if list[i].Name == "" {
			list[i].Name = names[list[i].Viewer]
		}
		asking.Go(func() { n.addAllowance(ctx, &list[i]) })
	}
	asking.Wait()
	return list, more
}

// addAllowance adds what is left of a person's allowance, if its owner says so in time.
func (n *Node) addAllowance(ctx context.Context, p *message.PersonReport) {
	subject, err := hex.DecodeString(p.Subject)
	if err != nil || len(subject) != len(canvas.Subject{}) || p.Every == 0 {
		return
	}
	left, limited, err := n.Left(ctx, canvas.Person{Subject: canvas.Subject(subject), Pace: p.Pace})
	if err != nil || !limited {
		return
	}
	p.Known, p.Left = true, left.Pixels
	if !left.Next.IsZero() {
		p.Next = left.Next.UnixMilli()
	}
}
