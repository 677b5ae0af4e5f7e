package record_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
)

// fresh is a reader that has seen nothing.
func (w *world) fresh() *record.Reader { return record.NewReader(w.files, w.log, w.cfg) }

// names lists the files of the region whose names begin with a kind.
func (w *world) names(kind string) (found []string) {
	for _, name := range w.files.Names() {
		if strings.HasPrefix(name, "region-0003/"+kind) {
			found = append(found, name)
		}
	}
	return found
}

// situations are what there is to record: each is done to a world that has recorded something.
var situations = map[string]func(w *world){
	"nothing new":          func(w *world) {},
	"a few more":           func(w *world) { w.draw(5) },
	"exactly a segment":    func(w *world) { w.draw(1) },
	"several segments":     func(w *world) { w.draw(170) },
	"a new owner":          func(w *world) { w.d.Claim(); w.draw(30) },
	"lost within the tail": func(w *world) { w.draw(30); w.mustAdvance(); w.failover(3); w.draw(30) },
	"lost over a segment":  func(w *world) { w.draw(90); w.mustAdvance(); w.failover(20); w.draw(30) },
	"lost and not drawn":   func(w *world) { w.draw(60); w.mustAdvance(); w.failover(12) },
	"a gap":                func(w *world) { w.draw(60); w.trim(len(w.past)); w.draw(60) },
	"a gap, then lost": func(w *world) {
		w.draw(60)
		w.log.Trim(region, w.d.Snapshot().Position.Seq)
		w.draw(60)
		w.mustAdvance()
		w.failover(5)
		w.draw(60)
	},
	"a damaged tail": func(w *world) {
		w.draw(20)
		w.mustAdvance()
		tail := w.names("pixels")
		w.files.Set(tail[len(tail)-1], []byte("PAR1 no longer"))
		w.draw(10)
	},
	"a damaged latest": func(w *world) { w.files.Set(w.names("latest")[0], nil); w.draw(70) },
	"no latest":        func(w *world) { _ = w.files.Remove(w.Context(), w.names("latest")[0]); w.draw(3) },
	"a damaged tile":   func(w *world) { w.files.Set(w.names("tile")[0], []byte("no picture")); w.draw(70) },
}

// begun is a world in which something is recorded.
func begun(t *testing.T) *world {
	w := newWorld(t, 5, 50)
	w.draw(130)
	w.mustAdvance()
	return w
}

// Goal: a crash at any step leaves a record that is right, and that the next call makes complete.
// Method: in each situation, fail for good at the first, second, third... change; read; go on.
func TestAdvance_CrashAtEveryStep(t *testing.T) {
	for name, happens := range situations {
		t.Run(name, func(t *testing.T) {
			w := begun(t)
			happens(w)
			files := w.files
			for n := 0; ; n++ {
				w.T, w.files = t, files.Clone()
				w.disk.Files = w.files
				var before []record.Pixel
				if !w.unseen && name != "a damaged tail" { // what is recorded is right already
					before, _ = w.recorded(w.fresh())
				}
				crashed, err := w.crash(n)
				if !crashed {
					if err != nil {
						t.Fatal(err)
					}
					break
				}
				if before != nil {
					if after, _ := w.recorded(w.fresh()); !samePixels(before, after) {
						t.Fatalf("crash at %d: %d pixels of %d are there", n, len(after), len(before))
					}
				}
				unseen := w.unseen
				w.mustAdvance()
				w.unseen = unseen
				if missing := w.check(w.fresh()); missing == 0 && n%4 == 0 {
					w.checkAll(w.fresh())
				} else if missing > 0 && !strings.Contains(name, "gap") {
					t.Fatalf("crash at %d: %d pixels are in gaps", n, missing)
				}
				w.tidy()
			}
		})
	}
}

// samePixels compares what was drawn, but not what is known of before.
func samePixels(a, b []record.Pixel) bool {
	return slices.EqualFunc(a, b, func(a, b record.Pixel) bool {
		a.Before, a.Known, b.Before, b.Known = 0, false, 0, false
		return a == b
	})
}

// tidy fails if there are files that are not needed.
func (w *world) tidy() {
	w.Helper()
	if n := len(w.names("latest")); n != 1 {
		w.Fatalf("%d files of the latest pixels: %v", n, w.files.Names())
	}
	end := uint64(0)
	pixels := w.names("pixels")
	for _, name := range pixels {
		var from, to uint64
		if _, err := fmt.Sscanf(name, "region-0003/pixels-%016d-%016d-", &from, &to); err != nil || from < end || to <= from {
			w.Fatalf("%s begins before %d: %v, %v", name, end, pixels, err)
		}
		end = to
	}
}

// Goal: two owners that record the same region at the same time do no harm. Method: the first one is
// stopped before it lists, writes or removes files while the second one records everything, and then goes on.
func TestAdvance_TwoOwners(t *testing.T) {
	for _, name := range []string{"a few more", "several segments", "lost over a segment", "a gap", "no latest"} {
		happens := situations[name]
		w := begun(t)
		for n := 0; ; n++ {
			w.restart(5)
			w.draw(130)
			w.mustAdvance()
			happens(w)
			calls, reached := 0, false
			w.disk.fault = func(method string) error {
				if method == recordtest.Get || reached {
					return nil
				}
				if calls++; calls-1 == n {
					reached = true
					w.d.Claim()
					w.draw(60)
					w.mustAdvance()
				}
				return nil
			}
			_, err := w.advance()
			w.disk.fault = nil
			if err != nil && !errors.Is(err, record.ErrLate) {
				t.Fatalf("%s: the late owner, stopped at %d: %v", name, n, err)
			}
			if !reached {
				break
			}
			w.check(w.fresh())
			w.draw(1)
			w.mustAdvance()
			if missing := w.check(w.fresh()); missing == 0 {
				w.checkAll(w.fresh())
			} else if !strings.Contains(name, "gap") {
				t.Fatalf("%s: %d pixels are in gaps", name, missing)
			}
			w.tidy()
		}
	}
}

func TestAdvance_FirstUseOfACanvasThatWasBegunEarlier(t *testing.T) {
	w := newWorld(t, 2, 50)
	w.draw(120)
	w.log.Trim(region, w.past[len(w.past)-8].Position.Seq)
	begun := w.past[len(w.past)-8]
	w.mustAdvance()
	r := w.fresh()
	if n := w.check(r); n != begun.Position.Seq {
		t.Errorf("%d pixels are in gaps, want %d", n, begun.Position.Seq)
	}
	gaps, err := r.Gaps(t.Context(), region)
	if err != nil || len(gaps) != 1 || gaps[0].From != 0 || gaps[0].To != begun.Position.Seq || gaps[0].Why != "drawn before the record was turned on" ||
		!gaps[0].Noted.Equal(w.cfg.Now()) {
		t.Errorf("gaps %+v, %v", gaps, err)
	}
	w.checkEnd(r)
}

// checkEnd compares what the region is now.
func (w *world) checkEnd(r *record.Reader) {
	w.Helper()
	now, _, err := r.Tile(w.Context(), region, time.UnixMilli(w.clock+1e10))
	if err != nil || string(now.Tile) != string(w.d.Snapshot().Tile) || now.Position != w.d.Snapshot().Position {
		w.Errorf("the region is at %v, %v; want %v with its pixels", now.Position, err, w.d.Snapshot().Position)
	}
}

// A region whose log is gone is recorded from what it is.
func TestAdvance_WithoutALog(t *testing.T) {
	w := newWorld(t, 2, 50)
	w.draw(120)
	w.log.Trim(region, w.d.Snapshot().Position.Seq)
	w.mustAdvance()
	w.checkEnd(w.fresh())
	w.mustAdvance()
	if gaps, err := w.fresh().Gaps(t.Context(), region); err != nil || len(gaps) != 1 || gaps[0].To != w.d.Snapshot().Position.Seq {
		t.Errorf("gaps %+v, %v", gaps, err)
	}
	// It goes on from there, as after a repair by Mend, which leaves no log.
	w.draw(30)
	w.mustAdvance()
	pixels, _ := w.recorded(w.fresh())
	if len(pixels) < 30 {
		t.Errorf("%d pixels", len(pixels))
	}
	w.checkEnd(w.fresh())
}

func TestAdvance_OfABlankRegion(t *testing.T) {
	w := newWorld(t, 2, 50)
	if to, err := w.advance(); to != 0 || err != nil || len(w.files.Names()) > 0 {
		t.Errorf("%d, %v, %v", to, err, w.files.Names())
	}
	if _, ok, err := w.fresh().Latest(t.Context(), 20, 20); ok || err != nil {
		t.Errorf("somebody has drawn: %t, %v", ok, err)
	}
	w.checkEnd(w.fresh())
}

// Whoever is not the owner any more changes nothing.
func TestAdvance_RefusesWhatTheStoreDoesNotHave(t *testing.T) {
	w := begun(t)
	w.draw(40)
	late := w.d.Snapshot()
	w.failover(2)
	before := w.files.Names()
	for range 2 { // nothing drawn since; and something else
		to, err := record.NewWriter(w.files, w.log, w.cfg).Advance(t.Context(), region, late)
		if !errors.Is(err, record.ErrLate) || to != 0 || !slices.Equal(before, w.files.Names()) {
			t.Errorf("%d, %v", to, err)
		}
		w.draw(100)
	}
}

// An older snapshot of the same history is no loss.
func TestAdvance_OlderSnapshot(t *testing.T) {
	w := begun(t)
	late := w.d.Snapshot()
	w.draw(40)
	w.mustAdvance()
	before := w.files.Names()
	to, err := record.NewWriter(w.files, w.log, w.cfg).Advance(t.Context(), region, late)
	if want := w.d.Snapshot().Position.Seq; to != want || err != nil || !slices.Equal(before, w.files.Names()) {
		t.Errorf("%d, %v; want %d", to, err, want)
	}
}

// What the store has lost stays beside the history.
func TestAdvance_KeepsWhatTheStoreLost(t *testing.T) {
	w := begun(t)
	w.draw(40)
	w.mustAdvance()
	was := slices.Clone(w.dots)
	w.failover(6)
	writer := record.NewWriter(w.files, w.log, w.cfg)
	w.draw(5)
	if _, err := writer.Advance(t.Context(), region, w.d.Snapshot()); err != nil {
		t.Fatal(err)
	}
	w.checkAll(w.fresh())
	lost := w.names("lost")
	if len(lost) == 0 || writer.Counts().Lost.Load() != uint64(len(was))-w.past[len(w.past)-1].Position.Seq+lostSince(w) {
		t.Errorf("%v, %d pixels lost", lost, writer.Counts().Lost.Load())
	}
}

// lostSince is how many pixels were drawn after the failover.
func lostSince(w *world) (n uint64) {
	epoch := w.dots[len(w.dots)-1].epoch
	for _, d := range w.dots {
		if d.epoch == epoch {
			n++
		}
	}
	return n
}

// A record that does not lead to what the region has goes on from what it has.
func TestAdvance_Mismatch(t *testing.T) {
	w := begun(t)
	w.draw(10)
	now := w.d.Snapshot()
	now.Tile.Set(7, 0x123456)
	writer := record.NewWriter(w.files, w.log, w.cfg)
	for range 2 {
		if to, err := writer.Advance(t.Context(), region, now); err != nil || to != now.Position.Seq {
			t.Fatal(to, err)
		}
	}
	if n := writer.Counts().Mismatch.Load(); n != 1 {
		t.Errorf("%d mismatches, want 1", n)
	}
	r := w.fresh()
	tile, _, err := r.Tile(t.Context(), region, time.UnixMilli(w.clock+1e10))
	if err != nil || tile.Tile.At(7) != 0x123456 {
		t.Errorf("%v, %v", tile.Tile.At(7), err)
	}
	if gaps, err := r.Gaps(t.Context(), region); err != nil || len(gaps) != 1 || gaps[0].From != gaps[0].To {
		t.Errorf("%+v, %v", gaps, err)
	}
}

// What fails is said, and is done by the next call.
func TestAdvance_Faults(t *testing.T) {
	for _, method := range []string{recordtest.Put, recordtest.List, recordtest.Remove} {
		w := begun(t)
		w.draw(60)
		w.files.Fail(method)
		if to, err := w.advance(); to != 0 && err == nil || !errors.Is(err, record.ErrUnavailable) {
			t.Errorf("%s fails: %d, %v", method, to, err)
		}
		w.files.OnCall(nil)
		w.mustAdvance()
		w.checkAll(w.fresh())
	}
	w := begun(t)
	w.draw(60)
	fault := errors.New("the store is away")
	w.log.Fail(fault)
	if _, err := w.advance(); !errors.Is(err, fault) {
		t.Errorf("the log fails: %v", err)
	}
	if _, err := record.NewWriter(w.files, w.log, w.cfg).Advance(t.Context(), region, &canvas.Snapshot{}); err == nil {
		t.Error("a snapshot without pixels was recorded")
	}
}

// A repair with what was left raises the position by one, at which nothing was drawn, and leaves no
// log: see actors/regions/mend.go.
func TestAdvance_AfterARepair(t *testing.T) {
	w := begun(t)
	w.draw(20)
	w.mustAdvance()
	mended := w.past[len(w.past)-3] // less than what is recorded
	for _, seq := range []uint64{mended.Position.Seq + 1, w.d.Snapshot().Position.Seq + 1} {
		w.failover(0)
		w.log.Trim(region, w.d.Snapshot().Position.Seq)
		left := &canvas.Snapshot{Region: region, Position: canvas.Position{Epoch: 9 + seq, Seq: seq}, Tile: mended.Tile}
		to, err := w.writer.Advance(t.Context(), region, left)
		if err != nil || to != seq {
			t.Fatalf("recorded up to %d of %d: %v", to, seq, err)
		}
		r := w.fresh()
		tile, _, err := r.Tile(t.Context(), region, time.UnixMilli(w.clock+1e10))
		if err != nil || string(tile.Tile) != string(mended.Tile) || tile.Position != left.Position {
			t.Errorf("the region is at %v, %v; want %v", tile.Position, err, left.Position)
		}
		pixels, gaps := w.recorded(r)
		n := uint64(len(pixels))
		for _, g := range gaps {
			n += g.To - g.From
		}
		if n != seq {
			t.Errorf("%d pixels and gaps %+v make up %d of %d", len(pixels), gaps, n, seq)
		}
	}
}
