package wire

import (
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// The fields of messages about allowances, as in messages.go.

func lease(p *packer, m *message.Lease) {
	subject(p, &m.Subject, &m.Network)
	number(p, &m.N)
	limit(p, &m.Limit)
	integer(p, &m.Least, &m.Want, &m.Unused)
	boolean(p, &m.Watch)
}

func leased(p *packer, m *message.Leased) {
	subject(p, &m.Subject)
	number(p, &m.N)
	integer(p, &m.Pixels)
	integer(p, &m.Full)
	integer(p, &m.Wait)
	number(p, &m.Not)
}

func unspent(p *packer, m *message.Unspent) {
	subject(p, &m.Subject)
	limit(p, &m.Limit)
	integer(p, &m.Pixels)
}

func yieldAllowance(p *packer, m *message.YieldAllowance) {
	subject(p, &m.Subject)
	number(p, &m.N)
}

func allowanceYielded(p *packer, m *message.AllowanceYielded) {
	subject(p, &m.Subject)
	number(p, &m.N)
	boolean(p, &m.Known)
	integer(p, &m.Full)
	integer(p, &m.Floor)
}

func moveAllowance(p *packer, m *message.MoveAllowance) {
	subject(p, &m.Subject, &m.Network)
	number(p, &m.N)
	integer(p, &m.Full)
	limit(p, &m.Limit)
}

func allowanceMoved(p *packer, m *message.AllowanceMoved) {
	subject(p, &m.Subject)
	number(p, &m.N)
}

func allowancesLeft(*packer, *message.AllowancesLeft) {}

func limit(p *packer, v *canvas.Limit) {
	defer p.end(p.group(2))
	integer(p, &v.Every)
	integer(p, &v.Burst)
}

// subject passes the bytes of subjects; nobody's is empty.
func subject(p *packer, vs ...*canvas.Subject) {
	for _, v := range vs {
		fixed(p, "subject", v[:])
	}
}

// fixed passes an array of bytes. If all are zero, it passes no bytes.
func fixed(p *packer, what string, v []byte) {
	var b []byte
	if !p.reading && slices.ContainsFunc(v, func(b byte) bool { return b != 0 }) {
		b = v
	}
	bin(p, &b)
	switch {
	case !p.reading || len(b) == 0:
	case len(b) != len(v):
		p.fail("%s: %d bytes", what, len(b))
	default:
		copy(v, b)
	}
}
