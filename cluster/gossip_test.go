package cluster

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/vmihailenco/msgpack/v5"

	"pixelplayground/actors/canvas"
	"pixelplayground/cluster/peer"
)

func TestMetadata_RefusesWhatNoPodSays(t *testing.T) {
	good := func() *metadata {
		return &metadata{Name: "n", Roles: RoleCanvas, Peer: "10.0.0.1:7947", Version: "v1", Started: 1, Geometry: "64x64/16", Pins: pins("").with(3, 1)}
	}
	if _, err := decodeMetadata(good().encode()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*metadata){
		"a long name":            func(m *metadata) { m.Name = strings.Repeat("n", maxText+1) },
		"a name that is no text": func(m *metadata) { m.Name = "\xFF" },
		"a long version":         func(m *metadata) { m.Version = strings.Repeat("v", maxText+1) },
		"a long canvas":          func(m *metadata) { m.Geometry = strings.Repeat("g", maxText+1) },
		"no peer":                func(m *metadata) { m.Peer = "" },
		"a peer without a port":  func(m *metadata) { m.Peer = "10.0.0.1" },
		"a port that is none":    func(m *metadata) { m.Peer = "10.0.0.1:99999" },
		"a long peer":            func(m *metadata) { m.Peer = strings.Repeat("p", peer.MaxName) + ":1" },
		"half a pin":             func(m *metadata) { m.Pins = "abc" },
		"many pins":              func(m *metadata) { m.Pins = pins(strings.Repeat("pins", maxPins+1)) },
	} {
		m := good()
		change(m)
		b, err := msgpack.Marshal([]any{m.Name, uint8(m.Roles), m.Peer, m.Version, m.Draining, m.Started, m.Geometry, []byte(m.Pins)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeMetadata(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := decodeMetadata(append(good().encode(), make([]byte, 512)...)); err == nil {
		t.Error("metadata longer than gossip allows: accepted")
	}
}

func TestKnowledge_RefusesWhatNoPodSays(t *testing.T) {
	deep := append([]byte{0x93, 0xC2, 0x90}, bytes.Repeat([]byte{0x91}, 1<<20)...) // a third field, as deep as it is long
	if _, err := decodeKnowledge(deep); err == nil {
		t.Error("a megabyte: accepted")
	}
	now := time.Now()
	told, err := decodeKnowledge((&knowledge{Deaths: []death{{ID: strings.Repeat("x", maxID+1)}, {ID: "later", Died: 1 << 62}, {ID: "before", Died: 1000}}}).encode())
	if err != nil || len(told.Deaths) != 2 {
		t.Fatalf("%+v, %v; want the two that can be ids", told, err)
	}
	if at := told.Deaths[0].died(now); !at.Equal(now) {
		t.Errorf("a death to come is of %v, want now", at)
	}
	if at := told.Deaths[1].died(now); at.UnixMilli() != 1000 {
		t.Errorf("a death of before is of %v", at)
	}
}

func nodeOf(id string) *memberlist.Node {
	return &memberlist.Node{Name: id, Addr: []byte{10, 0, 0, 1}, Port: 7946}
}

// FuzzGossip: whatever another member says about itself and the dead, the view can be computed.
func FuzzGossip(f *testing.F) {
	f.Add((&metadata{Name: "n", Roles: RoleCanvas | RoleGateway, Peer: "10.0.0.1:7947", Geometry: "64x64/16", Pins: pins("").with(3, 1).with(65535, 65535)}).encode())
	f.Add((&knowledge{Joined: true, Deaths: []death{{ID: "x", Died: 5}}}).encode())
	geometry := canvas.Geometry{Width: 64, Height: 64, Region: 16}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := decodeMetadata(b); err == nil {
			a, c := m.member(nodeOf("a")), m.member(nodeOf("b"))
			c.Peer = "10.0.0.2:1"
			newView(latest([]Member{a, c}), geometry)
			_ = a.Pins()
			_ = a.attributes()
		}
		if told, err := decodeKnowledge(b); err == nil {
			dead := newTombstones()
			for _, d := range told.Deaths {
				dead.add(d.ID, d.died(time.Now()))
			}
			dead.list()
		}
	})
}

func TestConfig_ExposedPorts(t *testing.T) {
	key, files := [][]byte{make([]byte, 16)}, peer.Files{Cert: "c", Key: "k", CA: "a"}
	for name, c := range map[string]struct {
		gossip, peer string
		key          [][]byte
		tls          peer.Files
		ports, flags string
	}{
		"loopback":          {"127.0.0.1:1", "[::1]:2", nil, peer.Files{}, "", ""},
		"all":               {":1", "0.0.0.0:2", nil, peer.Files{}, "peer 0.0.0.0:2, gossip :1", "--peer-cert, --peer-key and --peer-ca, and --gossip-key"},
		"one address":       {"10.0.0.7:1", "127.0.0.1:2", nil, peer.Files{}, "gossip 10.0.0.7:1", "--gossip-key"},
		"gossip with a key": {"10.0.0.7:1", "10.0.0.7:2", key, peer.Files{}, "peer 10.0.0.7:2", "--peer-cert, --peer-key and --peer-ca"},
		"both guarded":      {":1", ":2", key, files, "", ""},
	} {
		cfg := Config{Gossip: c.gossip, Peer: c.peer, GossipKeys: c.key, TLS: c.tls, Log: slog.New(slog.DiscardHandler)}
		if ports, flags := cfg.Exposed(); ports != c.ports || flags != c.flags {
			t.Errorf("%s: %q without %q, want %q without %q", name, ports, flags, c.ports, c.flags)
		}
	}
}

func TestCluster_SaysHowOpenItIs(t *testing.T) {
	cfg := testConfig("open")
	cfg.Gossip, cfg.Peer, cfg.Advertise = "0.0.0.0:0", "0.0.0.0:0", "127.0.0.1"
	if p := listening(t, cfg); p.lines.Count("level=WARN") != 1 || p.lines.Count("--peer-cert") != 1 || p.lines.Count("--gossip-key") != 1 {
		t.Errorf("log %q, want one line with what to set", p.lines)
	}
	if p := listening(t, testConfig("closed")); p.lines.Count("level=WARN") != 0 {
		t.Errorf("log %q, want no warning", p.lines)
	}
}

// A refusal counts from the moment that is asked about on, however long the question takes.
func TestRefusals_Since(t *testing.T) {
	r := newRefusals(slog.New(slog.DiscardHandler))
	before := time.Now().Add(-time.Nanosecond)
	if why := r.since(before); why != "" {
		t.Errorf("%q before there was any", why)
	}
	r.add("another key")
	if why := r.since(before); why != "another key" {
		t.Errorf("%q", why)
	}
	if why := r.since(time.Now()); why != "" {
		t.Errorf("%q after the last", why)
	}
}
