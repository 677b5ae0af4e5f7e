package transport

import (
	"net/netip"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/quota"
)

// A person, and a network, may beckon a few times in a row and then now and then, whatever the other has left;
// a proxy stands for many networks.
func TestBeckons_Bounds(t *testing.T) {
	proxy := netip.MustParseAddr("192.0.2.9")
	accounts := quota.NewAccounts(quota.Proxies{Networks: []netip.Prefix{netip.PrefixFrom(proxy, 32)}})
	now := time.UnixMilli(1_700_000_000_000)
	who := func(person byte, from netip.Addr) visitor {
		return visitor{subject: canvas.Subject{person}, from: from}
	}
	many := func(b beckons, from netip.Addr, person func(i int) byte) (passed int) {
		account := accounts.Open(from, 0)
		defer account.Close()
		for i := range 100 {
			if b.take(who(person(i), from), account, now) == 0 {
				passed++
			}
		}
		return passed
	}
	same, another := func(int) byte { return 1 }, func(i int) byte { return byte(i + 1) }
	home := netip.MustParseAddr("198.51.100.7")

	b := newBeckons()
	if n := many(b, home, same); n != beckonBurst {
		t.Errorf("one person passed %d times, want %d", n, beckonBurst)
	}
	if n := many(b, home, another); n != networkBeckonBurst-beckonBurst {
		t.Errorf("others of the network passed %d times, want %d", n, networkBeckonBurst-beckonBurst)
	}
	if n := many(newBeckons(), home, func(int) byte { return 0 }); n != networkBeckonBurst {
		t.Errorf("nobody in particular passed %d times, want %d", n, networkBeckonBurst)
	}
	if n := many(newBeckons(), proxy, another); n != 100 {
		t.Errorf("people behind a proxy passed %d times of 100", n)
	}
	now = now.Add(3 * time.Second)
	if n := many(b, home, same); n != 1 {
		t.Errorf("after 3 s one person passed %d times, want once", n)
	}
}

// Whoever beckons too often is told when to try again, and the actor hears nothing of it.
func TestBeckons_Refused(t *testing.T) {
	s, host := openServer(t, true, nil)
	c := dialBinary(t, s)
	const sent = networkBeckonBurst + 5
	for range sent {
		c.send(ws.OpBinary, codec.AppendBeckon(nil, codec.Beckon{X: 1, Y: 2}))
	}
	m := await[codec.Refused](c)
	if m.Op != 0 || m.Code != canvas.RefusedRate || m.Retry <= 0 {
		t.Errorf("got %+v", m)
	}
	c.send(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 1}))
	await[codec.Pong](c)
	if heard := len(host.session(1).received()) - 1; heard >= sent || heard < networkBeckonBurst {
		t.Errorf("the actor heard of %d of %d", heard, sent)
	}
}
