package wire

import (
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// The fields of what inspectors ask and tell each other, as in messages.go.

func inspect(p *packer, m *message.Inspect) {
	boolean(p, &m.Full)
	integer(p, &m.Connections)
	text(p, &m.Name)
	boolean(p, &m.History, &m.Brief)
	integer(p, &m.People.Most)
	text(p, &m.People.Search)
	boolean(p, &m.People.Addresses)
}

func report(p *packer, m *message.Report) {
	text(p, &m.Node)
	integer(p, &m.Uptime)
	integer(p, &m.Users)
	each(p, &m.Kinds, kindReport)
	each(p, &m.Regions, regionReport)
	integer(p, &m.Over)
	process(p, &m.Process)
	sockets(p, &m.Sockets)
	integer(p, &m.Pixels)
	spread(p, &m.Commit)
	spread(p, &m.PlaceToAck)
	text(p, &m.Store)
	each(p, &m.Viewers, func(p *packer, n *int) { integer(p, n) })
	each(p, &m.Worst, connectionReport)
	each(p, &m.Events, event)
	each(p, &m.History, past)
	integer(p, &m.Placed)
	each(p, &m.People, personReport)
	boolean(p, &m.MorePeople)
	froms(p, m.People)
}

// froms is the network of each person, beside the others because groups don't grow.
func froms(p *packer, people []message.PersonReport) {
	all := make([]canvas.NetworkID, len(people))
	for i := range people {
		all[i] = people[i].From
	}
	each(p, &all, func(p *packer, n *canvas.NetworkID) { number(p, n) })
	for i := range min(len(all), len(people)) {
		people[i].From = all[i]
	}
}

func personReport(p *packer, m *message.PersonReport) {
	defer p.end(p.group(14))
	text(p, &m.Subject)
	number(p, &m.User)
	text(p, &m.Kind, &m.Role, &m.Name, &m.Network)
	integer(p, &m.Connections)
	integer(p, &m.Since)
	number(p, &m.Viewer)
	integer(p, &m.Every)
	integer(p, &m.Burst)
	boolean(p, &m.Known)
	integer(p, &m.Left)
	integer(p, &m.Next)
}

func kindReport(p *packer, m *message.KindReport) {
	defer p.end(p.group(10))
	text(p, &m.Kind)
	integer(p, &m.Live, &m.Messages, &m.Unhandled, &m.Restarts, &m.DeadLetters)
	integer(p, &m.Recent, &m.Deepest, &m.DeepestP99)
	spread(p, &m.Took)
}

func regionReport(p *packer, m *message.RegionReport) {
	defer p.end(p.group(8))
	number(p, &m.Region)
	text(p, &m.State)
	number(p, &m.Epoch, &m.Seq)
	integer(p, &m.Relays, &m.PendingOps, &m.Pixels)
	spread(p, &m.Commit)
}

func spread(p *packer, m *message.Spread) {
	defer p.end(p.group(2))
	integer(p, &m.P50, &m.P99)
}

func process(p *packer, m *message.Process) {
	defer p.end(p.group(5))
	integer(p, &m.CPU)
	integer(p, &m.Memory, &m.Heap)
	integer(p, &m.GCPause)
	integer(p, &m.Goroutines)
}

func sockets(p *packer, m *message.Sockets) {
	defer p.end(p.group(3))
	integer(p, &m.Deliveries, &m.MessagesIn, &m.BytesOut)
}

func connectionReport(p *packer, m *message.ConnectionReport) {
	defer p.end(p.group(10))
	number(p, &m.Viewer)
	number(p, &m.User.Author)
	text(p, &m.User.Name)
	integer(p, &m.Since)
	integer(p, &m.In, &m.Out, &m.BytesOut)
	integer(p, &m.Over, &m.Lag)
	integer(p, &m.Waiting)
}

func event(p *packer, m *message.Event) {
	defer p.end(p.group(7))
	integer(p, &m.At)
	text(p, &m.Kind, &m.Node, &m.Text)
	integer(p, &m.Region)
	integer(p, &m.Duration)
	text(p, &m.Subject)
}

func past(p *packer, m *message.Past) {
	defer p.end(p.group(6))
	integer(p, &m.At)
	integer(p, &m.PixelsIn, &m.Deliveries)
	integer(p, &m.PlaceToAck)
	integer(p, &m.Connections, &m.Memory)
}

func list(p *packer, m *message.List) { text(p, &m.Kind) }

func listing(p *packer, m *message.Listing) {
	each(p, &m.Actors, func(p *packer, m *message.ActorReport) {
		defer p.end(p.group(4))
		text(p, &m.Actor, &m.State)
		integer(p, &m.Recent, &m.Mailbox)
	})
}

func describeActor(p *packer, m *message.DescribeActor) { text(p, &m.Actor) }

func actorDetails(p *packer, m *message.ActorDetails) {
	text(p, &m.Actor, &m.State)
	integer(p, &m.Since)
	each(p, &m.Facts, func(p *packer, m *message.Fact) {
		defer p.end(p.group(2))
		text(p, &m.Name, &m.Value)
	})
	each(p, &m.Last, func(p *packer, m *message.HandledReport) {
		defer p.end(p.group(3))
		text(p, &m.Type)
		integer(p, &m.At)
		integer(p, &m.Took)
	})
}

func act(p *packer, m *message.Act) {
	text(p, &m.Do, &m.Who)
	integer(p, &m.At)
	text(p, &m.Target)
	number(p, &m.Region)
	number(p, &m.Connection)
	text(p, &m.Text)
}

func acted(p *packer, m *message.Acted) { text(p, &m.Error) }
