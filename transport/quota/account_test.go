package quota

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestAccounts_AreForgottenWhenMadeGood(t *testing.T) {
	a := NewAccounts(Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	now := time.Now()
	k := a.Open(netip.MustParseAddr("192.0.2.1"), 0)
	if a.Open(netip.MustParseAddr("192.0.2.1"), 0) != k || a.Open(netip.MustParseAddr("192.0.2.2"), 0) == k {
		t.Fatal("networks are mixed up")
	}
	if proxy := a.Open(netip.MustParseAddr("10.1.2.3"), 0); !proxy.proxy {
		t.Error("a proxy is not known")
	}
	k.Draw(now, 3*networkDrawRate)
	k.Close()
	k.Close()
	if a.Tidy(now.Add(time.Second)); a.of[k.network] == nil {
		t.Error("forgotten with something to make good")
	}
	if a.Tidy(now.Add(4 * time.Second)); a.of[k.network] != nil || len(a.of) != 2 {
		t.Errorf("not forgotten: %d are left", len(a.of))
	}
}

// A network has no more connections than it may, however many come at once. A proxy's has no bound.
func TestAccounts_BoundTheConnectionsOfANetwork(t *testing.T) {
	a := NewAccounts(Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	const most = 10
	var opened [3]atomic.Int64
	var coming sync.WaitGroup
	for i, from := range []string{"192.0.2.1", "2001:db8::1", "10.1.2.3"} {
		for range 50 {
			coming.Go(func() {
				if a.Open(netip.MustParseAddr(from), most) != nil {
					opened[i].Add(1)
				}
			})
		}
	}
	coming.Wait()
	if four, six, proxy := opened[0].Load(), opened[1].Load(), opened[2].Load(); four != most || six != most || proxy != 50 {
		t.Errorf("%d, %d and through a proxy %d of 50", four, six, proxy)
	}
	k := a.Open(netip.MustParseAddr("192.0.2.1"), 0)
	if k == nil || a.Open(netip.MustParseAddr("2001:db8::ffff"), most) != nil {
		t.Error("without a bound it is refused, or the same /64 is let in")
	}
	k.Close()
	k.Close()
	if a.Open(netip.MustParseAddr("192.0.2.1"), most) == nil {
		t.Error("a place that has become free is not given")
	}
}
