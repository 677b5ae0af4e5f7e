//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// readyAll waits until all pods are ready in the sense of a roll, and one is the master.
func readyAll(t *testing.T, pods []*redisPod) (master *redisPod) {
	t.Helper()
	// A master that was frozen is left alone for 10 s after it is back, before it learns that it
	// isn't the master any more.
	deadline := time.Now().Add(elections)
	ready := func() error {
		master = nil
		for _, p := range pods {
			if out, err := p.script("/etc/redis/ready.sh").CombinedOutput(); err != nil {
				log, _ := os.ReadFile(p.log("redis"))
				return fmt.Errorf("%s: %v %s\n%s", p.name, err, out, log[max(0, len(log)-1000):])
			}
			if known, err := p.ask("26379", "SENTINEL", "REPLICAS", "canvas"); err != nil || strings.Count(known, "\nrunid\n") != 2 {
				log, _ := os.ReadFile(p.log("sentinel"))
				return fmt.Errorf("the Sentinel of %s does not know both replicas:\n%s", p.name, log[max(0, len(log)-1000):])
			}
			info, _ := p.ask("6379", "INFO", "replication")
			if !strings.Contains(info, "role:master") {
				continue
			}
			if master != nil {
				return fmt.Errorf("%s and %s are masters", master.name, p.name)
			}
			if master = p; !strings.Contains(info, "connected_slaves:2") {
				return fmt.Errorf("not all follow %s", p.name)
			}
		}
		if master == nil {
			return fmt.Errorf("there is no master")
		}
		return nil
	}
	for err := ready(); err != nil; err = ready() {
		if time.Now().After(deadline) {
			t.Fatalf("one Redis should be the master, and the others have what it has: %v", err)
		}
		time.Sleep(400 * time.Millisecond) // between polls, each of which is a score of processes
	}
	return master
}

// strokes is what eight painters place in one phase of the rehearsal.
type strokes struct {
	phase    int
	painters []*painter
}

func (s *strokes) dot(who, n int) canvas.Dot {
	const (
		rows   = 128 // of pixels for each painter: a row of regions
		phases = 5
	)
	return canvas.Dot{
		X: uint16(n * 131 % 1024), // an odd factor, so that each place of a row comes once, all over its regions
		Y: uint16(who*rows + s.phase + n/1024*phases), Color: canvas.Color(1 + s.phase<<16 + who<<12 + n%4096),
	}
}

func beginStrokes(t *testing.T, phase int, target string) *strokes {
	t.Helper()
	s := &strokes{phase: phase}
	for who := range 8 {
		c := dial(t, client.Config{URLs: []string{target}})
		s.painters = append(s.painters, paintDots(t, c, pace, func(n int) canvas.Dot { return s.dot(who, n) }))
	}
	s.more(t)
	return s
}

// more waits until every painter has drawn more.
func (s *strokes) more(t *testing.T) {
	t.Helper()
	for _, p := range s.painters {
		p.more(t, 20)
	}
}

// end stops the painters. It returns how many pixels were acknowledged, how many of those are lost,
// when the first lost one was acknowledged, and the longest time without any acknowledgement.
func (s *strokes) end(t *testing.T, target string) (acked, lost int, first time.Time, pause time.Duration) {
	t.Helper()
	for _, p := range s.painters {
		p.halt()
	}
	newcomer := dial(t, client.Config{URLs: []string{target}, Replica: true})
	catchUp(t, newcomer)
	for who, p := range s.painters {
		for _, fault := range p.faults {
			t.Errorf("a painter: %v", fault)
		}
		for n, color := range p.colors {
			d := s.dot(who, n)
			var got canvas.Color
			eventually(t, "the newcomer has the region", func() (err error) {
				var ok bool
				if got, ok = newcomer.At(int(d.X), int(d.Y)); !ok {
					err = fmt.Errorf("not yet")
				}
				return err
			})
			acked++
			if at := p.at[n]; got != color {
				lost++
				if first.IsZero() || at.Before(first) {
					first = at
				}
			}
		}
		for n, at := range p.at {
			if before, ok := p.at[n-1]; ok {
				pause = max(pause, at.Sub(before))
			}
		}
		p.client.Close()
	}
	return acked, lost, first, pause
}

// catchUp waits until a client has been shown all that was acknowledged before, also by other
// gateways: it gets a region's pixels in order, and its own before their ack. So it places one in
// each region, where nobody else does.
func catchUp(t *testing.T, c *client.Client) {
	t.Helper()
	var dots []canvas.Dot
	for y := uint16(127); y < 1024; y += 128 {
		for x := uint16(127); x < 1024; x += 128 {
			dots = append(dots, canvas.Dot{X: x, Y: y})
		}
	}
	eventually(t, "a pixel in each region", func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return c.Place(ctx, dots)
	})
}

// Goal: with three Redises, a master that goes is replaced in seconds. A planned change loses
// nothing, and an unplanned one only what was acknowledged a moment before. Method: the manifests'
// scripts and configuration run with real Redises and Sentinels, and the manifests' servers with
// the URL that the manifests give them, while eight painters draw.
func TestKubernetes_RedisFailover(t *testing.T) {
	t.Parallel() // without a lane
	k := startKube(t, "components/redis-sentinel")
	pods := k.redisPods()
	each := func(do func(*redisPod)) {
		for _, p := range pods {
			do(p)
		}
	}
	each((*redisPod).start)
	master := readyAll(t, pods)
	if master != pods[0] {
		t.Errorf("%s is the first master", master.name)
	}
	k.scale("canvas", 2)
	k.scale("gateway", 2)
	target := "ws://" + k.service.Addr().String() + "/ws"

	var drawn []*strokes
	missing := make(map[int]int) // by phase
	const moment = time.Second   // only pixels acknowledged within this time before the fault may be lost
	for phase, fault := range []struct {
		name  string
		does  func(*redisPod)
		loses bool
	}{
		{"the master is rolled", func(p *redisPod) { p.remove(); p.start() }, false},
		{"the master's node is lost", func(p *redisPod) {
			p.kill()
			eventuallyOther(t, pods, p)
			p.start()
		}, true},
		{"the master is frozen for longer than it is missed", func(p *redisPod) {
			p.signal(sigStop)
			eventuallyOther(t, pods, p)
			p.signal(sigCont)
		}, true},
		{"the master comes back with an empty volume", func(p *redisPod) {
			p.kill()
			if err := os.RemoveAll(p.folders.dir + "/data"); err != nil {
				t.Error(err)
			}
			p.mount()
			p.start()
		}, true},
		{"all end at once", func(*redisPod) { each((*redisPod).kill); each((*redisPod).start) }, false},
	} {
		s := beginStrokes(t, phase, target)
		at := time.Now()
		fault.does(master)
		now := readyAll(t, pods)
		s.more(t)
		acked, lost, first, pause := s.end(t, target)
		drawn, missing[phase] = append(drawn, s), lost
		t.Logf("%s: %s, then %s is the master; %d pixels acknowledged, %d of them lost; drawing paused for %v", fault.name, master.name, now.name, acked, lost, pause.Round(time.Millisecond))
		switch {
		case lost > 0 && !fault.loses:
			t.Errorf("%s: %d of %d acknowledged pixels are lost", fault.name, lost, acked)
		case lost > 0 && first.Before(at.Add(-moment)):
			t.Errorf("%s: a pixel is lost that was acknowledged %v before", fault.name, at.Sub(first))
		}
		master = now
	}
	for _, s := range drawn { // no fault may have taken what earlier ones had left
		if _, lost, _, _ := s.end(t, target); lost != missing[s.phase] {
			t.Errorf("of phase %d %d pixels are lost now, %d were at its end", s.phase, lost, missing[s.phase])
		}
	}
}

// elections is time for several of them: where votes are split, the next one comes 6 s later, and a Sentinel
// that something has held up for 2 s looks after nothing for the next 30 s.
const elections = time.Minute

// eventuallyOther waits until the Sentinels have another master.
func eventuallyOther(t *testing.T, pods []*redisPod, than *redisPod) {
	t.Helper()
	within(t, elections, "another master than "+than.name, func() error {
		for _, p := range pods {
			if p == than {
				continue
			}
			if out, err := p.ask("26379", "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "canvas"); err != nil || strings.HasPrefix(out, than.ip+"\n") {
				return fmt.Errorf("%s says %s %v", p.name, out, err)
			}
		}
		return nil
	})
}
