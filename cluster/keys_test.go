package cluster

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"pixelplayground/cluster/clustertest"
)

func gossipKey(n byte) []byte { return slices.Repeat([]byte{n}, 16+8*int(n%3)) }

// TestGossipKeys_AreExchanged: the first key is used, only the keys asked for are left, and
// concurrent readers see keys and nothing else. A key that stays first is there throughout.
func TestGossipKeys_AreExchanged(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	always := gossipKey(100)
	ring, err := newKeyring([][]byte{always})
	if err != nil {
		t.Fatal(err)
	}
	keys := gossipKeys{ring: ring}
	ended := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		for {
			select {
			case <-ended:
				return
			default:
			}
			held := ring.GetKeys()
			if i := slices.IndexFunc(held, func(key []byte) bool { return bytes.Equal(key, always) }); i != 0 {
				t.Errorf("the first key is number %d of %d", i, len(held))
				return
			}
		}
	})
	for range 2000 {
		want := [][]byte{always}
		for range random.IntN(MaxGossipKeys) {
			want = append(want, gossipKey(byte(random.IntN(6))))
		}
		if err := keys.use(want); err != nil {
			t.Fatal(err)
		}
		held := slices.Clone(ring.GetKeys())
		want = slices.Clone(want)
		slices.SortFunc(want, bytes.Compare)
		slices.SortFunc(held, bytes.Compare)
		if want = slices.CompactFunc(want, bytes.Equal); !slices.EqualFunc(held, want, bytes.Equal) {
			t.Fatalf("holds %v, want %v", held, want)
		}
	}
	close(ended)
	reading.Wait()
	if err := keys.use([][]byte{gossipKey(1), gossipKey(2)}); err != nil || !bytes.Equal(ring.GetPrimaryKey(), gossipKey(1)) {
		t.Errorf("encrypts with %v, %v", ring.GetPrimaryKey(), err)
	}
	for name, unfit := range map[string][][]byte{"none": nil, "short": {gossipKey(3), {1}}, "too many": slices.Repeat([][]byte{gossipKey(3)}, 5)} {
		if err := keys.use(unfit); err == nil || !bytes.Equal(ring.GetPrimaryKey(), gossipKey(1)) {
			t.Errorf("%s: %v, encrypts with %v", name, err, ring.GetPrimaryKey())
		}
	}
	var open gossipKeys
	if open.use([][]byte{gossipKey(1)}) == nil || open.ring != nil {
		t.Error("encryption is turned on in a running pod")
	}
}

// drained waits until every pod has read the packets that the others had sent it before: one that
// was encrypted with a key given up since would be one of a stranger.
func drained(t *testing.T, pods ...*pod) {
	t.Helper()
	for _, from := range pods {
		for _, to := range pods {
			address, err := net.ResolveUDPAddr("udp", to.socket.address())
			if err != nil {
				t.Fatal(err)
			}
			clustertest.Eventually(t, "a ping is answered", func() bool { // packets come in order
				_, err := from.current().list.Ping(to.current().id, address)
				return from == to || err == nil
			})
		}
	}
}

// TestCluster_RotatesTheGossipKey: members agree through every step. At each step a newcomer, with
// the files of that step or of the one before, agrees with them too.
func TestCluster_RotatesTheGossipKey(t *testing.T) {
	old, next := gossipKey(1), gossipKey(2)
	with := func(cfg Config, keys [][]byte) Config {
		cfg.GossipKeys = keys
		cfg.ProbeEvery, cfg.ProbeTimeout = 10*time.Second, 4*time.Second // nobody dies here, however busy the machine is
		return cfg
	}
	before := [][]byte{old}
	a := start(t, with(testConfig("a"), before))
	b := start(t, with(testConfig("b", a), before))
	agree(t, a, b)
	pods := []*pod{a, b}
	for i, step := range [][][]byte{{old, next}, {next, old}, {next}} {
		drained(t, pods...)
		late := start(t, with(testConfig(fmt.Sprintf("late-%d", i), a), before))
		for _, p := range pods {
			if err := p.UseGossipKeys(step); err != nil {
				t.Fatal(err)
			}
		}
		pods = append(pods, late)
		agree(t, pods...)
		early := start(t, with(testConfig(fmt.Sprintf("early-%d", i), late), step)) // joins by the one that has the step before
		pods = append(pods, early)
		agree(t, pods...)
		if err := late.UseGossipKeys(step); err != nil {
			t.Fatal(err)
		}
		agree(t, pods...)
		before = step
	}
	for _, p := range pods {
		if n := p.lines.Count("another gossip key"); n > 0 {
			t.Errorf("%s has not understood another: %d lines", p.cfg.Name, n)
		}
		p.current().mu.Lock()
		if len(p.current().losses) > 0 {
			t.Errorf("%s has lost somebody: %v", p.cfg.Name, p.current().losses)
		}
		p.current().mu.Unlock()
	}
}
