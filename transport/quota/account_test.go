package quota

import (
	"net/netip"
	"testing"
	"time"
)

func TestAccounts_AreForgottenWhenMadeGood(t *testing.T) {
	a := NewAccounts(Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	now := time.Now()
	k := a.Open(netip.MustParseAddr("192.0.2.1"))
	if a.Open(netip.MustParseAddr("192.0.2.1")) != k || a.Open(netip.MustParseAddr("192.0.2.2")) == k {
		t.Fatal("networks are mixed up")
	}
	if proxy := a.Open(netip.MustParseAddr("10.1.2.3")); !proxy.proxy {
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
