package record_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
)

// dot is what the model knows of a pixel that was committed.
type dot struct {
	epoch uint64
	time  int64
	pos   uint16
	color canvas.Color
	user  canvas.Author
	name  string

	network canvas.NetworkID
	cause   string
}

func (d dot) is(p record.Pixel) bool {
	return d.user == p.User && d.name == p.Name && d.color == p.Color && p.Network == 0 && d.cause == string(p.Cause)
}

// world is a region that is drawn in, its store's log, its record, and a model of what was drawn.
type world struct {
	*testing.T
	cfg    record.Config
	files  *recordtest.Memory
	log    *recordtest.Log
	d      *recordtest.Drawing
	clock  int64
	dots   []dot              // dot i has sequence number i+1
	past   []*canvas.Snapshot // states that a failover may go back to
	unseen bool               // nothing was recorded since the last failover
	reader *record.Reader     // one that stays
	writer *record.Writer     // of disk
	disk   *faulty            // files, or what a crashing pod has of them
}

// longest is how many batches a failover loses at most.
const longest = 12

const region = canvas.RegionID(3)

func newWorld(t *testing.T, seed uint64, segment int) *world {
	w := &world{
		T: t, files: recordtest.NewMemory(), log: recordtest.NewLog(), clock: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC).UnixMilli(),
		cfg: record.Config{Geometry: canvas.Geometry{Width: 30, Height: 25, Region: 16}, Segment: segment, Log: slog.New(slog.NewTextHandler(io.Discard, nil))},
	}
	w.cfg.Now = func() time.Time { return time.UnixMilli(w.clock) }
	w.disk = &faulty{w.files, nil}
	w.writer = record.NewWriter(w.disk, w.log, w.cfg)
	w.restart(seed)
	return w
}

// restart begins anew with the same Writer, which keeps what it compresses with.
func (w *world) restart(seed uint64) {
	w.files = recordtest.NewMemory()
	w.disk.Files = w.files
	w.log.Trim(region, 1<<62)
	w.d = recordtest.NewDrawing(seed, w.cfg.Geometry, region)
	w.dots, w.unseen, w.past = nil, false, []*canvas.Snapshot{w.d.Snapshot()}
	w.reader = record.NewReader(w.files, w.log, w.cfg)
}

// draw commits about so many pixels.
func (w *world) draw(n int) {
	for n > 0 {
		b := w.d.Step()
		w.log.Append(b)
		for i := range b.Ops {
			op := &b.Ops[i]
			if (b.From+uint64(i))%7 == 3 {
				op.From, op.Cause = 0, fmt.Sprintf("rollback %d", b.From%3)
			}
			for _, p := range op.Pixels {
				w.dots = append(w.dots, dot{b.Epoch, b.Time, p.Pos, p.Color, op.By(), op.Name, op.From, op.Cause})
				n--
			}
		}
		w.past = append(w.past, w.d.Snapshot())
	}
}

func (w *world) advance() (uint64, error) {
	return w.writer.Advance(w.Context(), region, w.d.Snapshot())
}

// crash advances with files that fail for good at the nth call that changes something. It reports
// whether it came to that.
func (w *world) crash(n int) (crashed bool, err error) {
	w.disk.fault = func(method string) error {
		if method == recordtest.Put || method == recordtest.Remove {
			if n--; n < 0 {
				crashed = true
			}
		}
		if crashed {
			return fmt.Errorf("%w: crashed", record.ErrUnavailable)
		}
		return nil
	}
	_, err = w.advance()
	w.disk.fault = nil
	return crashed, err
}

func (w *world) mustAdvance() {
	w.Helper()
	want := w.d.Snapshot().Position.Seq
	if to, err := w.advance(); err != nil || to != want {
		w.Fatalf("recorded up to %d of %d: %v", to, want, err)
	}
	w.unseen = false
}

// failover makes the store lose what came after one of its last states, and go on from there.
func (w *world) failover(back int) {
	if len(w.past) < 2 {
		return
	}
	i := max(len(w.past)-1-back, 1) // without any log, only the owner knows where the region is
	s := w.past[i]
	w.past = w.past[:i+1]
	w.log.Lose(region, s.Position.Seq)
	w.dots = w.dots[:s.Position.Seq]
	w.d.Restore(s)
	w.unseen = true
}

// trim makes the store drop its log up to a state. The last batch always stays, and so does what shows
// that something was lost: the log is longer than what a failover can lose.
func (w *world) trim(i int) {
	if !w.unseen {
		w.log.Trim(region, w.past[max(0, min(i, len(w.past)-2-longest))].Position.Seq)
	}
}

// recorded is what a reader tells of the region.
func (w *world) recorded(r *record.Reader) (pixels []record.Pixel, gaps []record.Gap) {
	w.Helper()
	for p, err := range r.Pixels(w.Context(), region, time.Time{}, time.Time{}) {
		if err != nil {
			w.Fatal(err)
		}
		pixels = append(pixels, p)
	}
	gaps, err := r.Gaps(w.Context(), region)
	if err != nil {
		w.Fatal(err)
	}
	w.follow(r, pixels, len(gaps))
	return pixels, gaps
}

// follow compares what Follow tells with these pixels and gaps.
func (w *world) follow(r *record.Reader, pixels []record.Pixel, gaps int) {
	w.Helper()
	n, skipped := 0, 0
	to, err := r.Follow(w.Context(), region, time.Time{}, record.History{
		Pixel: func(pos uint16, p *record.Pixel) {
			if _, at := w.cfg.Geometry.Locate(int(p.X), int(p.Y)); n >= len(pixels) || *p != pixels[n] || at != pos {
				w.Fatalf("pixel %d of %d is %+v at %d", n, len(pixels), *p, pos)
			}
			n++
		},
		Gap: func(canvas.Tile, []bool) { skipped++ },
	})
	if err != nil || n != len(pixels) || skipped != gaps || n > 0 && to < pixels[n-1].Seq {
		w.Fatalf("%d of %d pixels, %d of %d gaps, to %d: %v", n, len(pixels), skipped, gaps, to, err)
	}
}

// check compares what a reader tells with the model. Each pixel must be there once and in order, or
// in a gap. What is in a gap is returned.
func (w *world) check(r *record.Reader) (missing uint64) {
	w.Helper()
	pixels, gaps := w.recorded(r)
	seq, last, state := uint64(0), int64(0), canvas.NewTile(14, 9)
	unsure := map[uint16]bool{}
	skip := func() {
		for len(gaps) > 0 && gaps[0].From == seq && gaps[0].Why != "" {
			for _, d := range w.dots[min(gaps[0].From, uint64(len(w.dots))):min(gaps[0].To, uint64(len(w.dots)))] {
				state.Set(d.pos, d.color)
			}
			missing += gaps[0].To - gaps[0].From
			seq = gaps[0].To
			for pos := range uint16(14 * 9) {
				unsure[pos] = true
			}
			gaps = gaps[1:]
		}
	}
	for _, p := range pixels {
		skip()
		if seq++; p.Seq != seq || seq > uint64(len(w.dots)) {
			w.Fatalf("pixel %d follows %d of %d", p.Seq, seq-1, len(w.dots))
		}
		want := w.dots[seq-1]
		_, pos := w.cfg.Geometry.Locate(int(p.X), int(p.Y))
		if got := (dot{p.Epoch, want.time, pos, p.Color, p.User, p.Name, p.Network, string(p.Cause)}); got != want || p.Time < last || p.Time < want.time || p.Region != region {
			w.Fatalf("pixel %d is %+v, want %+v", seq, p, want)
		}
		if before := state.At(pos); p.Known && p.Before != before || !p.Known && !unsure[pos] {
			w.Fatalf("pixel %d: before it was %v, not %v (known: %t)", seq, before, p.Before, p.Known)
		}
		delete(unsure, pos)
		state.Set(pos, p.Color)
		last = p.Time
	}
	skip()
	if len(gaps) > 0 || seq != uint64(len(w.dots)) {
		w.Fatalf("up to %d of %d, gaps left %v", seq, len(w.dots), gaps)
	}
	return missing
}

// checkAll compares all that can be asked with the model, where nothing is missing.
func (w *world) checkAll(r *record.Reader) {
	w.Helper()
	if n := w.check(r); n > 0 {
		w.Fatalf("%d pixels are in gaps", n)
	}
	for pos := range uint16(14 * 9) {
		x, y := w.cfg.Geometry.Point(region, pos)
		var want []uint64
		for i, d := range slices.Backward(w.dots) {
			if d.pos == pos {
				want = append(want, uint64(i+1))
			}
		}
		p, ok, err := r.Latest(w.Context(), x, y)
		if err != nil || ok != (len(want) > 0) || ok && (p.Seq != want[0] || !w.dots[p.Seq-1].is(p)) {
			w.Fatalf("latest at %d,%d: %+v, %t, %v; want %v", x, y, p, ok, err, want)
		}
		const n = 3
		for before := uint64(0); ; {
			found, more, err := r.Before(w.Context(), x, y, before, n)
			if err != nil || more != (len(want) > n) || len(found) != min(n, len(want)) {
				w.Fatalf("before %d at %d,%d: %d, %t, %v; want %v", before, x, y, len(found), more, err, want)
			}
			for i, p := range found {
				if p.Seq != want[i] {
					w.Fatalf("before %d at %d,%d: %d is %+v; want %v", before, x, y, i, p, want)
				}
				before = p.Seq
			}
			want = want[len(found):]
			if !more {
				break
			}
		}
	}
	w.checkPast(r)
}

// checkPast compares what the region was at some times with the model.
func (w *world) checkPast(r *record.Reader) {
	w.Helper()
	pixels, _ := w.recorded(r)
	for i := 0; i < len(pixels); i += max(len(pixels)/20, 1) {
		at, tile := pixels[i].Time, canvas.NewTile(14, 9)
		for j, p := range pixels {
			if p.Time <= at {
				tile.Set(w.dots[j].pos, p.Color)
			}
		}
		got, _, err := r.Tile(w.Context(), region, time.UnixMilli(at))
		if err != nil || !bytes.Equal(got.Tile, tile) {
			w.Fatalf("the region at pixel %d is %v, %v, and is not what it was", i+1, got, err)
		}
	}
	now, _, err := r.Tile(w.Context(), region, time.UnixMilli(w.clock+1e9))
	if err != nil || !bytes.Equal(now.Tile, w.d.Snapshot().Tile) {
		w.Fatalf("the region now is at %v, %v, and is not what it is", now.Position, err)
	}
}

// faulty is files as one pod has them.
type faulty struct {
	record.Files
	fault func(method string) error // nil: none
}

func (f *faulty) call(method string) error {
	if f.fault == nil {
		return nil
	}
	return f.fault(method)
}

func (f *faulty) Put(ctx context.Context, name string, content []byte) error {
	if err := f.call(recordtest.Put); err != nil {
		return err
	}
	return f.Files.Put(ctx, name, content)
}

func (f *faulty) Get(ctx context.Context, name string) ([]byte, error) {
	if err := f.call(recordtest.Get); err != nil {
		return nil, err
	}
	return f.Files.Get(ctx, name)
}

func (f *faulty) List(ctx context.Context, prefix string) ([]record.File, error) {
	if err := f.call(recordtest.List); err != nil {
		return nil, err
	}
	return f.Files.List(ctx, prefix)
}

func (f *faulty) Remove(ctx context.Context, name string) error {
	if err := f.call(recordtest.Remove); err != nil {
		return err
	}
	return f.Files.Remove(ctx, name)
}

var histories = flag.Int("histories", 12, "how many random histories are tried")

// Goal: whatever happens, the record leads to what was drawn. Method: random histories with crashes
// at any step, new owners, late owners, failovers, clocks that are set, and a log that is trimmed
// before it was recorded; a model knows what was committed.
func TestRecord_EqualsTheModel(t *testing.T) {
	for seed := range uint64(*histories) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { history(t, seed) })
	}
}

func history(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t, seed, 20+rnd.IntN(200))
	trims := rnd.IntN(2) == 0     // half of the histories may have gaps
	var owners []*canvas.Snapshot // what those had that were replaced
	for range 60 {
		switch rnd.IntN(12) {
		case 0, 1, 2, 3:
			w.draw(1 + rnd.IntN(80))
		case 4, 5:
			w.mustAdvance()
		case 6:
			_, _ = w.crash(rnd.IntN(8))
		case 7:
			w.d.Wait(rnd.Int64N(20000) - 10000)
		case 8:
			owners = append(owners, w.d.Snapshot())
			w.d.Claim()
		case 9:
			if len(owners) > 0 { // one that does not know yet
				_, _ = w.writer.Advance(t.Context(), region, owners[rnd.IntN(len(owners))])
			}
		case 10:
			if rnd.IntN(3) == 0 {
				w.failover(rnd.IntN(longest))
				if rnd.IntN(2) == 0 {
					w.draw(1 + rnd.IntN(20))
				}
			}
		case 11:
			if trims && rnd.IntN(3) == 0 && len(w.past) > 1 {
				w.trim(rnd.IntN(len(w.past)))
			}
		}
		if rnd.IntN(4) == 0 {
			w.check(w.reader)
		}
	}
	w.draw(1)
	w.mustAdvance()
	missing := w.check(record.NewReader(w.files, w.log, w.cfg))
	w.check(w.reader)
	offline := record.NewReader(w.files, nil, w.cfg)
	if again := w.check(offline); again != missing {
		t.Fatalf("%d pixels are in gaps without the log, %d with it", again, missing)
	}
	if missing == 0 {
		w.checkAll(offline)
		w.checkAll(w.reader)
	} else if !trims {
		t.Fatalf("%d pixels are in gaps", missing)
	}
}
