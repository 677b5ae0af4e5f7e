//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// protected is a part of the canvas that nobody may draw in, from a position of each region on and up to
// another.
type protected struct {
	act, x, y, edge int
	after, upTo     []uint64
}

// obeyed has an operator decide something, and returns the number of the act and whether it is obeyed.
func (s *server) obeyed(act string) (n int, obeyed bool, took time.Duration) {
	s.t.Helper()
	var said struct {
		Act     struct{ N int }
		Obeyed  bool
		Missing []string
	}
	began := time.Now()
	a, err := request(http.MethodPost, s.url+"/api/acts", act, operatorHeader())
	if err == nil && a.status == http.StatusOK {
		err = json.Unmarshal([]byte(a.body), &said)
	}
	if err != nil || said.Act.N == 0 {
		s.t.Fatalf("%s: %d %s %v", act, a.status, a.body, err)
	}
	took = time.Since(began)
	s.t.Logf("act %d: obeyed %v after %v, missing %v", said.Act.N, said.Obeyed, took.Round(time.Millisecond), said.Missing)
	return said.Act.N, said.Obeyed, took
}

// reached is where all regions are in Redis.
func (p *pods) reached() []uint64 {
	p.t.Helper()
	at := make([]uint64, geometry.Regions())
	for id, log := range p.logs() {
		if n := len(log); n > 0 {
			at[id] = log[n-1].To
		}
	}
	return at
}

// Goal (I11): once an act is acknowledged nothing that it forbids is committed any more, on any pod,
// whoever is killed. Method: people draw everywhere while areas are protected and given back; in every
// other round a canvas pod is killed just then, or the gateway that was asked before. The log in Redis is
// gone through op by op.
func TestRules_NothingForbiddenWhilePodsAreKilled(t *testing.T) {
	beside(t)
	p := startPods(t, 2, 3, operators()...)
	c := p.gather(6, 5*time.Millisecond)
	c.more(20)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var areas []*protected
	obeyed := 0
	for round := range 8 {
		a := &protected{edge: 40 + random.IntN(100)}
		a.x, a.y = random.IntN(geometry.Width-a.edge), random.IntN(geometry.Height-a.edge)
		if round%2 == 1 {
			victim := random.IntN(len(p.canvases))
			p.canvases[victim].kill()
			p.canvases = append(slices.Delete(p.canvases, victim, victim+1), p.start("canvas", operators()...))
		}
		asked := p.gateways[round%len(p.gateways)]
		n, done, _ := asked.obeyed(fmt.Sprintf(`{"id":"area-%d","do":"protect","why":"a test","area":{"name":"a","x":%d,"y":%d,"width":%d,"height":%d,"least":"moderator"}}`, round, a.x, a.y, a.edge, a.edge))
		if a.act = n; done {
			a.after = p.reached()
			obeyed++
		}
		c.more(10)
		a.upTo = p.reached()
		asked.obeyed(fmt.Sprintf(`{"id":"undo-%d","do":"undo","why":"a test","of":%d}`, round, n))
		if done {
			areas = append(areas, a)
		}
	}
	c.more(10)
	c.audit()
	checked := 0
	for id, log := range p.logs() {
		left, top, width, _ := geometry.Bounds(canvas.RegionID(id))
		for _, b := range log {
			for _, a := range areas {
				if b.To <= a.after[id] || b.To > a.upTo[id] {
					continue
				}
				for _, op := range b.Ops {
					checked++
					for _, pixel := range op.Pixels {
						if x, y := left+int(pixel.Pos)%width, top+int(pixel.Pos)/width; x >= a.x && x < a.x+a.edge && y >= a.y && y < a.y+a.edge {
							t.Errorf("(%d, %d) was committed in region %d at %d, though act %d was obeyed at %d", x, y, id, b.To, a.act, a.after[id])
						}
					}
				}
			}
		}
	}
	t.Logf("%d of 8 acts obeyed, %d ops checked", obeyed, checked)
	if obeyed < 4 || checked == 0 {
		t.Error("that proves nothing")
	}
}
