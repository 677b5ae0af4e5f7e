package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/bolt"
	"pixelplayground/actors/store/redis"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/actors/store/storetest"
)

// drawn draws a canvas on which some regions are drawn on, some only claimed and some never used.
func drawn(t *testing.T, s store.Store) {
	t.Helper()
	for _, region := range []canvas.RegionID{0, 2} {
		claim, err := s.Claim(t.Context(), region, "painter")
		if err != nil {
			t.Fatal(err)
		}
		for n := range uint64(20) {
			b := &canvas.Batch{Region: region, Epoch: claim.Epoch, From: 3 * n, To: 3*n + 3, Time: int64(n), Ops: []canvas.Op{
				{ID: canvas.OpID{Author: 7, Num: n + 1, Key: canvas.Key{1, byte(n)}}, Name: "Ada", InTurn: true, Network: 9,
					Pixels: []canvas.Pixel{{Pos: uint16(n), Color: 0xFF0000}, {Pos: uint16(n + 1), Color: canvas.Color(n)}}},
				{ID: canvas.OpID{Author: 8, Num: n + 1}, Spelling: "#aAbBcC", Pixels: []canvas.Pixel{{Pos: 3, Color: 0xAABBCC}}},
			}}
			if err := s.Commit(t.Context(), b, claim.Token); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.Claim(t.Context(), 1, "nobody"); err != nil {
		t.Fatal(err)
	}
}

// papers are the documents that drawn leaves.
var papers = map[string][]byte{"canvas": []byte("a secret"), "empty": {}}

// Kinds of documents; the second is not backed up.
const (
	secretKind = store.Kind("secret")
	loginKind  = store.Kind("login")
)

// keep gives a store documents.
func keep(t *testing.T, s store.Documents) {
	t.Helper()
	for id, value := range papers {
		if err := s.PutDocument(t.Context(), secretKind, id, value, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutDocument(t.Context(), loginKind, "passing", []byte("x"), time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// keeps fails the test unless a store has the documents that are backed up, and no others.
func keeps(t *testing.T, s Source) {
	t.Helper()
	all, err := s.Documents(t.Context(), secretKind)
	passing, failed := s.Documents(t.Context(), loginKind)
	if err != nil || failed != nil || len(passing) > 0 || !maps.EqualFunc(all, papers, bytes.Equal) {
		t.Errorf("documents %q and %q, %v, %v", all, passing, err, failed)
	}
}

func embedded(t *testing.T) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(bolt.Config{Dir: t.TempDir(), Geometry: storetest.Geometry(), LogPixels: 1000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func testAbout() About {
	g := storetest.Geometry()
	return About{Began: time.Unix(1767225600, 0).UTC(), Width: g.Width, Height: g.Height, Region: g.Region, Program: "test"}
}

// written returns a backup of a canvas that was drawn on.
func written(t *testing.T, from Source) ([]byte, Summary) {
	t.Helper()
	var file bytes.Buffer
	summary, err := Write(t.Context(), &file, from, testAbout(), []store.Kind{secretKind})
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), summary
}

// regions returns every region in a backup.
func regions(t *testing.T, file []byte) (all []*store.Claim) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		_, c, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
}

// same fails the test unless two canvases are the same to the last op, and each region of the
// second has an epoch above base.
func same(t *testing.T, before, after []*store.Claim, base uint64) {
	t.Helper()
	if len(before) != len(after) || len(before) != storetest.Geometry().Regions() {
		t.Fatalf("%d regions became %d", len(before), len(after))
	}
	for i := range before {
		a, b := *before[i], *after[i]
		if b.Epoch <= base {
			t.Errorf("region %d has epoch %d, want more than %d", i, b.Epoch, base)
		}
		a.Term, b.Term = store.Term{}, store.Term{}
		if len(a.Recent) == 0 && len(b.Recent) == 0 {
			a.Recent, b.Recent = nil, nil
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("region %d: %+v became %+v", i, a, b)
		}
	}
}

// TestBackup_BetweenStores: pixels, positions, logs and origins are the same after passing through
// each kind of store, and no epoch is given again, not even in blank regions.
func TestBackup_BetweenStores(t *testing.T) {
	first := embedded(t)
	drawn(t, first)
	keep(t, first)
	file, summary := written(t, first)
	checked, err := Check(bytes.NewReader(file))
	if err != nil || !reflect.DeepEqual(checked, summary) || summary.Drawn != 2 || summary.Papers != len(papers) || summary.Pixels != 120 || summary.Batches != 40 {
		t.Fatalf("%v, wrote %+v, read %+v", err, summary, checked)
	}
	before := regions(t, file)

	server := redistest.Start(t)
	cfg := redis.Config{URL: server.URL(), Prefix: "test", Geometry: storetest.Geometry(), LogPixels: 1000}
	shared, err := redis.Restore(t.Context(), cfg, "", false)
	if err != nil {
		t.Fatal(err)
	}
	defer shared.Close()
	const base = 1 << 33
	if _, err := Restore(t.Context(), bytes.NewReader(file), shared, base); err != nil {
		t.Fatal(err)
	}
	if err := shared.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	from, err := redis.NewReader(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	changes := server.Changes()
	second, _ := written(t, from)
	if after := server.Changes(); after != changes {
		t.Errorf("reading has changed Redis: %s became %s", changes, after)
	}
	same(t, before, regions(t, second), base)
	keeps(t, from)

	dir := t.TempDir()
	file, summary = second, Summary{}
	back, err := bolt.Restore(bolt.Config{Dir: dir, Geometry: storetest.Geometry(), LogPixels: 1000}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if summary, err = Restore(t.Context(), bytes.NewReader(file), back, 2*base); err != nil || summary.Epoch <= base {
		t.Fatalf("%v, %+v", err, summary)
	}
	if _, err := back.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	last, err := bolt.NewReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	third, _ := written(t, last)
	same(t, before, regions(t, third), 2*base)
	keeps(t, last)
}

// TestBackup_Damaged: a backup that is cut off anywhere, or in which any bit has changed, is
// refused.
func TestBackup_Damaged(t *testing.T) {
	s := embedded(t)
	drawn(t, s)
	keep(t, s)
	file, _ := written(t, s)
	for n := range file {
		if _, err := Check(bytes.NewReader(file[:n])); !errors.Is(err, ErrDamaged) {
			t.Fatalf("%d bytes of %d: %v", n, len(file), err)
		}
	}
	for n := range file {
		for bit := range 8 {
			changed := bytes.Clone(file)
			changed[n] ^= 1 << bit
			if _, err := Check(bytes.NewReader(changed)); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
				t.Fatalf("bit %d of byte %d of %d: %v", bit, n, len(file), err)
			}
		}
	}
	for name, more := range map[string][]byte{"more": []byte("more"), "twice": file, "zeros": make([]byte, 4096), "another stream": file[len(heading)+2:]} {
		if _, err := Check(bytes.NewReader(append(bytes.Clone(file), more...))); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s behind it: %v", name, err)
		}
	}
	for _, text := range []string{"", "\n", "pixelplayground backup 1\n", "pixelplayground backup 1", "pixelplayground backup x\n", strings.Repeat("a", 10000), "SQLite format 3"} {
		if _, err := Check(strings.NewReader(text)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%.30q: %v", text, err)
		}
	}
	newer := append([]byte(heading+"4\n"), file[len(heading)+2:]...)
	if _, err := Check(bytes.NewReader(newer)); !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "version 4, this program reads versions 1 to 3") {
		t.Errorf("a newer version: %v", err)
	}
}

// TestBackup_EarlierVersions: a backup from before there were documents, or provenance, is read as it
// was.
func TestBackup_EarlierVersions(t *testing.T) {
	for name, papers := range map[string]int{"version1": 0, "version2": 2} {
		file, err := os.ReadFile("testdata/" + name + ".backup")
		if err != nil {
			t.Fatal(err)
		}
		summary, err := Check(bytes.NewReader(file))
		if err != nil || summary.Drawn != 2 || summary.Pixels != 120 || summary.Batches != 40 || summary.Papers != papers {
			t.Fatalf("%s: %+v, %v", name, summary, err)
		}
		into := embedded(t)
		if _, err := Restore(t.Context(), bytes.NewReader(file), into, 1<<33); err != nil {
			t.Fatal(err)
		}
		again, _ := written(t, into)
		same(t, regions(t, file), regions(t, again), 1<<33)
	}
}

// TestBackup_Untrue: a file with a correct checksum may still not be a canvas.
func TestBackup_Untrue(t *testing.T) {
	g := storetest.Geometry()
	_, _, width, height := g.Bounds(0)
	blank := func() *store.Claim { return &store.Claim{Tile: canvas.NewTile(width, height)} }
	dot := func(region canvas.RegionID, from uint64, pos uint16) *canvas.Batch {
		return &canvas.Batch{Region: region, Epoch: 1, From: from, To: from + 1, Ops: []canvas.Op{{Pixels: []canvas.Pixel{{Pos: pos}}}}}
	}
	at := func(seq uint64, log ...*canvas.Batch) *store.Claim {
		c := blank()
		c.Position, c.Recent = canvas.Position{Epoch: 1, Seq: seq}, log
		return c
	}
	for name, first := range map[string]*store.Claim{
		"a hole":             at(3, dot(0, 0, 0), dot(0, 2, 0)),
		"ends elsewhere":     at(3, dot(0, 0, 0), dot(0, 1, 0)),
		"of another region":  at(1, dot(1, 0, 0)),
		"out of its bounds":  at(1, dot(0, 0, 0xFFFF)),
		"a tile of one more": {Tile: append(canvas.NewTile(width, height), 0, 0, 0)},
		"a tile of one less": {Tile: make([]byte, 3*width*height-3)},
	} {
		t.Run(name, func(t *testing.T) {
			from := fixed{t: t, first: first}
			file, _ := written(t, from)
			if _, err := Check(bytes.NewReader(file)); !errors.Is(err, ErrDamaged) {
				t.Errorf("%v", err)
			}
		})
	}
	for name, about := range map[string]About{"no size": {}, "too large": {Width: 1 << 20, Height: 1, Region: 1}, "too many regions": {Width: 16384, Height: 4096, Region: 1}} {
		var file bytes.Buffer
		w, err := newWriter(&file)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf(`{"width":%d,"height":%d,"region":%d}`, about.Width, about.Height, about.Region)
		if err := errors.Join(w.section(aboutSection, []byte(text)), w.end(Summary{})); err != nil {
			t.Fatal(err)
		}
		if _, err := Check(&file); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, paper := range map[string]string{
		"no length": "", "a kind that is cut off": "\x06secre", "an id that is cut off": "\x06secret\x02x", "a length that overflows": "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"no kind": "\x00\x01x", "a kind that is none": "\x01:\x01x", "no id": "\x06secret\x00x", "too much": "\x06secret\x01x" + strings.Repeat("x", store.MaxDocument+1),
	} {
		var file bytes.Buffer
		w, err := newWriter(&file)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(testAbout())
		err = w.section(aboutSection, text)
		for id := range canvas.RegionID(g.Regions()) {
			c, _ := fixed{first: blank()}.Read(t.Context(), id)
			err = errors.Join(err, w.region(id, c))
		}
		if err := errors.Join(err, w.section(paperSection, []byte(paper)), w.end(Summary{Regions: g.Regions(), Papers: 1})); err != nil {
			t.Fatal(err)
		}
		if _, err := Check(&file); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "document 0") {
			t.Errorf("a document of %s: %v", name, err)
		}
	}
}

// fixed is a canvas whose first region is given and whose others are blank.
type fixed struct {
	t     *testing.T
	first *store.Claim
}

func (f fixed) Read(_ context.Context, id canvas.RegionID) (*store.Claim, error) {
	if id == 0 {
		return f.first, nil
	}
	_, _, width, height := storetest.Geometry().Bounds(id)
	return &store.Claim{Tile: canvas.NewTile(width, height)}, nil
}

func (f fixed) Documents(context.Context, store.Kind) (map[string][]byte, error) { return nil, nil }

// TestWrite_Fails: a region that the store can't read, or has lost, makes no backup, and neither
// does a failed write.
func TestWrite_Fails(t *testing.T) {
	lost := fixed{first: &store.Claim{Damage: fmt.Errorf("%w: its pixels", store.ErrDamaged)}}
	if _, err := Write(t.Context(), io.Discard, lost, testAbout(), nil); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("a region is lost: %v", err)
	}
	s := embedded(t)
	drawn(t, s)
	if _, err := Write(t.Context(), &limited{room: 100}, s, testAbout(), nil); !errors.Is(err, errFull) {
		t.Errorf("a disk is full: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := Write(ended, io.Discard, s, testAbout(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("it was stopped: %v", err)
	}
	file, _ := written(t, s)
	broken := io.MultiReader(bytes.NewReader(file[:len(file)/2]), failing{})
	if _, err := Check(broken); !errors.Is(err, errFull) || errors.Is(err, ErrDamaged) {
		t.Errorf("it can't be read: %v", err)
	}
}

var errFull = errors.New("full")

type limited struct{ room int }

func (l *limited) Write(p []byte) (int, error) {
	if l.room -= len(p); l.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errFull }

// TestBase: the base is above everything in the backup, and above the clock.
func TestBase(t *testing.T) {
	now := time.Unix(2_000_000_000, 0)
	for _, highest := range []uint64{0, 5, 1_999_999_999, 3_000_000_000} {
		if got := Base(highest, now); got <= highest || got <= 2_000_000_000 {
			t.Errorf("%d: %d", highest, got)
		}
	}
	if got := Base(3, time.Unix(-5, 0)); got <= 3 || got > 1<<21 {
		t.Errorf("a clock before 1970: %d", got)
	}
}

// FuzzCheck: whatever the bytes, reading them ends with an answer and takes little memory.
func FuzzCheck(f *testing.F) {
	var file bytes.Buffer
	if _, err := Write(context.Background(), &file, fixed{first: &store.Claim{Tile: canvas.NewTile(16, 16)}}, testAbout(), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte(heading + "1\n"))
	f.Fuzz(func(t *testing.T, p []byte) { _, _ = Check(bytes.NewReader(p)) })
}
