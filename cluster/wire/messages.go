package wire

import (
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// The fields of each message, in the order in which they travel: see kinds for what may be changed.
// Their meaning is documented with their types, in actors.

func attach(p *packer, m *message.Attach) {
	number(p, &m.Stream)
	position(p, &m.Held)
	boolean(p, &m.Renews)
	number(p, &m.Submits)
	boolean(p, &m.Rests)
}

func submit(p *packer, m *message.Submit) {
	number(p, &m.Stream, &m.N)
	ops(p, &m.Ops)
	origins(p, m.Ops)
	each(p, &m.Again, func(p *packer, m *message.Again) {
		defer p.end(p.group(2))
		integer(p, &m.Op)
		number(p, &m.After)
	})
	users(p, m.Ops)
	provenance(p, m.Ops)
	terms(p, m.Ops)
}

func detach(*packer, *message.Detach) {}

func point(p *packer, m *message.Point) {
	each(p, &m.Moved, pointer)
	each(p, &m.Beckons, pointer)
}

func yield(p *packer, m *message.Yield) { integer(p, &m.N) }

func yielded(p *packer, m *message.Yielded) {
	integer(p, &m.N)
	boolean(p, &m.Served)
}

func attached(p *packer, m *message.Attached) {
	number(p, &m.Stream, &m.Answers)
	position(p, &m.Position)
	optional(p, &m.Base, snapshot)
	each(p, &m.Recent, pastBatch)
	boolean(p, &m.Rests)
	usersOfEach(p, m.Recent)
	provenanceOfEach(p, m.Recent)
}

func resting(p *packer, m *message.Resting) {
	number(p, &m.N)
	each(p, &m.Sums, func(p *packer, v *uint64) { number(p, v) })
}

func rested(p *packer, m *message.Rested) {
	number(p, &m.N, &m.Differ)
}

func committed(p *packer, m *message.Committed) {
	number(p, &m.Stream, &m.N)
	optional(p, &m.Batch, batch)
	each(p, &m.Acks, opID)
	keys(p, m.Acks)
	var ops []canvas.Op
	if m.Batch != nil {
		ops = m.Batch.Ops
	}
	users(p, ops)
	provenance(p, ops)
}

func rejected(p *packer, m *message.Rejected) {
	number(p, &m.Stream, &m.N)
	each(p, &m.Ops, opID)
	number(p, &m.Why)
	integer(p, &m.Retry)
	keys(p, m.Ops)
}

func lapsed(p *packer, m *message.Lapsed) { number(p, &m.Stream) }

func pointed(p *packer, m *message.Pointed) {
	each(p, &m.Moved, pointer)
	each(p, &m.Beckons, pointer)
}

func podUsers(p *packer, m *message.PodUsers) {
	number(p, &m.N)
	boolean(p, &m.Full, &m.More)
	each(p, &m.Joined, func(p *packer, m *message.Member) {
		defer p.end(p.group(3))
		number(p, &m.Viewer)
		number(p, &m.User.Author)
		text(p, &m.User.Name)
	})
	each(p, &m.Left, func(p *packer, v *canvas.ViewerID) { number(p, v) })
	number(p, &m.Shown)
	named(p, m.Joined)
}

// named passes when the members, who have been passed, gave their names, in a list that is empty if
// none is known.
func named(p *packer, members []message.Member) {
	var all []int64
	known := func(m message.Member) bool { return m.Named != 0 }
	if !p.reading && slices.ContainsFunc(members, known) {
		for i := range members {
			all = append(all, members[i].Named)
		}
	}
	each(p, &all, func(p *packer, v *int64) { integer(p, v) })
	if !p.reading || len(all) == 0 {
		return
	}
	if len(all) != len(members) {
		p.fail("names: %d times for %d users", len(all), len(members))
		return
	}
	for i := range members {
		members[i].Named = all[i]
	}
}

func check(p *packer, m *message.Check) { number(p, &m.Stream, &m.N) }

func checked(p *packer, m *message.Checked) {
	number(p, &m.Stream, &m.N, &m.Answers)
	position(p, &m.Position)
}

func salvage(p *packer, m *message.Salvage) { number(p, &m.N) }

func salvaged(p *packer, m *message.Salvaged) {
	number(p, &m.N)
	optional(p, &m.Base, snapshot)
	each(p, &m.Recent, pastBatch)
	usersOfEach(p, m.Recent)
	provenanceOfEach(p, m.Recent)
}

func resyncUsers(*packer, *message.ResyncUsers) {}

func shown(p *packer, m *message.Shown) {
	number(p, &m.N, &m.Counted)
	boolean(p, &m.Full, &m.Repeat)
	integer(p, &m.Count)
	each(p, &m.Joined, func(p *packer, m *canvas.User) {
		defer p.end(p.group(2))
		number(p, &m.Author)
		text(p, &m.Name)
	})
	each(p, &m.Left, func(p *packer, v *canvas.Author) { number(p, v) })
	integer(p, &m.People)
}

func position(p *packer, v *canvas.Position) { number(p, &v.Epoch, &v.Seq) }

// opID passes the parts of an id that earlier versions know: see keys.
func opID(p *packer, v *canvas.OpID) {
	defer p.end(p.group(2))
	number(p, &v.Author)
	number(p, &v.Num)
}

func pointer(p *packer, v *canvas.Pointer) {
	defer p.end(p.group(3))
	number(p, &v.Author)
	number(p, &v.X, &v.Y)
}

func snapshot(p *packer, v *canvas.Snapshot) {
	defer p.end(p.group(4))
	number(p, &v.Region)
	position(p, &v.Position)
	bin(p, &v.Tile)
}
