package actors

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/record/recordtest"
	"pixelplayground/actors/rollbacks"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store/memory"
)

// ownOp is an op of the server's own that takes back pixels.
func ownOp(since uint64, pixels ...canvas.Pixel) canvas.Op {
	return canvas.Op{User: canvas.ServerUser, Cause: "rollback 1", Since: since, Pixels: pixels}
}

// opsOf0 is all that the store has of region 0, pixel by pixel.
func (w *world) opsOf0() (ops []canvas.Op) {
	w.t.Helper()
	log, err := w.store.History(w.t.Context(), 0, 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range log {
		if b.To-b.From != uint64(b.Pixels()) {
			w.t.Fatalf("a batch has %d pixels and %d numbers", b.Pixels(), b.To-b.From)
		}
		ops = append(ops, b.Ops...)
	}
	return ops
}

// TestRegion_LeavesOutWhatWasPaintedSince: of an op that takes pixels back, in the same batch too, what
// others have painted since stays; one of which nothing is left is acknowledged.
func TestRegion_LeavesOutWhatWasPaintedSince(t *testing.T) {
	w := newWorld(t, nil)
	place := func(ops ...canvas.Op) {
		t.Helper()
		if err := w.node.placeOwn(t.Context(), 0, ops); err != nil {
			t.Fatal(err)
		}
	}
	place(ownOp(0, canvas.Pixel{Pos: 1, Color: 1}, canvas.Pixel{Pos: 2, Color: 1}, canvas.Pixel{Pos: 3, Color: 1})) // 1 to 3
	place(ownOp(0, canvas.Pixel{Pos: 2, Color: 5}))                                                                 // 4: painted since
	// One batch: what is before it in the batch was painted since as well.
	place(ownOp(0, canvas.Pixel{Pos: 3, Color: 6}), ownOp(3, canvas.Pixel{Pos: 1, Color: 0}, canvas.Pixel{Pos: 2, Color: 0}, canvas.Pixel{Pos: 3, Color: 0}),
		ownOp(3, canvas.Pixel{Pos: 1, Color: 9}, canvas.Pixel{Pos: 2, Color: 9}))
	tile, _, err := readTile(w, 0)
	if err != nil || tile.At(1) != 0 || tile.At(2) != 5 || tile.At(3) != 6 {
		t.Errorf("pixels %v %v %v, %v", tile.At(1), tile.At(2), tile.At(3), err)
	}
	ops := w.opsOf0()
	if n := len(ops); n != 4 || len(ops[3].Pixels) != 1 || ops[3].Since != 0 || ops[3].Cause != "rollback 1" {
		t.Errorf("%d ops: %+v", n, ops)
	}
	// A number that the region has not reached is of pixels that the store has lost.
	var refused *RefusedError
	if err := w.node.placeOwn(t.Context(), 0, []canvas.Op{ownOp(1000, canvas.Pixel{Pos: 1})}); !errors.As(err, &refused) || refused.Why != canvas.RefusedUnsure {
		t.Errorf("since a number of the future: %v", err)
	}
}

// TestRegion_RefusesWhatIsStale: the ring does not reach back so far.
func TestRegion_RefusesWhatIsStale(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.RingPixels = 100 })
	for i := range 40 {
		if err := w.node.placeOwn(t.Context(), 0, []canvas.Op{ownOp(0, canvas.Pixel{Pos: 1, Color: canvas.Color(i)}, canvas.Pixel{Pos: 2})}); err != nil {
			t.Fatal(err)
		}
	}
	var refused *RefusedError
	if err := w.node.placeOwn(t.Context(), 0, []canvas.Op{ownOp(2, canvas.Pixel{Pos: 1})}); !errors.As(err, &refused) || refused.Why != canvas.RefusedUnsure {
		t.Errorf("stale: %v", err)
	}
	if err := w.node.placeOwn(t.Context(), 0, []canvas.Op{ownOp(80, canvas.Pixel{Pos: 1})}); err != nil {
		t.Errorf("of now: %v", err)
	}
}

func readTile(w *world, region canvas.RegionID) (canvas.Tile, uint64, error) {
	claim, err := w.store.Claim(w.t.Context(), region, "a test")
	if err != nil {
		return nil, 0, err
	}
	return claim.Tile, claim.Position.Seq, nil
}

// reversibleWorld is a pod that records into files, and can take back.
func reversibleWorld(t *testing.T, s *memory.Store, files record.Files, node string) *world {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Geometry, cfg.Rate, cfg.Node, cfg.RecordPixels = testGeometry, 0, node, 100
	set := record.Config{Geometry: testGeometry, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	return wire(t, s, cfg, Ports{Documents: s, Recorder: record.NewWriter(files, s, set), Past: record.NewReader(files, s, set)})
}

func tiles(w *world) (all []byte) {
	w.t.Helper()
	for region := range canvas.RegionID(testGeometry.Regions()) {
		found, err := w.node.Read(w.t.Context(), region)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, found.Tile...)
	}
	return all
}

// taken waits until an act is carried out.
func (w *world) taken(act uint64) {
	w.t.Helper()
	w.eventually("taken back", func() bool { return w.node.rollbacks.Handled() >= act })
}

func rollbackAct(id string, s rules.Selection) rules.Act {
	return rules.Act{ID: id, Do: rules.Rollback, Selection: &s, By: rules.By{Role: canvas.RoleModerator, Via: "page"}}
}

func undoAct(id string, of uint64) rules.Act {
	return rules.Act{ID: id, Do: rules.Undo, Of: of, By: rules.By{Role: canvas.RoleModerator, Via: "page"}}
}

// TestRollback_AndUndo: what somebody has drawn goes, what others draw over it stays, and undoing gives
// back exactly what was there.
func TestRollback_AndUndo(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry, Buffer: 100_000})
	files := recordtest.NewMemory()
	w := reversibleWorld(t, s, files, "one")
	draw := func(user canvas.Author, color canvas.Color, dots ...canvas.Dot) {
		t.Helper()
		for i := range dots {
			dots[i].Color = color
		}
		person := canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{byte(user)}, User: user, From: canvas.NetworkID(user)}
		if _, err := w.node.Place(t.Context(), person, []Stroke{{Dots: dots}}); err != nil {
			t.Fatal(err)
		}
	}
	block := func(x, y, n int) (dots []canvas.Dot) {
		for i := range n * n {
			dots = append(dots, canvas.Dot{X: uint16(x + i%n), Y: uint16(y + i/n)})
		}
		return dots
	}
	draw(7, 0x00FF00, block(0, 0, 30)...)
	picture := tiles(w)
	draw(8, 0xFF0000, block(5, 5, 30)...)
	painted := tiles(w)
	act := w.decide(rollbackAct("a", rules.Selection{Users: []canvas.Author{8}}))
	w.taken(act.N)
	if !bytes.Equal(tiles(w), picture) {
		t.Fatal("the picture is not as it was")
	}
	undo := w.decide(undoAct("b", act.N))
	w.taken(undo.N)
	if !bytes.Equal(tiles(w), painted) {
		t.Fatal("undoing does not give back what was there")
	}
	// What others have painted over since stays, and so does what the network did elsewhere.
	draw(7, 0x0000FF, block(10, 10, 2)...)
	act = w.decide(rollbackAct("c", rules.Selection{Networks: []canvas.NetworkID{8}, X: 5, Y: 5, Width: 10, Height: 10}))
	w.taken(act.N)
	now, want := tiles(w), picture
	undo = w.decide(undoAct("d", act.N))
	w.taken(undo.N)
	if bytes.Equal(now, want) {
		t.Error("nothing of what others have painted stays")
	}
	draws := 0
	for p, err := range w.past(files).Pixels(t.Context(), 0, time.Time{}, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if p.Cause != "" && p.User != canvas.ServerUser || p.Cause == "" && p.Network != canvas.NetworkID(p.User) {
			t.Fatalf("recorded: %+v", p)
		}
		if p.Cause != "" {
			draws++
		}
	}
	if draws == 0 {
		t.Error("no pixel in the record says why it was placed")
	}
}

// TestRollback_SparesWhatIsProtected: a rollback and its undo change nothing where who decided them may not draw, and all where they may.
func TestRollback_SparesWhatIsProtected(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry, Buffer: 100_000})
	w := reversibleWorld(t, s, recordtest.NewMemory(), "one")
	dots := func(color canvas.Color) []canvas.Dot {
		return []canvas.Dot{{X: 1, Y: 1, Color: color}, {X: 2, Y: 1, Color: color}, {X: 3, Y: 1, Color: color}, {X: 40, Y: 1, Color: color}}
	}
	person := canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{8}, User: 8}
	if _, err := w.node.Place(t.Context(), person, []Stroke{{Dots: dots(7)}}); err != nil {
		t.Fatal(err)
	}
	colors := func() (found [4]canvas.Color) {
		for i, d := range dots(0) {
			region, pos := testGeometry.Locate(int(d.X), int(d.Y))
			snapshot, err := w.node.Read(t.Context(), region)
			if err != nil {
				t.Fatal(err)
			}
			found[i] = snapshot.Tile.At(pos)
		}
		return found
	}
	area := func(id string, x int, users ...canvas.Author) rules.Act {
		return rules.Act{ID: id, Do: rules.Protect, By: byOperator(), Area: &rules.Area{X: x, Y: 1, Width: 1, Height: 1, Least: canvas.RoleOwner, Users: users}}
	}
	const moderator = 0xAB
	w.decide(area("a", 1))
	w.decide(area("b", 40))
	w.decide(area("c", 2, moderator))
	back := rollbackAct("d", rules.Selection{Users: []canvas.Author{8}})
	back.By.User = moderator
	act := w.decide(back)
	w.taken(act.N)
	const white = canvas.Background
	if got := colors(); got != [4]canvas.Color{7, white, white, 7} {
		t.Errorf("after a moderator's rollback: %v", got)
	}
	protected := w.decide(area("e", 3))
	w.taken(w.decide(undoAct("f", act.N)).N) // by another moderator, who is in no list
	if got := colors(); got != [4]canvas.Color{7, white, white, 7} {
		t.Errorf("after it was undone, when all is protected: %v", got)
	}
	if undo := w.decide(rules.Act{ID: "g", Do: rules.Undo, Of: protected.N, By: byOperator()}); undo.N == 0 {
		t.Fatal(undo)
	}
	byOwner := rollbackAct("h", rules.Selection{Users: []canvas.Author{8}})
	byOwner.By = byOperator()
	w.taken(w.decide(byOwner).N)
	if got := colors(); got != [4]canvas.Color{white, white, white, white} {
		t.Errorf("after an owner's rollback: %v", got)
	}
}

func (w *world) past(files record.Files) *record.Reader {
	return record.NewReader(files, w.store, record.Config{Geometry: testGeometry})
}

// TestRollback_GoesOnAfterADeath: a pod that was at an act has died; another one finds that, and what was
// done already stays done.
func TestRollback_GoesOnAfterADeath(t *testing.T) {
	s := memory.New(memory.Config{Geometry: testGeometry, Buffer: 100_000})
	files := recordtest.NewMemory()
	w := reversibleWorld(t, s, files, "one")
	person := canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{8}, User: 8}
	if _, err := w.node.Place(t.Context(), person, []Stroke{{Dots: []canvas.Dot{{X: 1, Color: 1}, {X: 40, Color: 1}}}}); err != nil {
		t.Fatal(err)
	}
	dead := []byte(`{"act":"a","by":"another","beat":1}`)
	if err := s.PutDocument(t.Context(), rollbacks.Kind, "00000000000000000001", dead, time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.node.Close()
	w = ruledWorld(t, s) // decides, and can't take back
	act := w.decide(rollbackAct("a", rules.Selection{Users: []canvas.Author{8}}))
	w.node.Close()
	w = reversibleWorld(t, s, files, "two")
	w.taken(act.N)
	if !canvas.Tile(tiles(w)).Blank() {
		t.Error("not all was taken back")
	}
	if doc, err := s.Document(t.Context(), rollbacks.Kind, "00000000000000000001"); err != nil || !bytes.Contains(doc, []byte(`"act":"a","done":true,"by":"two"`)) {
		t.Errorf("the document says %s, %v", doc, err)
	}
	if doc, err := s.Document(t.Context(), rollbacks.Kind, "carried-out"); err != nil || string(doc) != "1 a" {
		t.Errorf("carried out to %s, %v", doc, err)
	}
}
