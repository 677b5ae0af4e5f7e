package quota

import (
	"net/netip"
	"testing"
)

func TestShares(t *testing.T) {
	one, other := netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("192.0.2.2/32")
	s := NewShares(10, 15)
	if !s.Take(one, false, 10) || s.Take(one, false, 1) {
		t.Error("a network may take its share, and no more")
	}
	if s.Take(other, false, 6) || !s.Take(other, false, 5) || s.Taken() != 15 {
		t.Errorf("%d are taken", s.Taken())
	}
	if s.Give(other, 5); !s.Take(one, true, 5) || s.Take(one, true, 1) {
		t.Error("a proxy may take all that there is")
	}
	if s.Give(one, 15); s.Taken() != 0 || len(s.of) != 0 {
		t.Errorf("%d are taken, and %d networks known, when all is given back", s.Taken(), len(s.of))
	}
}
