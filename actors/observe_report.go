package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// rollReport is the users of one pod as presence knows them.
type rollReport struct {
	Address string // of the pod
	Users   int
}

// reportState asks a region or presence; answered with RegionReport or []rollReport.
type reportState struct{}

// describeTimeout is how long a report waits for a region.
const describeTimeout = 500 * time.Millisecond

// report returns what every report has, a brief one without the regions.
func (n *Node) report(brief bool) *message.Report {
	stats := &n.stats
	report := &message.Report{Node: n.cfg.Node, Uptime: n.clock.Now().Sub(n.opened), Users: int(stats.Live[message.KindConnection].Load()), Store: n.storeMonitor.wrong()}
	for _, k := range message.Kinds() {
		report.Kinds = append(report.Kinds, message.KindReport{
			Kind: k.String(), Live: stats.Live[k].Load(), Messages: stats.Messages[k].Load(), Unhandled: stats.Unhandled[k].Load(),
			Restarts: stats.Restarts[k].Load(), DeadLetters: stats.DeadLetters[k].Load(),
		})
	}
	if brief {
		return report
	}
	futures := make([]*actor.Future, len(n.regions))
	for i, pid := range n.regions {
		futures[i] = n.system.Root.RequestFuture(pid, reportState{}, describeTimeout)
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

// complete adds the rest, from the samples at both ends of the last Span.
func (n *Node) complete(ctx context.Context, report *message.Report, m message.Inspect, first, last sample) {
	report.Over = last.at.Sub(first.at)
	report.Process = last.process
	report.Process.CPU -= first.process.CPU
	report.Sockets = message.Sockets{
		Deliveries: last.sockets.Deliveries - first.sockets.Deliveries,
		MessagesIn: last.sockets.MessagesIn - first.sockets.MessagesIn,
		BytesOut:   last.sockets.BytesOut - first.sockets.BytesOut,
	}
	report.Pixels, report.Placed = int(last.pixels-first.pixels), int(last.placed-first.placed)
	report.Commit, report.PlaceToAck = n.stats.commits.durations(), n.stats.acks.durations()
	report.Viewers, report.Events = n.host.Viewers(), n.events.all()
	deepest := n.observe.deepest()
	for k := range report.Kinds {
		w, r := &n.observe.watches[k], &report.Kinds[k]
		r.Recent = int(last.messages[k] - first.messages[k])
		r.Deepest, r.DeepestP99 = max(int(w.behind.quantile(1)), deepest[k]), int(w.behind.quantile(0.99))
		r.Took = w.took.durations()
	}
	report.Store = ""
	if err := n.store.Ping(ctx); err != nil {
		report.Store = err.Error()
	}
	report.Worst = n.worst(ctx, m)
}

// deepest returns the longest mailbox of each kind now, among the actors that have a trace.
func (o *observer) deepest() (longest [message.KindCount]int) {
	for _, t := range o.all() {
		longest[t.kind] = max(longest[t.kind], t.mailbox.UserMessageCount())
	}
	return longest
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
