package rules

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"pixelplayground/actors/canvas"
)

// targets are those whom acts of one kind are about. Of several acts about the same, the one that ends
// last counts.
type targets struct {
	users    map[canvas.Author]*Act
	networks map[canvas.NetworkID]*Act
	spans    []span // by from
}

func newTargets(acts []*Act) targets {
	t := targets{users: make(map[canvas.Author]*Act), networks: make(map[canvas.NetworkID]*Act)}
	var ranges []addressRange
	for _, act := range acts {
		switch target := act.Target; {
		case target.User != 0:
			t.users[target.User] = later(t.users[target.User], act)
		case target.Network != 0:
			t.networks[target.Network] = later(t.networks[target.Network], act)
		default:
			prefix, err := parseCIDR(target.CIDR)
			if err == nil { // as in all acts that make sense
				ranges = append(ranges, newRange(prefix, act))
			}
		}
	}
	t.spans = flatten(ranges)
	return t
}

// of is the act that is about somebody at a time, and ends last; nil: none is. Networks and addresses are
// shared, so what is about them is not about those who look after the canvas.
func (t *targets) of(who Who, role canvas.Role, now int64) (found *Act) {
	found = inForce(t.users[who.User], now)
	if who.Owner != 0 {
		found = later(found, inForce(t.users[who.Owner], now))
	}
	if role >= canvas.RoleModerator {
		return found
	}
	if who.Network != 0 && len(t.networks) > 0 {
		found = later(found, inForce(t.networks[who.Network], now))
	}
	if len(t.spans) > 0 && who.Address != (canvas.Address{}) {
		found = later(found, inForce(covering(t.spans, numberOf(who.Address)), now))
	}
	return found
}

func inForce(act *Act, now int64) *Act {
	if act == nil || act.Over(now) {
		return nil
	}
	return act
}

// number is an address as a number.
type number struct{ high, low uint64 }

func numberOf(a canvas.Address) number {
	return number{binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(a[8:])}
}

func (n number) compare(other number) int {
	if n.high != other.high {
		return cmp.Compare(n.high, other.high)
	}
	return cmp.Compare(n.low, other.low)
}

// next is the number after; the last of all has none.
func (n number) next() (next number, ok bool) {
	next = number{n.high, n.low + 1}
	if next.low == 0 {
		next.high++
	}
	return next, next != number{}
}

// addressRange is from the first to the last address of a prefix.
type addressRange struct {
	first, last number
	act         *Act
}

func newRange(prefix netip.Prefix, act *Act) addressRange {
	first := canvas.Address(prefix.Addr().As16())
	last, fixed := first, prefix.Bits()
	if prefix.Addr().Is4() {
		fixed += 96
	}
	for bit := fixed; bit < 128; bit++ {
		last[bit/8] |= 0x80 >> (bit % 8)
	}
	return addressRange{numberOf(first), numberOf(last), act}
}

// span is the addresses from one on, up to the next span.
type span struct {
	from number
	act  *Act // nil: no act is about them
}

// flatten makes spans of ranges. Ranges are prefixes, so of two that overlap one is in the other.
func flatten(ranges []addressRange) (spans []span) {
	slices.SortFunc(ranges, func(a, b addressRange) int { // the wider first
		return cmp.Or(a.first.compare(b.first), b.last.compare(a.last), cmp.Compare(a.act.N, b.act.N))
	})
	var open []addressRange // each within the one before, and with the act that counts in it
	begin := func(from number, act *Act) {
		if n := len(spans); n > 0 && spans[n-1].from == from {
			spans = spans[:n-1]
		}
		spans = append(spans, span{from, act})
	}
	end := func() {
		closed := open[len(open)-1]
		open = open[:len(open)-1]
		var act *Act
		if len(open) > 0 {
			act = open[len(open)-1].act
		}
		if from, ok := closed.last.next(); ok {
			begin(from, act)
		}
	}
	for _, r := range ranges {
		for len(open) > 0 && open[len(open)-1].last.compare(r.first) < 0 {
			end()
		}
		if len(open) > 0 {
			r.act = later(open[len(open)-1].act, r.act)
		}
		open = append(open, r)
		begin(r.first, r.act)
	}
	for len(open) > 0 {
		end()
	}
	return spans
}

// covering is the act about an address; nil: there is none.
func covering(spans []span, address number) *Act {
	low, high := 0, len(spans) // the last span that begins at or before it is before high
	for low < high {
		middle := int(uint(low+high) / 2)
		if spans[middle].from.compare(address) <= 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == 0 {
		return nil
	}
	return spans[low-1].act
}
