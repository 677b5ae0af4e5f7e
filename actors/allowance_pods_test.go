package actors

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// crowdOf is connections of one person on all pods, which place pixels one by one until they are told
// to stop, and count what was accepted.
type crowdOf struct {
	placed atomic.Int64
	began  time.Time
	stop   chan struct{}
	all    sync.WaitGroup
	once   sync.Once
}

func (p *pods) crowdOf(person canvas.Person, each int) *crowdOf {
	d := &crowdOf{began: time.Now(), stop: make(chan struct{})}
	for _, pod := range p.members {
		for range each {
			c := pod.connectAs(person)
			d.all.Go(func() {
				for num := uint64(1); ; num++ {
					select {
					case <-d.stop:
						return
					default:
					}
					c.conn.Send(Place{Num: num, Dots: []canvas.Dot{dot(1, 1, 1)}})
					if !d.answered(c, num) {
						return
					}
				}
			})
		}
	}
	p.t.Cleanup(d.halt)
	return d
}

// answered waits for an answer, and after a refusal a little longer.
func (d *crowdOf) answered(c *client, num uint64) bool {
	for {
		select {
		case <-d.stop: // of a pod that is gone there may be none
			return false
		case <-time.After(time.Millisecond):
		}
		var acked, refused bool
		c.crowd.do(func() {
			refused = c.refused[num] != 0
			acked = len(c.acked) > 0 && c.acked[len(c.acked)-1] == num
		})
		if acked {
			d.placed.Add(1)
		}
		if acked || refused {
			return true
		}
	}
}

func (d *crowdOf) halt() {
	d.once.Do(func() { close(d.stop) })
	d.all.Wait()
}

// within checks (I10) that no more was placed than one allowance, and no less than is left of it.
func (d *crowdOf) within(t *testing.T, pace canvas.Pace, least float64) {
	t.Helper()
	d.halt()
	most := float64(pace.Burst) + pace.Rate*time.Since(d.began).Seconds()
	if n := float64(d.placed.Load()); n > most || n < least {
		t.Errorf("%v pixels of an allowance of %v, at least %v", n, most, least)
	}
}

func (d *crowdOf) reaches(p *pods, n int64) {
	p.t.Helper()
	p.members[0].eventuallyNot("too few placed", func() bool { return d.placed.Load() >= n })
}

// TestAllowance_OneForAllPods (I10).
func TestAllowance_OneForAllPods(t *testing.T) {
	p := newPods(t, 3, calm)
	pace := slowly(200)
	d := p.crowdOf(somebody(1, pace), 5)
	p.members[0].eventuallyNot("something is left", func() bool { return p.members[0].left(somebody(1, pace)) == 0 })
	for _, pod := range p.members {
		if left := pod.left(somebody(1, pace)); left != 0 {
			t.Errorf("%d left on %s", left, pod.address)
		}
	}
	d.within(t, pace, 150)
}

// TestAllowance_OwnerDies (I10): what its successor does not know counts as spent. With the owner die
// its own connections.
func TestAllowance_OwnerDies(t *testing.T) {
	p := newPods(t, 3, nil)
	pace := canvas.Pace{Rate: 50, Burst: 1000}
	owner, _ := p.apart(1)
	d := p.crowdOf(somebody(1, pace), 4)
	d.reaches(p, 100)
	p.kill(owner)
	d.reaches(p, d.placed.Load()+40) // it goes on at the rate
	d.within(t, pace, 140)
}

// TestAllowance_MovesGiveNothing (I10): owners that drain hand over what is left, and newcomers ask for it.
func TestAllowance_MovesGiveNothing(t *testing.T) {
	p := newPods(t, 2, calmly)
	pace := slowly(300)
	person := somebody(1, pace)
	d := p.crowdOf(person, 3)
	d.reaches(p, 50)
	for i := range 4 {
		p.join()
		owner, _ := p.owner(int(person.Subject[0]))
		p.change(func() { owner.draining.Store(true) })
		p.members[0].eventuallyNot("neither placed nor spent", func() bool { return d.placed.Load() >= int64(50*(i+2)) || p.members[0].left(person) == 0 })
		p.change(func() { owner.draining.Store(false) })
	}
	p.members[0].eventuallyNot("something is left", func() bool { return p.members[0].left(person) == 0 })
	d.within(t, pace, 50) // on a machine so busy that news of members takes a second, what is left is spent
	for _, pod := range p.members {
		if n := pod.node.Stats().Unhandled[message.KindAllowance].Load(); n != 0 {
			t.Errorf("%d messages unhandled on %s", n, pod.address)
		}
	}
}

// TestAllowance_LeavesInGoodOrder: who has handed over everything leaves no doubt behind.
func TestAllowance_LeavesInGoodOrder(t *testing.T) {
	p := newPods(t, 3, calmly)
	pace := slowly(100)
	person := somebody(1, pace)
	owner, other := p.apart(1)
	if n := other.connectAs(person).tries(other.world, 30); n != 30 {
		t.Fatalf("%d of a full allowance", n)
	}
	p.change(func() { owner.draining.Store(true) })
	if err := owner.node.HandOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.kill(owner)
	if left := other.left(person); left != 70 {
		t.Errorf("%d left, want 70", left)
	}
	for first := byte(2); first < 10; first++ {
		if left := other.left(somebody(first, pace)); left != 100 {
			t.Errorf("%d left of an allowance that was not used", left)
		}
	}
}

// TestAllowance_LossyNetwork (I10): lost messages cost pixels, and give none. Owners change all the time.
func TestAllowance_LossyNetwork(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	p := newPods(t, 3, nil)
	pace := slowly(400)
	d := p.crowdOf(somebody(1, pace), 3)
	losses := rand.New(rand.NewPCG(seed, 1)) // used under the lock of pods
	p.change(func() { p.lose = func(letter) bool { return losses.IntN(20) == 0 } })
	for range 6 {
		pod := p.members[random.IntN(3)]
		want := d.placed.Load() + 5
		p.members[0].eventuallyNot("drawing", func() bool {
			return d.placed.Load() >= want || p.members[0].leftOrNone(somebody(1, pace)) == 0
		})
		p.change(func() { pod.draining.Store(!pod.draining.Load()) })
	}
	p.change(func() { p.lose = nil })
	d.within(t, pace, 0)
}

// leftOrNone is 0 if nobody can say.
func (w *world) leftOrNone(person canvas.Person) int {
	left, _, _ := w.node.Left(w.t.Context(), person)
	return left.Pixels
}

func calmly(c *Config) {
	unhurried(c)
	calm(c)
}
