//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// contested are the pixels on which all clients draw, in different regions.
func contested() (places [10][2]uint16) {
	for i := range places {
		places[i] = [2]uint16{uint16(i * 25), uint16(i * 13)}
	}
	return places
}

// watcher remembers the colours that a client saw at each contested place, in order.
type watcher struct {
	mu   sync.Mutex
	seen map[[2]uint16][]canvas.Color
}

func (w *watcher) pixels(b *canvas.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range b.Ops {
		for _, p := range b.Ops[i].Pixels {
			x, y := geometry.Point(b.Region, p.Pos)
			at := [2]uint16{uint16(x), uint16(y)}
			w.seen[at] = append(w.seen[at], p.Color)
		}
	}
}

// Goal: when many clients write the same pixels at once, the writes have one order, and every
// client sees it. Method: 20 clients on 4 pods write 10 pixels, each as fast as its writes are
// acknowledged. Redis' log is the order. What each client saw of a pixel must be a subsequence of
// that order with the same end, and clients, HTTP and Redis must agree.
func TestCluster_Contention(t *testing.T) {
	beside(t)
	p := startPods(t, 2, 2)
	places := contested()
	watchers := make([]*watcher, 20)
	clients := make([]*client.Client, len(watchers))
	for i := range watchers {
		watchers[i] = &watcher{seen: make(map[[2]uint16][]canvas.Color)}
		clients[i] = dial(t, client.Config{URLs: p.targets(i), Replica: true, Handler: client.Handler{Pixels: watchers[i].pixels}})
	}
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	var writing sync.WaitGroup
	const each = 200 // pixels
	for i, c := range clients {
		writing.Go(func() {
			for n := range each {
				at := places[rand.IntN(len(places))]
				if err := c.Place(ctx, []canvas.Dot{{X: at[0], Y: at[1], Color: canvas.Color(1 + i*each + n)}}); err != nil {
					t.Errorf("client %d: %v", i, err)
				}
			}
		})
	}
	writing.Wait()

	order := make(map[[2]uint16][]canvas.Color)
	var marks []canvas.Mark
	total := 0
	for region, log := range p.logs() {
		for _, b := range log {
			for _, op := range b.Ops {
				for _, pixel := range op.Pixels {
					x, y := geometry.Point(canvas.RegionID(region), pixel.Pos)
					at := [2]uint16{uint16(x), uint16(y)}
					order[at] = append(order[at], pixel.Color)
					total++
				}
			}
		}
		if len(log) > 0 {
			marks = append(marks, canvas.Mark{Region: canvas.RegionID(region), Position: log[len(log)-1].Position()})
		}
	}
	if want := each * len(clients); total != want {
		t.Errorf("the log has %d pixels, %d were written", total, want)
	}
	for i, c := range clients {
		if err := c.WaitFor(ctx, marks...); err != nil {
			t.Fatalf("client %d does not get all: %v", i, err)
		}
		for at, colors := range order {
			watchers[i].mu.Lock()
			err := partOf(watchers[i].seen[at], colors)
			watchers[i].mu.Unlock()
			if err != nil {
				t.Errorf("client %d at %v: %v", i, at, err)
			}
			if got, _ := c.At(int(at[0]), int(at[1])); got != colors[len(colors)-1] {
				t.Errorf("client %d at %v has %v, the last in the log is %v", i, at, got, colors[len(colors)-1])
			}
		}
	}
	for at, colors := range order {
		for _, s := range p.gateways {
			if got, err := readPixel(s.url, at); err != nil || got != colors[len(colors)-1] {
				t.Errorf("%s at %v says %v (%v), the last in the log is %v", nameOf(s), at, got, err, colors[len(colors)-1])
			}
		}
	}
}

// partOf returns an error unless seen is a subsequence of order with the same end.
func partOf(seen, order []canvas.Color) error {
	if len(seen) == 0 || seen[len(seen)-1] != order[len(order)-1] {
		return errors.New("the last colour was not seen last")
	}
	next := 0
	for _, color := range seen {
		for next < len(order) && order[next] != color {
			next++
		}
		if next == len(order) {
			return fmt.Errorf("%v was seen where the log's order does not have it", color)
		}
		next++
	}
	return nil
}

func readPixel(url string, at [2]uint16) (canvas.Color, error) {
	body, err := get(fmt.Sprintf("%s/api/pixel/%d/%d", url, at[0], at[1]))
	if err != nil {
		return 0, err
	}
	var answer struct {
		Color string `json:"color"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return 0, err
	}
	return canvas.ParseColor(answer.Color)
}

// access is the input of an operation on a pixel, for porcupine.
type access struct {
	at    [2]uint16
	write bool
	color canvas.Color // written
}

// pixelModel is a register for each place, white at first.
func pixelModel() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			byPlace := make(map[[2]uint16][]porcupine.Operation)
			for _, op := range history {
				at := op.Input.(access).at
				byPlace[at] = append(byPlace[at], op)
			}
			var parts [][]porcupine.Operation
			for _, part := range byPlace {
				parts = append(parts, part)
			}
			return parts
		},
		Init: func() any { return canvas.Color(0xFFFFFF) },
		Step: func(state, input, output any) (bool, any) {
			a := input.(access)
			if a.write {
				return true, a.color
			}
			return output.(canvas.Color) == state.(canvas.Color), state
		},
	}
}

// history records operations with the times at which they began and ended.
type history struct {
	began time.Time
	next  atomic.Int64 // client ids
	mu    sync.Mutex
	ops   []porcupine.Operation
}

// add records an operation. If known is false, its end is unknown: it may have taken place at any
// time after it began.
func (h *history) add(a access, out canvas.Color, from time.Time, known bool) {
	op := porcupine.Operation{
		ClientId: int(h.next.Add(1)), Input: a, Output: out, Call: from.Sub(h.began).Nanoseconds(), Return: time.Since(h.began).Nanoseconds(),
	}
	if !known {
		op.Return = math.MaxInt64
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, op)
}

// Goal: to clients that place pixels and read them over HTTP, the cluster behaves as one canvas
// that does one thing after another, even while pods die. Method: writers on all gateways draw on
// four places, and readers ask all gateways for these, while a canvas pod and a gateway are killed.
// Porcupine looks for an order of the operations in which each read returns the pixel written last.
func TestCluster_IsLinearizable(t *testing.T) {
	beside(t)
	p := startPods(t, 3, 3)
	places := contested()
	h := &history{began: time.Now()}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var busy sync.WaitGroup
	var reads, writes atomic.Int64
	for i := range 6 {
		c := dial(t, client.Config{URLs: p.targets(i)})
		busy.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				a := access{at: places[rand.IntN(4)], write: true, color: canvas.Color(1 + i<<16 + n)}
				from := time.Now()
				err := c.Place(ctx, []canvas.Dot{{X: a.at[0], Y: a.at[1], Color: a.color}})
				var refused *client.RefusedError
				if !errors.As(err, &refused) {
					h.add(a, 0, from, err == nil)
				}
				writes.Add(1)
				time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // paces the load
			}
		})
	}
	gateways := p.gateways // a copy for the readers, since the test kills some
	for range 6 {
		busy.Go(func() {
			for ctx.Err() == nil {
				a := access{at: places[rand.IntN(4)]}
				from := time.Now()
				color, err := readPixel(gateways[rand.IntN(len(gateways))].url, a.at)
				if err == nil {
					h.add(a, color, from, true)
					reads.Add(1)
				}
				time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // paces the load
			}
		})
	}
	more := func(n int64) {
		r, w := reads.Load()+n, writes.Load()+n
		eventually(t, "reading and writing go on", func() error {
			if got := min(reads.Load()-r, writes.Load()-w); got < 0 {
				return &short{int(got + n), int(n)}
			}
			return nil
		})
	}
	more(300)
	p.canvases[0].kill()
	more(300)
	p.gateways[0].kill()
	more(300)
	if code := p.canvases[1].terminate(); code != 0 {
		t.Errorf("exit %d", code)
	}
	more(300)
	stop()
	busy.Wait()
	result := porcupine.CheckOperationsTimeout(pixelModel(), h.ops, 2*time.Minute)
	t.Logf("%d operations: %v", len(h.ops), result)
	if result != porcupine.Ok {
		t.Error("the history is not linearizable, or could not be decided")
	}
}
