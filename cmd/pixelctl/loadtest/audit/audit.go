// Package audit decides whether every acknowledged pixel of a test is on the canvas exactly once.
// It is pure: the chaos test passes in what was placed, what a watcher was shown, and what the
// servers show in the end.
package audit

import (
	"fmt"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/pattern"
)

// Audit compares what a test placed with what a watcher saw and with what the canvas shows in the
// end. Every pixel has a colour of its own, so it is recognised wherever it turns up, and it must
// be there exactly once.
//
// A watcher is not shown every pixel. A frame that covers several commits (after a reconnect, or
// when the watcher was slow) leaves out pixels that were overwritten meanwhile, and a snapshot
// shows only what is left. But sequence numbers count everything that was written. So in every
// region, the number of pixels that were acknowledged and never shown must equal the number of
// sequence numbers that were covered but not shown. And each of these pixels must be what the
// canvas shows, or have been overwritten.
//
// Its methods may be called from any goroutine.
type Audit struct {
	g    canvas.Geometry
	plan Plan

	mu      sync.Mutex
	begun   bool
	pixels  []pixel // by number
	regions []region
	strange faults // pixels under another user's name, the first few
	astray  int    // how many pixels those were
	books   books
}

// pixel is one pixel of the test.
type pixel struct {
	due   time.Duration
	owner canvas.Author
	state State
	seen  uint8          // how many times by the watcher; at most 255
	again canvas.Refusal // why it was last placed again; 0: it was not
	seq   uint64         // that it was shown with; 0: in a frame that left others out, or not at all
}

type State uint8

const (
	Open    State = iota // not answered yet
	Acked                // durable and visible, the server says
	Refused              // not carried out, the server says, and not tried again
	Cut                  // not answered, since the server has ended the session for good: it may be there or not
)

// region is what the watcher received of a region.
type region struct {
	held      canvas.Position
	covered   uint64 // numbers since the beginning
	shown     uint64 // pixels, ours and others'
	foreign   uint64 // those of others
	snapshots int
	reverted  int // snapshots of an earlier position: the canvas lost something
	// last is the colour that was written last at each place, where that is known. After a snapshot
	// it is not.
	last map[uint16]canvas.Color
}

func New(g canvas.Geometry, plan Plan) *Audit {
	a := &Audit{g: g, plan: plan, regions: make([]region, g.Regions()), books: books{regions: make([]book, g.Regions()), times: make(map[int]int)}}
	for i := range a.regions {
		a.regions[i].last = make(map[uint16]canvas.Color)
	}
	return a
}

// Begin starts the audit where the watcher stands. Pixels from before that do not count, even if
// they are shown later.
func (a *Audit) Begin(stands func() []canvas.Mark) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range stands() {
		a.regions[m.Region].held = m.Position
		a.books.regions[m.Region] = book{first: m.Position.Seq, to: m.Position.Seq}
	}
	a.begun = true
}

// Place numbers the next pixel, which owner is about to place. It fails when the colours have run
// out.
func (a *Audit) Place(owner canvas.Author, due time.Duration) (n int, dot canvas.Dot, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n = len(a.pixels)
	if n == pattern.Colors {
		return 0, dot, fmt.Errorf("%d pixels were placed, and no more can be told apart: use a lower rate or a shorter time", n)
	}
	a.pixels = append(a.pixels, pixel{due: due, owner: owner})
	return n, a.plan.dot(n), nil
}

// Answer says what became of a pixel.
func (a *Audit) Answer(n int, state State) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pixels[n].state = state
}

// Again says that a pixel was refused for a while, and is about to be placed once more.
func (a *Audit) Again(n int, why canvas.Refusal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pixels[n].again = why
}

// Colors are those of the pixels that will have the next numbers: every second one, from the next on.
func (a *Audit) Colors(n int) (colors []canvas.Color) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range n {
		colors = append(colors, a.plan.dot(len(a.pixels)+2*i).Color)
	}
	return colors
}

// Number is the number of a pixel in the record; ours is false if the test has not placed it.
func (a *Audit) Number(p Entry) (n int, ours bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.plan.number(int(p.X), int(p.Y), p.Color, len(a.pixels))
}

// Batch records pixels that the watcher was shown. For each of the test's own pixels that is seen
// for the first time, it calls sight with the time when that pixel was due.
func (a *Audit) Batch(b *canvas.Batch, sight func(due time.Duration)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := &a.regions[b.Region]
	if !a.begun || b.From < r.held.Seq {
		return
	}
	r.held, r.covered = b.Position(), r.covered+b.To-b.From
	seq, whole := b.From, uint64(b.Pixels()) == b.To-b.From
	for i := range b.Ops {
		for _, pixel := range b.Ops[i].Pixels {
			r.shown++
			seq++
			r.last[pixel.Pos] = pixel.Color
			x, y := a.g.Point(b.Region, pixel.Pos)
			n, ours := a.plan.number(x, y, pixel.Color, len(a.pixels))
			if !ours {
				r.foreign++
				continue
			}
			p := &a.pixels[n]
			if p.seen == 0 {
				sight(p.due)
			}
			p.seen = min(p.seen, 254) + 1
			if whole {
				p.seq = seq
			}
			if author := b.Ops[i].ID.Author; author != p.owner {
				a.astray++
				a.strange.add("%s was placed by user %d and is shown as user %d's", a.name(n), p.owner, author)
			}
		}
	}
}

// Snapshot records a region that the watcher was shown as a whole.
func (a *Audit) Snapshot(m canvas.Mark) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := &a.regions[m.Region]
	if !a.begun {
		return
	}
	r.snapshots++
	if m.Position.Seq < r.held.Seq {
		r.reverted++
	} else {
		r.covered += m.Position.Seq - r.held.Seq
	}
	r.held = m.Position
	clear(r.last)
}

// name describes a pixel, for people.
func (a *Audit) name(n int) string {
	d := a.plan.dot(n)
	text := fmt.Sprintf("pixel %d (%s at %d,%d)", n, d.Color, d.X, d.Y)
	if why := a.pixels[n].again; why != 0 {
		text += fmt.Sprintf(", placed again after it was refused (%s),", why)
	}
	return text
}
