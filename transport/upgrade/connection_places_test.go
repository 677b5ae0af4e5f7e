package upgrade

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"pixelplayground/actors/telemetry/logtest"
	"pixelplayground/transport/quota"
	"pixelplayground/transport/upgrade/upgradetest"
)

// fewPlaces makes it easy to take all places.
func fewPlaces(a *Acceptor, all, each, spare int) {
	a.places.mu.Lock()
	defer a.places.mu.Unlock()
	a.places.all, a.places.each, a.places.spare = all, each, spare
}

func (a *Acceptor) waitFor(t *testing.T, places int, phase phase) {
	t.Helper()
	upgradetest.Eventually(t, "the connections have their places", func() bool {
		a.places.mu.Lock()
		defer a.places.mu.Unlock()
		n := 0
		for g := range a.places.guests {
			if g.phase == phase {
				n++
			}
		}
		return n == places
	})
}

func TestPlaces_IdleOnesMakeRoom(t *testing.T) {
	var log logtest.Lines
	a := openAcceptor(t, logTo(&log), nil)
	fewPlaces(a, 4, 4, 0)
	for i := range 8 {
		if status := statusOf(t, from(t, a, "127.0.0.1", pageRequest)); status != 200 {
			t.Fatalf("number %d: %d", i, status)
		}
		a.waitFor(t, min(i+1, 4), idle)
	}
	if status := statusOf(t, from(t, a, "127.0.0.2", upgradetest.HandshakeRequest(""))); status != 101 {
		t.Errorf("a WebSocket: %d", status)
	}
	if got := a.cfg.Counters.Evicted.All()[evictedIdle]; got != 5 || log.Count("to make room") != 1 {
		t.Errorf("%d made room, %d lines", got, log.Count("to make room"))
	}
}

func TestPlaces_UnfinishedOnesMakeRoom(t *testing.T) {
	for name, half := range map[string]string{"handshake": upgradetest.HandshakeRequest("")[:60], "page": pageRequest[:30], "nothing": ""} {
		t.Run(name, func(t *testing.T) {
			a := openAcceptor(t, nil, nil)
			fewPlaces(a, 4, 4, 0)
			for i := range 8 {
				from(t, a, "127.0.0.1", half)
				a.waitFor(t, min(i+1, 4), waiting)
			}
			for _, request := range []string{upgradetest.HandshakeRequest(""), pageRequest} {
				if status := statusOf(t, from(t, a, "127.0.0.1", request)); status != 101 && status != 200 {
					t.Errorf("%.10s: %d", request, status)
				}
			}
		})
	}
}

// TestPlaces_DescriptorsRunOut: accepting takes the descriptor it needs from an idle connection.
func TestPlaces_DescriptorsRunOut(t *testing.T) {
	a := openAcceptor(t, nil, nil)
	c := from(t, a, "127.0.0.1", pageRequest)
	statusOf(t, c)
	a.waitFor(t, 1, idle)
	if did := a.places.makeRoom(); did != evictedIdle {
		t.Errorf("closed one that was %q", did)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("it is still open")
	}
	if did := a.places.makeRoom(); did != "" {
		t.Errorf("closed another, %q", did)
	}
}

// stuck keeps requests for /stuck until the test ends.
func stuck(t *testing.T) http.HandlerFunc {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stuck" {
			<-end
		}
	}
}

const stuckRequest = "GET /stuck HTTP/1.1\r\nHost: canvas.test\r\n\r\n"

func TestPlaces_ProbesAreNeverRefused(t *testing.T) {
	a := openAcceptor(t, nil, stuck(t))
	fewPlaces(a, 4, 4, 2)
	for range 4 {
		from(t, a, "127.0.0.1", stuckRequest)
	}
	a.waitFor(t, 4, served)
	for range 5 { // who come and say nothing
		from(t, a, "127.0.0.3", "")
	}
	upgradetest.Eventually(t, "they have come", func() bool { return a.cfg.Counters.Accepted.Load() == 9 })
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if status := statusOf(t, from(t, a, "127.0.0.1", "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status := statusOf(t, from(t, a, "127.0.0.2", upgradetest.HandshakeRequest(""))); status != 101 {
		t.Errorf("a WebSocket: %d", status)
	}
	if status := statusOf(t, from(t, a, "127.0.0.2", pageRequest)); status != 503 {
		t.Errorf("a page: %d", status)
	}
}

func TestPlaces_ANetworkHasAShare(t *testing.T) {
	a := openAcceptor(t, nil, stuck(t))
	fewPlaces(a, 8, 3, 1)
	for range 3 {
		from(t, a, "127.0.0.1", stuckRequest)
	}
	a.waitFor(t, 3, served)
	for address, want := range map[string]int{"127.0.0.1": 503, "127.0.0.2": 200} {
		if status := statusOf(t, from(t, a, address, pageRequest)); status != want {
			t.Errorf("%s: %d", address, status)
		}
	}
	if status := statusOf(t, from(t, a, "127.0.0.1", "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")); status != 200 {
		t.Errorf("a probe: %d", status)
	}
}

func TestPlaces_AProxySpeaksForMany(t *testing.T) {
	a := openAcceptor(t, func(c *Config) { c.Proxies.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/30")} }, stuck(t))
	fewPlaces(a, 8, 3, 1)
	for range 6 {
		from(t, a, "127.0.0.1", stuckRequest)
	}
	a.waitFor(t, 6, served)
	if status := statusOf(t, from(t, a, "127.0.0.1", pageRequest)); status != 200 {
		t.Errorf("its seventh: %d", status)
	}
}

// TestPlaces_AddUp: whatever guests do, each guest with a place is counted once, and no bound is
// exceeded.
func TestPlaces_AddUp(t *testing.T) {
	r := upgradetest.NewRandom(t)
	p := newPlaces(quota.Proxies{}, maxPlaces)
	p.all, p.each, p.spare = 12, 5, 3
	var guests []*guest
	for step := range 5_000 {
		switch {
		case r.IntN(3) == 0 || len(guests) == 0:
			if g, _ := p.enter(new(net.TCPConn), netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(4))})); g != nil {
				guests = append(guests, g)
			}
		case r.IntN(3) == 0:
			i := r.IntN(len(guests))
			p.leave(guests[i])
			guests = append(guests[:i], guests[i+1:]...)
		case r.IntN(5) == 0:
			p.introduce(guests[r.IntN(len(guests))], netip.AddrFrom4([4]byte{10, 0, 1, byte(r.IntN(4))}))
		case r.IntN(3) == 0:
			i := r.IntN(len(guests))
			p.leave(guests[i])
			guests = append(guests[:i], guests[i+1:]...)
		default:
			g := guests[r.IntN(len(guests))]
			if _, refused := p.move(g, waiting+phase(r.IntN(3))); refused {
				p.leave(g)
			}
		}
		checkPlaces(t, &p, step)
	}
	for _, g := range guests {
		p.leave(g)
	}
	if len(p.guests)+len(p.holds)+p.spares+p.everyone.idle.Len()+p.everyone.waiting.Len()+p.extra.Len() != 0 {
		t.Errorf("left over: %+v", &p)
	}
}

func checkPlaces(t *testing.T, p *places, step int) {
	t.Helper()
	spares, listed, held := 0, 0, make(map[netip.Prefix]int)
	for g := range p.guests {
		if g.spare {
			spares++
		}
		if g.phase != fresh {
			held[g.network]++
		}
		if (g.among != nil) != (g.phase == waiting || g.phase == idle || g.spare && g.phase == fresh) {
			t.Fatalf("step %d: %+v", step, g)
		}
		if g.among != nil {
			listed++
		}
	}
	if spares != p.spares || spares > p.spare || len(p.guests)-spares > p.all || listed != p.everyone.idle.Len()+p.everyone.waiting.Len()+p.extra.Len() {
		t.Fatalf("step %d: %d spares, %d listed of %d", step, spares, listed, len(p.guests))
	}
	for network, hold := range p.holds {
		if hold.places != held[network] {
			t.Fatalf("step %d: %v is said to hold %d, not %d", step, network, hold.places, held[network])
		}
	}
}

func TestHeads_ShareTheirMemory(t *testing.T) {
	for path, end := range map[string]string{"/page": "\r\n", "/ws": upgradetest.HandshakeRequest("")[len("GET /ws HTTP/1.1\r\nHost: canvas.test\r\n"):]} {
		t.Run(path[1:], func(t *testing.T) {
			a := openAcceptor(t, nil, nil)
			a.headShares = quota.NewShares(100_000, 150_000)
			large := "GET " + path + " HTTP/1.1\r\nHost: canvas.test\r\nCookie: " + strings.Repeat("x", 55_000) + "\r\n"
			var held []net.Conn
			for i := range 2 {
				held = append(held, from(t, a, "127.0.0.1", large))
				upgradetest.Eventually(t, "it is held", func() bool { return a.headShares.Taken() > 40_000*(i+1) })
			}
			if status := statusOf(t, from(t, a, "127.0.0.1", large)); status != 503 {
				t.Errorf("one too many of a network: %d", status)
			}
			if status := statusOf(t, from(t, a, "127.0.0.1", pageRequest)); status != 200 {
				t.Errorf("a request of the usual size: %d", status)
			}
			for _, c := range append(held, from(t, a, "127.0.0.2", large)) {
				if _, err := c.Write([]byte(end)); err != nil {
					t.Fatal(err)
				}
				if status := statusOf(t, c); status != 200 && status != 101 {
					t.Errorf("in the end: %d", status)
				}
			}
			upgradetest.Eventually(t, "all is given back", func() bool { return a.headShares.Taken() == 0 })
		})
	}
}

// TestHeads_OfUsedConnections: the second request of a connection costs what the first one does.
func TestHeads_OfUsedConnections(t *testing.T) {
	a := openAcceptor(t, nil, nil)
	a.headShares = quota.NewShares(100_000, 150_000)
	large := "GET /page HTTP/1.1\r\nHost: canvas.test\r\nCookie: " + strings.Repeat("x", 55_000) + "\r\n"
	used := func(address string) net.Conn {
		c := from(t, a, address, pageRequest)
		if status := statusOf(t, c); status != 200 {
			t.Fatalf("a request of the usual size: %d", status)
		}
		if _, err := c.Write([]byte(large)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	var held []net.Conn
	for i := range 2 {
		held = append(held, used("127.0.0.1"))
		upgradetest.Eventually(t, "it is held", func() bool { return a.headShares.Taken() > 40_000*(i+1) })
	}
	if status := statusOf(t, used("127.0.0.1")); status != 503 {
		t.Errorf("one too many of a network: %d", status)
	}
	for _, c := range held {
		if _, err := c.Write([]byte("\r\n")); err != nil {
			t.Fatal(err)
		}
		if status := statusOf(t, c); status != 200 {
			t.Errorf("in the end: %d", status)
		}
	}
	upgradetest.Eventually(t, "all is given back", func() bool { return a.headShares.Taken() == 0 })
}

func TestHeads_ManyShortLinesCostMore(t *testing.T) {
	if short, long := headCost([]byte(strings.Repeat("a:\r\n", 1000))), headCost([]byte(strings.Repeat("x", 4000))); short < 20*long {
		t.Errorf("%d against %d", short, long)
	}
}

func TestHandshake_RefusalsAreLogged(t *testing.T) {
	var log logtest.Lines
	a := openAcceptor(t, func(c *Config) {
		logTo(&log)(c)
		c.MaxConnections = 1
	}, nil)
	ask(t, a, upgradetest.HandshakeRequest("Origin: https://evil.test\r\n"))
	ask(t, a, upgradetest.HandshakeRequest("Cookie: "+strings.Repeat("x", maxHead)+"\r\n"))
	connects(t, a)
	ask(t, a, upgradetest.HandshakeRequest(""))
	for _, line := range []string{"reason=origin times=1 origin=https://evil.test host=canvas.test", "reason=head", "reason=full"} {
		if log.Count(line) != 1 {
			t.Errorf("%d lines with %s", log.Count(line), line)
		}
	}
}
