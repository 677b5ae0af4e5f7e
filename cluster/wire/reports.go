package wire

import "pixelplayground/actors"

// The fields of what inspectors ask and tell each other: see formOf.

func inspect(p *packer, m *actors.Inspect) {
	boolean(p, &m.Full)
	integer(p, &m.Connections)
	text(p, &m.Name)
	boolean(p, &m.History)
	boolean(p, &m.Brief)
}

func report(p *packer, m *actors.Report) {
	text(p, &m.Node)
	integer(p, &m.Uptime)
	integer(p, &m.Users)
	list(p, &m.Kinds, kindReport)
	list(p, &m.Regions, regionReport)
	integer(p, &m.Over)
	process(p, &m.Process)
	sockets(p, &m.Sockets)
	integer(p, &m.Pixels)
	spread(p, &m.Commit)
	spread(p, &m.PlaceToAck)
	text(p, &m.Store)
	list(p, &m.Viewers, integer)
	list(p, &m.Worst, connectionReport)
	list(p, &m.Events, event)
	list(p, &m.History, past)
	integer(p, &m.Placed)
}

func kindReport(p *packer, m *actors.KindReport) {
	group(p, 10, m, func(p *packer, m *actors.KindReport) {
		text(p, &m.Kind)
		integer(p, &m.Live)
		integer(p, &m.Messages)
		integer(p, &m.Unhandled)
		integer(p, &m.Restarts)
		integer(p, &m.DeadLetters)
		integer(p, &m.Recent)
		integer(p, &m.Deepest)
		integer(p, &m.DeepestP99)
		spread(p, &m.Took)
	})
}

func regionReport(p *packer, m *actors.RegionReport) {
	group(p, 8, m, func(p *packer, m *actors.RegionReport) {
		number(p, &m.Region)
		text(p, &m.State)
		number(p, &m.Epoch)
		number(p, &m.Seq)
		integer(p, &m.Relays)
		integer(p, &m.PendingOps)
		integer(p, &m.Pixels)
		spread(p, &m.Commit)
	})
}

func spread(p *packer, m *actors.Spread) {
	group(p, 2, m, func(p *packer, m *actors.Spread) {
		integer(p, &m.P50)
		integer(p, &m.P99)
	})
}

func process(p *packer, m *actors.Process) {
	group(p, 5, m, func(p *packer, m *actors.Process) {
		integer(p, &m.CPU)
		integer(p, &m.Memory)
		integer(p, &m.Heap)
		integer(p, &m.GCPause)
		integer(p, &m.Goroutines)
	})
}

func sockets(p *packer, m *actors.Sockets) {
	group(p, 3, m, func(p *packer, m *actors.Sockets) {
		integer(p, &m.Deliveries)
		integer(p, &m.MessagesIn)
		integer(p, &m.BytesOut)
	})
}

func connectionReport(p *packer, m *actors.ConnectionReport) {
	group(p, 10, m, func(p *packer, m *actors.ConnectionReport) {
		number(p, &m.Viewer)
		number(p, &m.User.Author)
		text(p, &m.User.Name)
		integer(p, &m.Since)
		integer(p, &m.In)
		integer(p, &m.Out)
		integer(p, &m.BytesOut)
		integer(p, &m.Over)
		integer(p, &m.Lag)
		integer(p, &m.Waiting)
	})
}

func event(p *packer, m *actors.Event) {
	group(p, 7, m, func(p *packer, m *actors.Event) {
		integer(p, &m.At)
		text(p, &m.Kind)
		text(p, &m.Node)
		text(p, &m.Text)
		integer(p, &m.Region)
		integer(p, &m.Duration)
		text(p, &m.Subject)
	})
}

func past(p *packer, m *actors.Past) {
	group(p, 6, m, func(p *packer, m *actors.Past) {
		integer(p, &m.At)
		integer(p, &m.PixelsIn)
		integer(p, &m.Deliveries)
		integer(p, &m.PlaceToAck)
		integer(p, &m.Connections)
		integer(p, &m.Memory)
	})
}

func listing(p *packer, m *actors.List) { text(p, &m.Kind) }

func listed(p *packer, m *actors.Listing) {
	list(p, &m.Actors, func(p *packer, m *actors.ActorReport) {
		group(p, 4, m, func(p *packer, m *actors.ActorReport) {
			text(p, &m.Actor)
			text(p, &m.State)
			integer(p, &m.Recent)
			integer(p, &m.Mailbox)
		})
	})
}

func look(p *packer, m *actors.DescribeActor) { text(p, &m.Actor) }

func view(p *packer, m *actors.ActorDetails) {
	text(p, &m.Actor)
	text(p, &m.State)
	integer(p, &m.Since)
	list(p, &m.Facts, func(p *packer, m *actors.Fact) {
		group(p, 2, m, func(p *packer, m *actors.Fact) {
			text(p, &m.Name)
			text(p, &m.Value)
		})
	})
	list(p, &m.Last, func(p *packer, m *actors.HandledReport) {
		group(p, 3, m, func(p *packer, m *actors.HandledReport) {
			text(p, &m.Type)
			integer(p, &m.At)
			integer(p, &m.Took)
		})
	})
}

func act(p *packer, m *actors.Act) {
	text(p, &m.Do)
	text(p, &m.Who)
	integer(p, &m.At)
	text(p, &m.Target)
	number(p, &m.Region)
	number(p, &m.Connection)
	text(p, &m.Text)
}

func acted(p *packer, m *actors.Acted) { text(p, &m.Error) }
