package audit

import (
	"image"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/cmd/pixelctl/loadtest/pattern"
)

// world is a test that draws, a canvas, and its watcher.
type world struct {
	*Audit
	t     *testing.T
	seqs  []uint64
	final map[image.Point]canvas.Color
}

const testAuthor canvas.Author = 7

// small is a canvas of 2x2 regions.
func small() canvas.Geometry { return canvas.Geometry{Width: 32, Height: 24, Region: 16} }

func newWorld(t *testing.T) *world {
	plan, err := NewPlan(small(), image.Rectangle{}, 12345)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Audit: New(small(), plan), t: t, seqs: []uint64{100, 0, 3, 5}, final: make(map[image.Point]canvas.Color)}
	w.Begin(func() (marks []canvas.Mark) {
		for id, seq := range w.seqs {
			marks = append(marks, canvas.Mark{Region: canvas.RegionID(id), Position: canvas.Position{Epoch: 1, Seq: seq}})
		}
		return marks
	})
	return w
}

// put places n pixels, each with this answer, and returns their numbers.
func (w *world) put(n int, state State) (numbers []int) {
	for range n {
		number, _, err := w.Place(testAuthor, time.Duration(len(w.pixels)))
		if err != nil {
			w.t.Fatal(err)
		}
		w.Answer(number, state)
		numbers = append(numbers, number)
	}
	return numbers
}

// write makes the canvas show a pixel, and returns its region and the pixel.
func (w *world) write(n int) (canvas.RegionID, canvas.Pixel) {
	d := w.plan.dot(n)
	w.final[image.Pt(int(d.X), int(d.Y))] = d.Color
	id, pos := w.g.Locate(int(d.X), int(d.Y))
	return id, canvas.Pixel{Pos: pos, Color: d.Color}
}

// show writes pixels, and shows each to the watcher.
func (w *world) show(numbers ...int) {
	for _, n := range numbers {
		w.cover(1, n)
	}
}

// cover shows the watcher pixels of one region, in a frame that covers count sequence numbers.
func (w *world) cover(count uint64, numbers ...int) {
	b := canvas.Batch{Epoch: 1, Ops: []canvas.Op{{ID: canvas.OpID{Author: testAuthor}}}}
	for _, n := range numbers {
		var pixel canvas.Pixel
		b.Region, pixel = w.write(n)
		b.Ops[0].Pixels = append(b.Ops[0].Pixels, pixel)
	}
	w.frame(&b, count)
}

func (w *world) frame(b *canvas.Batch, count uint64) {
	b.From = w.seqs[b.Region]
	w.seqs[b.Region] += count
	b.To = w.seqs[b.Region]
	w.Batch(b, func(time.Duration) {})
}

// skip shows the watcher a region as a whole, count numbers further.
func (w *world) skip(id canvas.RegionID, count int) {
	w.seqs[id] = uint64(int(w.seqs[id]) + count)
	w.Snapshot(canvas.Mark{Region: id, Position: canvas.Position{Epoch: 2, Seq: w.seqs[id]}})
}

func (w *world) result() Result {
	return w.Judge([]Final{{"test", func(x, y int) (canvas.Color, bool) {
		if c, written := w.final[image.Pt(x, y)]; written {
			return c, true
		}
		return canvas.Background, true
	}}})
}

// at is the region of a pixel.
func (w *world) at(n int) canvas.RegionID {
	d := w.plan.dot(n)
	id, _ := w.g.Locate(int(d.X), int(d.Y))
	return id
}

// same returns two pixels that go to the same shared place.
func (w *world) same() (first, second int) {
	numbers := w.put(shared*(int(w.plan.spots)+1), Refused)
	first, second = shared-1, numbers[len(numbers)-1]
	a, b := w.plan.dot(first), w.plan.dot(second)
	if a.X != b.X || a.Y != b.Y {
		w.t.Fatalf("%v and %v are not at the same place", a, b)
	}
	w.Answer(first, Acked)
	w.Answer(second, Acked)
	return first, second
}

// Goal: the audit finds each fault, and nothing else. Method: each case is something that a server
// does; the result must count what was wrong with it.
func TestAudit_FindsWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(w *world)
		want Result // except the texts
		ok   bool   // of both verdicts
	}{
		{"all is there", func(w *world) { w.show(w.put(50, Acked)...) }, Result{Acked: 50, Seen: 50, Places: 50}, true},
		{"one is lost", func(w *world) {
			numbers := w.put(50, Acked)
			w.show(numbers[1:]...)
		}, Result{Acked: 50, Seen: 49, Lost: 1, Places: 49}, false},
		{"one is there twice", func(w *world) {
			w.show(w.put(3, Acked)...)
			w.show(1)
		}, Result{Acked: 3, Seen: 3, Twice: 1, Places: 3}, false},
		{"one is not answered, and there", func(w *world) { w.show(w.put(1, Open)...) }, Result{Open: 1, Places: 1}, false},
		{"one is not answered, and not there", func(w *world) {
			w.put(1, Open)
			w.show(w.put(1, Acked)...)
		}, Result{Open: 1, Acked: 1, Seen: 1, Places: 1}, false},
		{"one is refused", func(w *world) {
			w.put(1, Refused)
			w.show(w.put(1, Acked)...)
		}, Result{Refused: 1, Acked: 1, Seen: 1, Places: 1}, true},
		{"one is refused, and there", func(w *world) { w.show(w.put(1, Refused)...) }, Result{Refused: 1, Ghosts: 1, Places: 1}, false},
		{"a frame leaves out what was overwritten", func(w *world) {
			_, second := w.same()
			w.cover(2, second)
		}, Result{Acked: 2, Refused: 134, Seen: 1, Unseen: 1, Places: 1}, true},
		{"a frame leaves out one, and one more is lost", func(w *world) {
			_, second := w.same()
			w.put(1, Acked)
			w.cover(2, second)
		}, Result{Acked: 3, Refused: 134, Seen: 1, Unseen: 1, Lost: 1, Places: 1}, false},
		{"one at a shared place is lost, no frame left out any", func(w *world) {
			_, second := w.same()
			w.show(second)
		}, Result{Acked: 2, Refused: 134, Seen: 1, Lost: 1, Places: 1}, false},
		{"a frame covers one more than was placed", func(w *world) {
			_, second := w.same()
			w.cover(3, second)
		}, Result{Acked: 2, Refused: 134, Seen: 1, Unseen: 1, Twice: 1, Places: 1}, false},
		{"a frame covers what is not answered", func(w *world) {
			first, second := w.same()
			w.Answer(first, Open)
			w.cover(2, second)
		}, Result{Acked: 1, Refused: 134, Open: 1, Seen: 1, Places: 1}, false},
		{"a snapshot has it", func(w *world) {
			w.put(1, Acked)
			w.write(0)
			w.skip(w.at(0), 1)
		}, Result{Acked: 1, Unseen: 1, Snapshots: 1}, false}, // no place whose last writer is known
		{"a snapshot has not", func(w *world) {
			w.put(1, Acked)
			w.skip(w.at(0), 1)
		}, Result{Acked: 1, Lost: 1, Snapshots: 1, Twice: 1}, false},
		{"a snapshot has one and hides one", func(w *world) {
			_, second := w.same()
			w.write(second)
			w.skip(w.at(second), 2)
		}, Result{Acked: 2, Refused: 134, Unseen: 2, Snapshots: 1}, false},
		{"a snapshot hides more than was written", func(w *world) {
			_, second := w.same()
			w.write(second)
			w.skip(w.at(second), 1)
		}, Result{Acked: 2, Refused: 134, Unseen: 1, Lost: 1, Snapshots: 1}, false},
		{"the canvas goes back", func(w *world) {
			w.show(w.put(1, Acked)...)
			w.skip(w.at(0), -1)
		}, Result{Acked: 1, Seen: 1, Snapshots: 1, Reverted: 1}, false},
		{"the canvas goes back, and forgets one that was seen", func(w *world) {
			w.show(w.put(1, Acked)...)
			clear(w.final)
			w.skip(w.at(0), -1)
		}, Result{Acked: 1, Lost: 1, Snapshots: 1, Reverted: 1}, false},
		{"the last writer is not what shows", func(w *world) {
			first, second := w.same()
			w.show(first, second)
			w.write(first)
		}, Result{Acked: 2, Refused: 134, Seen: 2, Places: 1, Wrong: 1}, false},
		{"nothing shows", func(w *world) {
			w.show(w.put(2, Acked)...)
			clear(w.final)
		}, Result{Acked: 2, Seen: 2, Places: 2, Wrong: 2}, false},
		{"under another's name", func(w *world) {
			w.put(1, Acked)
			w.pixels[0].owner = testAuthor + 1
			w.show(0)
		}, Result{Acked: 1, Seen: 1, Places: 1, Astray: 1}, false},
		{"others draw", func(w *world) {
			w.show(w.put(1, Acked)...)
			w.frame(&canvas.Batch{Region: w.at(0), Ops: []canvas.Op{{Pixels: []canvas.Pixel{{Pos: 5, Color: 1}}}}}, 2)
		}, Result{Acked: 1, Seen: 1, Foreign: 1, Places: 1}, true},
		{"nothing was drawn", func(*world) {}, Result{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.do(w)
			got := w.result()
			verdicts := got.Verdicts(1, nil)
			texts := append(got.Faults, got.Colours...)
			got.Faults, got.Colours = nil, nil
			if !sameResult(got, test.want) {
				t.Errorf("got  %+v\nwant %+v\n%s", got, test.want, strings.Join(texts, "\n"))
			}
			if ok := verdicts[0].Passed && verdicts[1].Passed; ok != test.ok {
				t.Errorf("passed: %v\n%+v", ok, verdicts)
			}
		})
	}
}

func sameResult(a, b Result) bool {
	return a.Acked == b.Acked && a.Refused == b.Refused && a.Open == b.Open && a.Seen == b.Seen && a.Unseen == b.Unseen && a.Lost == b.Lost &&
		a.Twice == b.Twice && a.Ghosts == b.Ghosts && a.Astray == b.Astray && a.Places == b.Places && a.Wrong == b.Wrong &&
		a.Foreign == b.Foreign && a.Snapshots == b.Snapshots && a.Reverted == b.Reverted
}

func TestAudit_IgnoresWhatWasBefore(t *testing.T) {
	w := newWorld(t)
	w.put(1, Acked)
	id, pixel := w.write(0)
	w.seqs[id] += 10
	w.Begin(func() []canvas.Mark { return []canvas.Mark{{Region: id, Position: canvas.Position{Seq: w.seqs[id]}}} })
	old := canvas.Batch{Region: id, From: w.seqs[id] - 1, To: w.seqs[id], Ops: []canvas.Op{{Pixels: []canvas.Pixel{pixel}}}}
	w.Batch(&old, func(time.Duration) { t.Error("seen before it was placed") })
	if w.pixels[0].seen != 0 {
		t.Error("counted")
	}
}

func TestAudit_TellsWhenAPixelWasDueAtItsFirstSightOnly(t *testing.T) {
	w := newWorld(t)
	w.put(2, Acked)
	var dues []time.Duration
	for range 2 {
		id, pixel := w.write(1)
		w.seqs[id]++
		w.Batch(&canvas.Batch{Region: id, From: w.seqs[id] - 1, To: w.seqs[id], Ops: []canvas.Op{{Pixels: []canvas.Pixel{pixel}}}},
			func(due time.Duration) { dues = append(dues, due) })
	}
	if len(dues) != 1 || dues[0] != 1 {
		t.Errorf("got %v", dues)
	}
}

func TestAuditPlan_EveryPixelIsKnownAgain(t *testing.T) {
	g := small()
	for _, area := range []image.Rectangle{{}, image.Rect(3, 5, 20, 9), image.Rect(31, 23, 32, 24), image.Rect(0, 0, 1000, 1000)} {
		for _, salt := range []uint64{0, 1, pattern.Colors - 1, 1 << 40} {
			plan, err := NewPlan(g, area, salt)
			if err != nil {
				t.Fatal(err)
			}
			const placed = 2000
			for n := range placed {
				d := plan.dot(n)
				if !image.Pt(int(d.X), int(d.Y)).In(plan.Area) {
					t.Fatalf("pixel %d of %v goes to %d,%d", n, plan.Area, d.X, d.Y)
				}
				if got, ours := plan.number(int(d.X), int(d.Y), d.Color, placed); !ours || got != n {
					t.Fatalf("pixel %d is taken for %d, %v", n, got, ours)
				}
				if _, ours := plan.number(int(d.X), int(d.Y), d.Color, n); ours {
					t.Fatalf("pixel %d is known before it was placed", n)
				}
				if _, ours := plan.number(int(d.X)+1, int(d.Y), d.Color, placed); ours {
					t.Fatalf("pixel %d is known elsewhere", n)
				}
			}
		}
	}
}

// Goal: until the area is full, pixels have places of their own, except those that go to shared
// places.
func TestAuditPlan_HasRoom(t *testing.T) {
	g := small()
	plan, err := NewPlan(g, image.Rectangle{}, 99)
	if err != nil {
		t.Fatal(err)
	}
	own, common := make(map[[2]uint16]int), make(map[[2]uint16]int)
	size := g.Width * g.Height
	for n := range size * shared / (shared - 1) {
		d := plan.dot(n)
		if at := [2]uint16{d.X, d.Y}; n%shared == shared-1 {
			common[at]++
		} else if own[at]++; own[at] > 1 {
			t.Fatalf("pixel %d is the second of its own at %v", n, at)
		}
	}
	if len(own) != size || len(common) != spots*g.Regions() {
		t.Errorf("%d of %d places, and %d shared ones of %d", len(own), size, len(common), spots*g.Regions())
	}
	regions := make(map[canvas.RegionID]bool)
	for n := range 16 {
		d := plan.dot(n)
		id, _ := g.Locate(int(d.X), int(d.Y))
		regions[id] = true
	}
	if len(regions) != g.Regions() {
		t.Errorf("16 pixels reach only %d regions", len(regions))
	}
}

func TestAuditPlan_RefusesAnAreaElsewhere(t *testing.T) {
	if _, err := NewPlan(small(), image.Rect(100, 100, 110, 110), 0); err == nil {
		t.Error("there is nothing to draw on")
	}
}
