package actors

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/memory"
)

// pods is several nodes on one store, with a network between them that a test can break.
type pods struct {
	t     *testing.T
	store *memory.Store
	cfg   func(*Config)

	mu      sync.Mutex
	members []*testPod                 // those that the placement of all counts, in the order of their coming
	lost    func(from, to string) bool // whether a message is lost; nil: none is
	drop    func(from, to string, pid *actor.PID, content any) bool
	delay   time.Duration // of every message, in order
	count   int
}

// testPod is one node and where it is.
type testPod struct {
	*world
	address  string
	draining atomic.Bool
	system   *actor.ActorSystem
}

func newPods(t *testing.T, n int, change func(*Config)) *pods {
	p := &pods{t: t, store: memory.New(memory.Config{Geometry: testGeometry}), cfg: change}
	for range n {
		p.join()
	}
	return p
}

// join adds a pod, and then tells all of it.
func (p *pods) join() *testPod {
	p.t.Helper()
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Rate = testGeometry, 0
	cfg.Beat, cfg.PresenceEvery, cfg.PointersEvery = 10*time.Millisecond, 10*time.Millisecond, 5*time.Millisecond
	if p.cfg != nil {
		p.cfg(&cfg)
	}
	p.count++
	pod := &testPod{address: fmt.Sprintf("pod%d:1", p.count)}
	cfg.Node = pod.address
	system := NewSystem(nopLog())
	system.ProcessRegistry.Address = pod.address
	system.ProcessRegistry.RegisterAddressResolver(func(pid *actor.PID) (actor.Process, bool) {
		return &cable{p, pod.address}, true
	})
	pod.system = system
	pod.world = wire(p.t, p.store, cfg, Ports{System: system, Placement: p})
	p.t.Cleanup(system.Shutdown)
	p.change(func() { p.members = append(p.members, pod) })
	return pod
}

// change alters the members and tells all nodes.
func (p *pods) change(f func()) {
	p.mu.Lock()
	f()
	members := slices.Clone(p.members)
	p.mu.Unlock()
	for _, pod := range members {
		pod.node.Moved()
	}
}

// kill cuts a pod off from the others, its store included, and has them take it for dead.
func (p *pods) kill(pod *testPod) {
	p.change(func() {
		p.members = slices.DeleteFunc(p.members, func(m *testPod) bool { return m == pod })
	})
}

// cable is the way from one pod to any other.
type cable struct {
	pods *pods
	from string
}

func (c *cable) SendUserMessage(pid *actor.PID, message any) {
	// A PID remembers the process it was resolved to: without a fresh one answers would not
	// come this way.
	if e, ok := message.(*actor.MessageEnvelope); ok && e.Sender != nil {
		message = &actor.MessageEnvelope{Header: e.Header, Message: e.Message, Sender: actor.NewPID(e.Sender.Address, e.Sender.Id)}
	}
	c.pods.mu.Lock()
	var to *actor.ActorSystem
	for _, pod := range c.pods.members {
		if pod.address == pid.Address {
			to = pod.system
		}
	}
	// Who is no member can't send either.
	known := slices.ContainsFunc(c.pods.members, func(m *testPod) bool { return m.address == c.from })
	lost := to == nil || !known || c.pods.lost != nil && c.pods.lost(c.from, pid.Address)
	_, content, _ := actor.UnwrapEnvelope(message)
	lost = lost || c.pods.drop != nil && c.pods.drop(c.from, pid.Address, pid, content)
	delay := c.pods.delay
	c.pods.mu.Unlock()
	if !lost && delay > 0 {
		c.slow(to, pid, message, delay)
		return
	}
	if !lost {
		to.Root.Send(actor.NewPID(pid.Address, pid.Id), message)
	}
}

// slow delivers in order, after delay.
func (c *cable) slow(to *actor.ActorSystem, pid *actor.PID, message any, delay time.Duration) {
	type parcel struct {
		due     time.Time
		to      *actor.ActorSystem
		pid     *actor.PID
		message any
	}
	key := [2]string{c.from, pid.Address}
	link, _ := slowLinks.LoadOrStore([3]any{c.pods, key[0], key[1]}, make(chan any, 1<<20))
	ch := link.(chan any)
	if _, started := slowLinks.LoadOrStore([4]any{c.pods, key[0], key[1], true}, true); !started {
		go func() {
			for p := range ch {
				p := p.(parcel)
				time.Sleep(time.Until(p.due))
				p.to.Root.Send(actor.NewPID(p.pid.Address, p.pid.Id), p.message)
			}
		}()
	}
	ch <- parcel{time.Now().Add(delay), to, pid, message}
}

var slowLinks sync.Map

func (c *cable) SendSystemMessage(*actor.PID, any) {}
func (c *cable) Stop(*actor.PID)                   {}

// ranked is the members in the order in which they should own something: rendezvous.
func (p *pods) ranked(key int) []*testPod {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := slices.Clone(p.members)
	slices.SortFunc(list, func(a, b *testPod) int {
		return int(weight(a.address, key)) - int(weight(b.address, key))
	})
	return list
}

func weight(address string, key int) uint32 {
	h := uint32(2166136261)
	for _, b := range []byte(fmt.Sprintf("%d/%s", key, address)) {
		h = (h ^ uint32(b)) * 16777619
	}
	return h >> 4
}

func (p *pods) owner(key int) (owner *testPod, before []*testPod) {
	list := p.ranked(key)
	for _, pod := range list {
		if !pod.draining.Load() {
			owner = pod
			break
		}
	}
	if owner == nil && len(list) > 0 {
		owner = list[0]
	}
	next := 0 // in line
	for _, pod := range list {
		if pod != owner && (pod.draining.Load() || next < 2) {
			before = append(before, pod)
			if !pod.draining.Load() {
				next++
			}
		}
	}
	return owner, before
}

func (p *pods) Region(id canvas.RegionID) *actor.PID {
	if owner, _ := p.owner(int(id)); owner != nil {
		return actor.NewPID(owner.address, RegionName(id))
	}
	return nil
}

func (p *pods) Before(id canvas.RegionID) (pids []*actor.PID) {
	_, before := p.owner(int(id))
	for _, pod := range before {
		pids = append(pids, actor.NewPID(pod.address, RegionName(id)))
	}
	return pids
}

func (p *pods) Presence() *actor.PID {
	if owner, _ := p.owner(-1); owner != nil {
		return actor.NewPID(owner.address, PresenceName)
	}
	return nil
}

func (p *pods) Gateways() (addresses []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pod := range p.members {
		addresses = append(addresses, pod.address)
	}
	return addresses
}

func (p *pods) Has(address string) bool { return slices.Contains(p.Gateways(), address) }

// drawing has a client place pixels without end, one op each, and remembers what was acknowledged.
type drawing struct {
	client *client
	stop   chan struct{}
	ended  sync.WaitGroup
	placed uint64 // read it after halt
}

func (p *pods) draw(pod *testPod, seed uint64) *drawing {
	p.t.Helper()
	d := &drawing{client: pod.connect(Hello{}), stop: make(chan struct{})}
	pod.watch(d.client, nil)
	random := rand.New(rand.NewPCG(seed, 1))
	d.ended.Go(func() {
		for {
			select {
			case <-d.stop:
				return
			case <-time.After(time.Millisecond): // the pace of the load
			}
			if d.outstanding() > Window/2 {
				continue
			}
			d.placed++
			x, y := random.IntN(testGeometry.Width), random.IntN(testGeometry.Height)
			d.client.conn.Send(Place{Num: d.placed, Dots: []canvas.Dot{dot(x, y, canvas.Color(random.IntN(1<<24)))}})
		}
	})
	p.t.Cleanup(d.halt)
	return d
}

func (d *drawing) outstanding() int {
	d.client.crowd.mu.Lock()
	defer d.client.crowd.mu.Unlock()
	return int(d.placed) - len(d.client.acked) - len(d.client.refused)
}

func (d *drawing) halt() {
	select {
	case <-d.stop:
	default:
		close(d.stop)
	}
	d.ended.Wait()
}

// settled halts the drawings and checks that every op was answered, that each
// acknowledged one stands in the log exactly once and each refused one not at all, and
// that every client's replica is what the store has.
func (p *pods) settled(drawings map[*drawing]*testPod) {
	p.t.Helper()
	for d := range drawings {
		d.halt()
	}
	for d, pod := range drawings {
		pod.eventually("every op is answered", func() bool {
			return int(d.placed) == len(d.client.acked)+len(d.client.refused)
		})
		pod.converged(d.client)
		logged := pod.logged(d.client.welcome.User)
		for num := uint64(1); num <= d.placed; num++ {
			want := 1
			if d.client.refused[num] != 0 {
				want = 0
			}
			if logged[num] != want {
				p.t.Errorf("op %d of %s stands in the log %d times, want %d; refused %v of %d placed", num, pod.address, logged[num], want, d.client.refused[num], d.placed)
			}
		}
	}
}

// more waits until every drawing has had that many ops more acknowledged.
func (p *pods) more(drawings map[*drawing]*testPod, n int) {
	p.t.Helper()
	for d, pod := range drawings {
		var had int
		d.client.crowd.do(func() { had = len(d.client.acked) })
		pod.eventually("ops are acknowledged", func() bool { return len(d.client.acked) >= had+n })
	}
}
