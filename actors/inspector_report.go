package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/actors/telemetry"
)

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
		trouble = n.outage.trouble()
	}
	if trouble == nil {
		return ""
	}
	return trouble.Error()
}
