package record_test

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
)

// drawnEverywhere is a canvas of six regions with some hundred pixels each; a part of them is recorded.
func drawnEverywhere(t *testing.T) (record.Config, *recordtest.Memory, *recordtest.Log, []record.Pixel) {
	cfg := record.Config{Geometry: canvas.Geometry{Width: 48, Height: 32, Region: 16}, Segment: 60}
	cfg.Now = func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }
	files, log := recordtest.NewMemory(), recordtest.NewLog()
	var all []record.Pixel
	for id := range canvas.RegionID(cfg.Geometry.Regions()) {
		d := recordtest.NewDrawing(3, cfg.Geometry, id)
		d.Wait(int64(id) * 3000)
		for i := range 4 {
			log.Append(d.Draw(90)...)
			if i == 2 && id != 4 {
				if _, err := record.NewWriter(files, log, cfg).Advance(t.Context(), id, d.Snapshot()); err != nil {
					t.Fatal(err)
				}
			}
			d.Wait(40 * 60 * 1000)
		}
		for p, err := range record.NewReader(files, log, cfg).Pixels(t.Context(), id, time.Time{}, time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b record.Pixel) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Region, b.Region))
	})
	return cfg, files, log, all
}

// within are the pixels from a time on and before another; zero times are no bounds.
func within(all []record.Pixel, from, to time.Time) (found []record.Pixel) {
	for _, p := range all {
		if (from.IsZero() || p.Time >= from.UnixMilli()) && (to.IsZero() || p.Time < to.UnixMilli()) {
			found = append(found, p)
		}
	}
	return found
}

func TestReader_AllIsInOrderOfTime(t *testing.T) {
	cfg, files, log, all := drawnEverywhere(t)
	r := record.NewReader(files, log, cfg)
	rnd := rand.New(rand.NewPCG(1, 1))
	for i := range 10 {
		var from, to time.Time
		if i > 0 {
			from, to = time.UnixMilli(all[rnd.IntN(len(all))].Time), time.UnixMilli(all[rnd.IntN(len(all))].Time)
		}
		var got []record.Pixel
		for p, err := range r.All(t.Context(), from, to) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p)
		}
		if want := within(all, from, to); !slices.Equal(got, want) {
			t.Fatalf("from %v to %v: %d pixels, want %d", from, to, len(got), len(want))
		}
	}
	n := 0
	for range r.All(t.Context(), time.Time{}, time.Time{}) {
		if n++; n == 5 {
			break
		}
	}
	if n != 5 {
		t.Errorf("%d pixels after the end", n)
	}
}

func TestReader_Stats(t *testing.T) {
	cfg, files, log, all := drawnEverywhere(t)
	r := record.NewReader(files, log, cfg)
	rnd := rand.New(rand.NewPCG(2, 1))
	for i := range 10 {
		var from, to time.Time
		if i > 1 {
			from, to = time.UnixMilli(all[rnd.IntN(len(all))].Time), time.UnixMilli(all[rnd.IntN(len(all))].Time)
		}
		got, err := r.Stats(t.Context(), from, to)
		if err != nil {
			t.Fatal(err)
		}
		users, hours, regions := map[canvas.Author]uint64{}, map[int64]uint64{}, map[canvas.RegionID]uint64{}
		want := within(all, from, to)
		for _, p := range want {
			users[p.User]++
			hours[p.Time-p.Time%3600_000]++
			regions[p.Region]++
		}
		for _, u := range got.Users {
			if users[u.User] != u.Pixels || !strings.HasPrefix(u.Name, "guest ") {
				t.Errorf("%+v, want %d", u, users[u.User])
			}
		}
		for _, h := range got.Hours {
			if hours[h.Time] != h.Pixels {
				t.Errorf("%+v, want %d", h, hours[h.Time])
			}
		}
		for _, n := range got.Regions {
			if regions[n.Region] != n.Pixels {
				t.Errorf("%+v, want %d", n, regions[n.Region])
			}
		}
		if got.Pixels != uint64(len(want)) || len(got.Users) != min(len(users), record.MaxUsers) || len(got.Hours) != len(hours) || len(got.Regions) != len(regions) {
			t.Errorf("from %v to %v: %d pixels, %d users, %d hours, %d regions; want %d, %d, %d, %d",
				from, to, got.Pixels, len(got.Users), len(got.Hours), len(got.Regions), len(want), len(users), len(hours), len(regions))
		}
		if !slices.IsSortedFunc(got.Users, func(a, b record.UserCount) int { return cmp.Compare(b.Pixels, a.Pixels) }) {
			t.Error("the users are not in order")
		}
		if len(want) > 0 && (got.Range.First.UnixMilli() != want[0].Time || got.Range.Last.UnixMilli() != want[len(want)-1].Time) {
			t.Errorf("from %v to %v, want %d to %d", got.Range.First, got.Range.Last, want[0].Time, want[len(want)-1].Time)
		}
	}
	whole, err := r.Range(t.Context())
	if err != nil || whole.First.UnixMilli() != all[0].Time || whole.Last.UnixMilli() != all[len(all)-1].Time || len(whole.Gaps) > 0 {
		t.Errorf("%+v, %v", whole, err)
	}
}

// What lies before the end of what is recorded can't change, nor what is an hour old; but a failover
// may undo the last minute.
func TestReader_Immutable(t *testing.T) {
	w := newWorld(t, 1, 50)
	w.draw(100)
	w.mustAdvance()
	pixels, _ := w.recorded(w.fresh())
	last := pixels[len(pixels)-1].Time
	for _, c := range []struct {
		at, now int64
		want    bool
	}{
		{last - 1, last + 120_000, true},
		{last, last + 120_000, false},
		{last + 1000, last + 120_000, false},
		{last - 1, last + 30_000, false},
		{last + 1000, last + 2*3600_000, true},
		{last + 7200_000, last + 2*3600_000, false},
	} {
		w.clock = c.now
		_, tile, err := w.reader.Tile(t.Context(), region, time.UnixMilli(c.at))
		settled, err2 := w.reader.Settled(t.Context(), region, time.UnixMilli(c.at))
		if err != nil || err2 != nil || tile != c.want || settled != c.want {
			t.Errorf("%d ms after the last pixel, seen %d ms after it: %t, %t, %v; want %t", c.at-last, c.now-last, tile, settled, err, c.want)
		}
	}
}

// What is known goes on being told while the files are away.
func TestReader_FilesAway(t *testing.T) {
	w := begun(t)
	w.draw(5)
	w.check(w.reader)
	w.files.Fail()
	w.draw(20)
	w.check(w.reader)
	if _, _, err := w.fresh().Latest(t.Context(), 20, 20); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("a new reader: %v", err)
	}
	w.files.OnCall(nil)
	w.checkAll(w.fresh())
}

// Goal: a damaged file is named and never believed. Method: change single bytes of each file of a
// record anywhere, cut it off, and read everything.
func TestReader_DamagedFiles(t *testing.T) {
	w := begun(t)
	rnd := rand.New(rand.NewPCG(9, 9))
	noticed := 0
	for _, name := range slices.Concat(w.names("pixels"), w.names("latest"), w.names("tile")) {
		whole := w.files.Content(name)
		for range 12 {
			bad := slices.Clone(whole)
			if i := rnd.IntN(len(bad)); rnd.IntN(5) == 0 {
				bad = bad[:i]
			} else {
				bad[i] ^= 1 << rnd.IntN(8)
			}
			w.files.Set(name, bad)
			err := w.readAll()
			if err != nil {
				noticed++
			}
			if err != nil && (!errors.Is(err, record.ErrDamaged) || !strings.Contains(err.Error(), name)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.files.Set(name, whole)
	}
	if noticed < 15 {
		t.Errorf("%d damages were noticed", noticed)
	}
	w.checkAll(w.fresh())
}

// readAll reads everything and fails the test if something is told that is not so.
func (w *world) readAll() error {
	r, i := w.fresh(), 0
	for p, err := range r.Pixels(w.Context(), region, time.Time{}, time.Time{}) {
		if err != nil {
			return err
		}
		want := w.dots[i]
		if _, pos := w.cfg.Geometry.Locate(int(p.X), int(p.Y)); p.Seq != uint64(i+1) || pos != want.pos || p.Color != want.color || p.User != want.user || p.Name != want.name || p.Time != want.time {
			w.Errorf("pixel %d is %+v, want %+v", i+1, p, want)
		}
		i++
	}
	for pos := range uint16(14 * 9) {
		x, y := w.cfg.Geometry.Point(region, pos)
		p, ok, err := r.Latest(w.Context(), x, y)
		if err != nil {
			return err
		}
		if d := (dot{}); ok {
			if d = w.dots[p.Seq-1]; d.pos != pos || d.color != p.Color || d.user != p.User || d.name != p.Name || d.time != p.Time {
				w.Errorf("the latest pixel at %d,%d is %+v, want %+v", x, y, p, d)
			}
		}
	}
	w.checkPast(r)
	return nil
}
