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

	"pixelplayground/actors/allowances"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/decisions"
	"pixelplayground/actors/mailbox"
	"pixelplayground/actors/message"
	"pixelplayground/actors/store/memory"
)

// pods is several nodes that share one store, with a network between them that a test can break.
type pods struct {
	t     *testing.T
	store *memory.Store
	cfg   func(*Config)
	ports func(*testPod, *Ports) // changes the ports of a pod that joins; nil: they stay as they are

	strangers []string // addresses of members of an earlier version, which are not there

	inRounds bool // drawings place no more than they are allowed: see rounds

	mu      sync.Mutex
	members []*testPod // the members that every pod's placement counts, in order of arrival
	owners  *testOwners
	count   int
	network
}

// testPod is one node and its address.
type testPod struct {
	*world
	address  string
	draining atomic.Bool
	system   *actor.ActorSystem
}

func newPods(t *testing.T, n int, change func(*Config)) *pods {
	p := &pods{t: t, store: memory.New(memory.Config{Geometry: testGeometry}), cfg: change, owners: new(testOwners)}
	p.owners.pods = p
	for range n {
		p.join()
	}
	return p
}

// join adds a pod, and then tells all pods of it.
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
	system := mailbox.NewSystem(nopLog())
	system.ProcessRegistry.Address = pod.address
	system.ProcessRegistry.RegisterAddressResolver(func(pid *actor.PID) (actor.Process, bool) {
		return &cable{p, pod.address}, true
	})
	pod.system = system
	ports := Ports{System: system, Placement: p}
	if p.ports != nil {
		p.ports(pod, &ports)
	}
	pod.world = wire(p.t, p.store, cfg, ports)
	p.t.Cleanup(system.Shutdown)
	p.change(func() { p.members = append(p.members, pod) })
	return pod
}

// change alters the members and tells all nodes.
func (p *pods) change(f func()) {
	p.mu.Lock()
	f()
	members := slices.Clone(p.members)
	p.owners = &testOwners{pods: p}
	for _, pod := range members {
		p.owners.members = append(p.owners.members, allowances.Member{ID: pod.address, Address: pod.address})
	}
	p.mu.Unlock()
	for _, pod := range members {
		pod.node.Moved()
	}
}

// unhurried adapts a config to planned moves. On a machine that is busy enough, any of them takes
// longer than a pod normally waits before it claims, refuses or gives up.
func unhurried(c *Config) { c.Yield, c.Patience, c.Retire = time.Minute, time.Minute, time.Minute }

// kill cuts a pod off from the other pods, which take it for dead.
func (p *pods) kill(pod *testPod) {
	p.change(func() {
		p.members = slices.DeleteFunc(p.members, func(m *testPod) bool { return m == pod })
	})
}

// ranked returns the members in the order in which they should own something (rendezvous).
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
	return ownerOf(p.ranked(key))
}

// ownerAmong is owner among some members, which may have gone since.
func (p *pods) ownerAmong(members []allowances.Member, key int) (owner *testPod, before []*testPod) {
	list := slices.DeleteFunc(p.ranked(key), func(pod *testPod) bool {
		return !slices.ContainsFunc(members, func(m allowances.Member) bool { return m.ID == pod.address })
	})
	return ownerOf(list)
}

func ownerOf(list []*testPod) (owner *testPod, before []*testPod) {
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

// apart returns the pod that owns something, and one that does not.
func (p *pods) apart(key int) (owner, other *testPod) {
	owner, _ = p.owner(key)
	for _, pod := range p.members {
		if pod != owner {
			other = pod
		}
	}
	return owner, other
}

func (p *pods) Region(id canvas.RegionID) *actor.PID {
	if owner, _ := p.owner(int(id)); owner != nil {
		return actor.NewPID(owner.address, message.RegionName(id))
	}
	return nil
}

func (p *pods) Before(id canvas.RegionID) (pids []*actor.PID) {
	_, before := p.owner(int(id))
	for _, pod := range before {
		pids = append(pids, actor.NewPID(pod.address, message.RegionName(id)))
	}
	return pids
}

// Allowances is the same until the members change.
func (p *pods) Allowances() allowances.Owners {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.owners
}

// testOwners places allowances by one byte of the subject.
type testOwners struct {
	pods    *pods
	members []allowances.Member
}

func (o *testOwners) Members() []allowances.Member { return o.members }

func (o *testOwners) Owner(s canvas.Subject) *actor.PID {
	if owner, _ := o.pods.ownerAmong(o.members, int(s[0])); owner != nil {
		return actor.NewPID(owner.address, message.AllowanceName)
	}
	return nil
}

func (o *testOwners) Before(s canvas.Subject) (fronts []*actor.PID) {
	_, before := o.pods.ownerAmong(o.members, int(s[0]))
	for _, pod := range before {
		fronts = append(fronts, actor.NewPID(pod.address, message.AllowanceName))
	}
	return fronts
}

func (p *pods) Presence() *actor.PID {
	if owner, _ := p.owner(-1); owner != nil {
		return actor.NewPID(owner.address, message.PresenceName)
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

func (p *pods) Keepers() (members []decisions.Member) {
	for _, address := range p.Gateways() {
		members = append(members, decisions.Member{ID: address, Name: address, Address: address, Canvas: true, Obeys: true})
	}
	for _, address := range p.strangers {
		members = append(members, decisions.Member{ID: address, Name: address, Address: address, Canvas: true})
	}
	return members
}

func (p *pods) Has(address string) bool { return slices.Contains(p.Gateways(), address) }

// drawing makes a client place pixels endlessly, one per op, and remembers what was acknowledged.
type drawing struct {
	client *client
	stop   chan struct{}
	ended  sync.WaitGroup
	placed uint64 // read it after halt

	allowed atomic.Uint64 // how many it may have placed so far, if it draws in rounds
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
			if d.outstanding() > Window/2 || p.inRounds && d.placed == d.allowed.Load() {
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

// settled halts the drawings. It checks that every op was answered, that each acknowledged op is in
// the log exactly once and each refused one not at all, and that every client's replica equals what
// the store has.
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

// more waits until every drawing has had n more ops acknowledged, one after the other. How long all
// of them take depends on the machine, but if something is stuck there is no next one.
func (p *pods) more(drawings map[*drawing]*testPod, n int) {
	p.t.Helper()
	for d, pod := range drawings {
		var had int
		d.client.crowd.do(func() { had = len(d.client.acked) })
		for want := had + n; had < want; {
			last := had
			pod.eventually("one more op is acknowledged", func() bool {
				had = len(d.client.acked)
				return had > last
			})
		}
	}
}
