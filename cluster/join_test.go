package cluster

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"pixelplayground/actors/canvas"
	"pixelplayground/cluster/clustertest"
)

func TestCluster_NobodyElseToJoinServesAloneAtOnce(t *testing.T) {
	cfg := testConfig("alone")
	cfg.Alone = time.Hour
	p := listening(t, cfg)
	if p.names() != "" || p.Ready() == nil || p.Region(0) != nil || p.Has("alone:1") {
		t.Errorf("before Open: view %q, ready %v", p.names(), p.Ready())
	}
	p.open()
	sees(t, "alone", p)
	if p.Ready() != nil || p.Region(0) == nil || p.Before(0) != nil || p.Presence() == nil || !p.Has("alone:1") {
		t.Errorf("ready %v, region %v, presence %v", p.Ready(), p.Region(0), p.Presence())
	}
	if got := p.Gateways(); !slices.Equal(got, []string{"alone:1"}) {
		t.Errorf("gateways %v", got)
	}
}

func TestCluster_OwnAddressIsNobodyElse(t *testing.T) {
	cfg := testConfig("alone")
	cfg.Alone = time.Hour
	p := listening(t, cfg)
	p.seeds, _ = parseSeeds([]string{p.socket.address()})
	p.open()
	sees(t, "alone", p)
}

func TestCluster_SeedsThatAreDownAreNoError(t *testing.T) {
	cfg := testConfig("first")
	port := freePort(t)
	cfg.Join, cfg.Alone = []string{fmt.Sprintf("127.0.0.1:%d", port)}, 500*time.Millisecond
	first := start(t, cfg)
	clustertest.Eventually(t, "it says what it waits for", func() bool {
		return first.Ready() != nil && strings.Contains(first.Ready().Error(), cfg.Join[0])
	})
	if first.names() != "" {
		t.Errorf("view %q before joining", first.names())
	}
	sees(t, "first", first)
	if n := first.lines.Count("serving alone until somebody does"); n != 1 {
		t.Errorf("said %d times that it serves alone", n)
	}
	// A pod that comes to the address later is found.
	cfg = testConfig("later")
	cfg.Gossip = fmt.Sprintf("127.0.0.1:%d", port)
	agree(t, first, start(t, cfg))
}

func TestCluster_RestartAtTheSameAddressReplacesItsPredecessor(t *testing.T) {
	pods := together(t, 3, nil)
	cfg := pods[2].cfg
	cfg.Gossip = pods[2].socket.address() // the port that it had found
	old := pods[2].id()
	pods[2].Close()
	began := time.Now()
	pods[2] = start(t, cfg)
	agree(t, pods...)
	t.Logf("replaced after %v", time.Since(began))
	clustertest.Eventually(t, "the endpoint of the predecessor is forgotten", func() bool { return pods[0].peers.forgot("pod-2:1") })
	clustertest.Eventually(t, "the predecessor is dead", func() bool { return pods[0].dead.has(old) })
	agree(t, pods...)
}

func TestCluster_RefusesAnotherCanvas(t *testing.T) {
	pods := together(t, 2, nil)
	cfg := testConfig("stranger", pods...)
	cfg.Geometry, cfg.Alone = canvas.Geometry{Width: 128, Height: 64, Region: 16}, 50*time.Millisecond
	refused(t, start(t, cfg), "another canvas", pods)
}

func TestCluster_RefusesAnotherKey(t *testing.T) {
	with := func(key byte, cfg Config) Config {
		if key != 0 {
			cfg.GossipKeys = [][]byte{slices.Repeat([]byte{key}, 32)}
		}
		return cfg
	}
	for name, test := range map[string]struct{ theirs, own byte }{
		"another": {1, 2}, "none": {1, 0}, "one too many": {0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, with(test.theirs, testConfig("a")))
			b := start(t, with(test.theirs, testConfig("b", a)))
			agree(t, a, b)
			cfg := with(test.own, testConfig("stranger", a, b))
			cfg.Alone = 50 * time.Millisecond
			refused(t, start(t, cfg), "another gossip key", []*pod{a, b})
		})
	}
}

// refused checks that the stranger neither joins nor serves alone, and that both sides log this
// once, while it tries again and again.
func refused(t *testing.T, stranger *pod, why string, pods []*pod) {
	t.Helper()
	for range 3 {
		last := stranger.refusals.seen()
		clustertest.Eventually(t, "it is refused again", func() bool { return stranger.refusals.seen().After(last) })
	}
	if err := stranger.Ready(); err == nil || !strings.Contains(err.Error(), why) || stranger.names() != "" {
		t.Errorf("stranger: view %q, ready %v", stranger.names(), err)
	}
	if n := stranger.lines.Count("refused: "); n != 1 {
		t.Errorf("the stranger says %d times that it was refused", n)
	}
	said := 0
	for _, p := range pods {
		if n := p.lines.Count("refused: "); n > 1 {
			t.Errorf("%s says %d times that it refused", p.cfg.Name, n)
		} else {
			said += n
		}
		if len(p.ids()) != len(pods) {
			t.Errorf("%s sees %s", p.cfg.Name, p.names())
		}
	}
	if said == 0 {
		t.Error("nobody says that it refused")
	}
}

func (r *refusals) seen() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

func TestCluster_EncryptedWithOneKey(t *testing.T) {
	cfg := testConfig("a")
	cfg.GossipKeys = [][]byte{[]byte("0123456789abcdef")}
	a := start(t, cfg)
	cfg = testConfig("b", a)
	cfg.GossipKeys = [][]byte{[]byte("0123456789abcdef")}
	agree(t, a, start(t, cfg))
}

func TestCluster_IPv6(t *testing.T) {
	clustertest.NeedIPv6(t)
	cfg := testConfig("a")
	cfg.Gossip = "[::1]:0"
	a := start(t, cfg)
	if !strings.HasPrefix(a.socket.address(), "[::1]:") {
		t.Errorf("advertises %s", a.socket.address())
	}
	cfg = testConfig("b", a)
	cfg.Gossip = "[::1]:0"
	agree(t, a, start(t, cfg))
}

func TestListen_Advertise(t *testing.T) {
	for _, test := range []struct{ gossip, advertise, want, err string }{
		{"127.0.0.1:0", "", "127.0.0.1:", ""},
		{"127.0.0.1:0", "10.1.2.3", "10.1.2.3:", ""},
		{":0", "10.1.2.3", "10.1.2.3:", ""},
		{"0.0.0.0:0", "2001:db8::1", "[2001:db8::1]:", ""},
		{"[::]:0", "", "", "--advertise"},
	} {
		cfg := testConfig("x")
		cfg.Gossip, cfg.Advertise = test.gossip, test.advertise
		s, err := cfg.bindGossip(gossipLogger(New(cfg).log, New(cfg).refusals))
		switch {
		case err != nil && (test.err == "" || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%+v: %v", test, err)
		case err == nil && !strings.HasPrefix(s.address(), test.want):
			t.Errorf("%+v: %s", test, s.address())
		}
		if s != nil {
			if test.err != "" {
				t.Errorf("%+v: no error", test)
			}
			s.close()
		}
	}
}

// nameServer is a DNS server whose answers change.
type nameServer struct {
	address string
	mu      sync.Mutex
	ips     []string
}

const podsName = "pods.test."

func startNameServer(t *testing.T) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{address: conn.LocalAddr().String()}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(s.answer)}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown(); <-done })
	return s
}

func (s *nameServer) set(ips ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ips = ips
}

func (s *nameServer) answer(w dns.ResponseWriter, question *dns.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := new(dns.Msg).SetReply(question)
	q := question.Question[0]
	if q.Name != podsName || len(s.ips) == 0 {
		m.Rcode = dns.RcodeNameError
	} else {
		for _, ip := range s.ips {
			header := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET}
			if v4 := net.ParseIP(ip).To4(); v4 != nil && q.Qtype == dns.TypeA {
				m.Answer = append(m.Answer, &dns.A{Hdr: header, A: v4})
			} else if v4 == nil && q.Qtype == dns.TypeAAAA {
				m.Answer = append(m.Answer, &dns.AAAA{Hdr: header, AAAA: net.ParseIP(ip)})
			}
		}
	}
	_ = w.WriteMsg(m)
}

func TestLookUp_AllAddressesOfAllSeeds(t *testing.T) {
	s := startNameServer(t)
	s.set("10.0.0.2", "10.0.0.1", "2001:db8::1")
	seeds, err := parseSeeds([]string{"dns:" + podsName + ":7946", "10.0.0.1:7946", "[::1]:7", podsName + ":8"})
	if err != nil {
		t.Fatal(err)
	}
	for own, want := range map[string]struct{ found, missing string }{
		"10.9.9.9": {"10.0.0.1:7946 10.0.0.1:8 10.0.0.2:7946 10.0.0.2:8", "::1 has no address of the family of 10.9.9.9"},
		"fd00::9":  {"[2001:db8::1]:7946 [2001:db8::1]:8 [::1]:7", "10.0.0.1 has no address of the family of fd00::9"},
	} {
		got, err := lookUp(t.Context(), newResolver(s.address), seeds, netip.MustParseAddr(own))
		if strings.Join(got, " ") != want.found || err == nil || !strings.Contains(err.Error(), want.missing) {
			t.Errorf("at %s: %v, %v", own, got, err)
		}
	}
	s.set()
	if got, err := lookUp(t.Context(), newResolver(s.address), seeds, netip.MustParseAddr("10.9.9.9")); err == nil || !slices.Equal(got, []string{"10.0.0.1:7946"}) {
		t.Errorf("without the name: %v, %v", got, err)
	}
}

// TestCluster_OtherFamilyIsNobodyElse: if a name has addresses of both families, a pod is led to
// those of its own. Addresses of the other family may not answer, and nobody waits for them.
func TestCluster_OtherFamilyIsNobodyElse(t *testing.T) {
	for _, test := range []struct{ own, other string }{{"127.0.0.1", "2001:db8::1"}, {"::1", "192.0.2.1"}} {
		t.Run(test.own, func(t *testing.T) {
			if test.own == "::1" {
				clustertest.NeedIPv6(t)
			}
			s := startNameServer(t)
			s.set(test.own, test.other)
			port := strconv.Itoa(freePort(t))
			cfg := testConfig("alone")
			cfg.Gossip, cfg.Alone, cfg.Resolver = net.JoinHostPort(test.own, port), time.Hour, s.address
			cfg.Join = []string{"dns:" + podsName + ":" + port}
			sees(t, "alone", start(t, cfg))
		})
	}
}

// Goal: pods of a headless service find each other, in whatever order their addresses appear.
// Method: three pods share a port on three addresses, and a name first resolves to none, then to
// some, then to all of them.
func TestCluster_DiscoveryFollowsTheName(t *testing.T) {
	s := startNameServer(t)
	port := freePort(t)
	at := func(name, ip string) *pod {
		cfg := testConfig(name)
		cfg.Gossip = fmt.Sprintf("%s:%d", ip, port)
		cfg.Join, cfg.Resolver, cfg.Alone = []string{fmt.Sprintf("dns:%s:%d", podsName, port)}, s.address, 500*time.Millisecond
		return start(t, cfg)
	}
	a := at("a", "127.0.0.71")
	sees(t, "a", a)
	if n := a.lines.Count("can't look up"); n != 1 {
		t.Errorf("said %d times that the name is unknown", n)
	}
	s.set("127.0.0.71", "127.0.0.72")
	b := at("b", "127.0.0.72")
	t.Logf("b joined in %v", agree(t, a, b))
	s.set("127.0.0.73") // c finds itself only; a and b, which look again, may find it at any time
	c := at("c", "127.0.0.73")
	clustertest.Eventually(t, "c has joined", func() bool { return c.Ready() == nil })
	s.set("127.0.0.71", "127.0.0.72", "127.0.0.73")
	t.Logf("c found in %v", agree(t, a, b, c))
}

// freePort returns a port that is most likely free for TCP and UDP at all loopback addresses.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestParseSeeds(t *testing.T) {
	got, err := parseSeeds([]string{"10.0.0.1:7946", "dns:pods.default.svc:1", "[::1]:65535", "host:2"})
	if want := []seed{{"10.0.0.1", 7946}, {"pods.default.svc", 1}, {"::1", 65535}, {"host", 2}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "host", "dns:host", "host:0", ":7946", "host:65536", "host:http", "::1:7946"} {
		if got, err := parseSeeds([]string{bad}); err == nil || !strings.Contains(err.Error(), "must be host:port or dns:name:port") {
			t.Errorf("%q: %v, %v", bad, got, err)
		}
	}
}

func TestConfig_ValidateSaysHowToFix(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	for says, spoil := range map[string]func(*Config){
		"canvas 0x0":                func(c *Config) { c.Geometry = canvas.Geometry{} },
		"for example the host's":    func(c *Config) { c.Name = "" },
		"name \"nnn":                func(c *Config) { c.Name = strings.Repeat("n", 65) },
		"version":                   func(c *Config) { c.Version = strings.Repeat("v", 65) },
		"gateway, canvas or both":   func(c *Config) { c.Gateway, c.Canvas = false, false },
		"must have 16, 24 or 32":    func(c *Config) { c.GossipKeys = [][]byte{make([]byte, 16), make([]byte, 15)} },
		"must be at most 4":         func(c *Config) { c.GossipKeys = slices.Repeat([][]byte{make([]byte, 16)}, 5) },
		"gossip \"x\"":              func(c *Config) { c.Gossip = "x" },
		"peer \"x:y\"":              func(c *Config) { c.Peer = "x:y" },
		"resolver \"x\"":            func(c *Config) { c.Resolver = "x" },
		"advertise \"0.0.0.0\"":     func(c *Config) { c.Advertise = "0.0.0.0" },
		"advertise \"host\"":        func(c *Config) { c.Advertise = "host" },
		"join \"host\"":             func(c *Config) { c.Join = []string{"host"} },
		"every duration":            func(c *Config) { c.GossipEvery = 0 },
		"less than half":            func(c *Config) { c.ProbeTimeout = c.ProbeEvery / 2 },
		"at least 1 probe interval": func(c *Config) { c.Suspicion = 0 },
		"peer":                      func(c *Config) { c.TLS.Cert = "only.pem" },
	} {
		cfg := DefaultConfig()
		spoil(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func TestCluster_CloseMayBeCalledTwiceAndEarly(t *testing.T) {
	p := listening(t, testConfig("a"))
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := New(testConfig("b")).Close(); err != nil {
		t.Error(err)
	}
	c := New(testConfig("c"))
	if err := c.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Leave(t.Context()); err != nil {
		t.Error(err)
	}
	_ = c.Close()
	if c.Ready() == nil || len(c.View().Members()) != 0 {
		t.Error("closed and ready")
	}
	pods := together(t, 2, nil)
	_ = pods[0].Close()
	if err := pods[0].Drain(t.Context()); err != nil {
		t.Error("drain after close:", err)
	}
	if err := pods[0].Leave(t.Context()); err != nil {
		t.Error("leave after close:", err)
	}
}
