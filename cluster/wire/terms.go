package wire

import (
	"slices"

	"pixelplayground/actors/canvas"
)

// term is what a region must know of consecutive ops to decide whether to commit them. It forgets it then.
type term struct {
	ops     uint64 // how many in a row share it
	role    canvas.Role
	address canvas.Address
	since   uint64
	owner   canvas.Author
}

func termOf(op *canvas.Op) term { return term{1, op.Role, op.Address, op.Since, op.Owner} }

// sameTerm reports whether two terms are equal, whatever their number of ops.
func sameTerm(a, b term) bool {
	a.ops = b.ops
	return a == b
}

// terms passes the terms of ops that have been passed already. The list is empty if nothing is known.
func terms(p *packer, ops []canvas.Op) {
	var all []term
	if !p.reading && slices.ContainsFunc(ops, func(op canvas.Op) bool { return termOf(&op) != term{ops: 1} }) {
		for i := range ops {
			next := termOf(&ops[i])
			if n := len(all); n > 0 && sameTerm(all[n-1], next) {
				all[n-1].ops++
				continue
			}
			all = append(all, next)
		}
	}
	each(p, &all, func(p *packer, t *term) {
		defer p.end(p.group(5))
		number(p, &t.ops)
		number(p, &t.role)
		address(p, &t.address)
		number(p, &t.since)
		number(p, &t.owner)
	})
	if !p.reading || p.err != nil || len(all) == 0 {
		return
	}
	for _, t := range all {
		if t.ops > uint64(len(ops)) {
			p.fail("terms of more ops than there are")
			return
		}
		for i := range ops[:t.ops] {
			ops[i].Role, ops[i].Address, ops[i].Since, ops[i].Owner = t.role, t.address, t.since, t.owner
		}
		ops = ops[t.ops:]
	}
	if len(ops) > 0 {
		p.fail("no terms of %d ops", len(ops))
	}
}

// address passes the bytes of an address; none if it is not known.
func address(p *packer, v *canvas.Address) { fixed(p, "address", v[:]) }
