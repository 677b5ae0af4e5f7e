package client

import (
	"context"
	"fmt"
	"image"
	"reflect"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/clienttest"
)

func TestView_Verdicts(t *testing.T) {
	g := testWelcome().Geometry
	batch := func(region canvas.RegionID, epoch, from, to uint64) *canvas.Batch {
		return &canvas.Batch{Region: region, Epoch: epoch, From: from, To: to}
	}
	// Region 0 is held at (3, 10), and 1 at the same but asked for.
	for _, test := range []struct {
		name  string
		batch *canvas.Batch
		after time.Duration // since region 1 was asked for
		want  verdict
		held  canvas.Position
		ask   []canvas.Mark
	}{
		{name: "continues", batch: batch(0, 3, 10, 12), want: applied, held: canvas.Position{Epoch: 3, Seq: 12}},
		{name: "continues under a new owner", batch: batch(0, 5, 10, 12), want: applied, held: canvas.Position{Epoch: 5, Seq: 12}},
		{name: "nothing missed", batch: batch(0, 3, 10, 10), want: applied, held: canvas.Position{Epoch: 3, Seq: 10}},
		{name: "ahead", batch: batch(0, 3, 11, 12), want: gap, held: canvas.Position{Epoch: 3, Seq: 10}, ask: held(3, 10, 0)},
		{name: "behind", batch: batch(0, 3, 9, 12), want: duplicate, held: canvas.Position{Epoch: 3, Seq: 10}, ask: held(3, 10, 0)},
		{name: "under an older owner", batch: batch(0, 2, 10, 12), want: gap, held: canvas.Position{Epoch: 3, Seq: 10}, ask: held(3, 10, 0)},
		{name: "not followed", batch: batch(2, 3, 0, 1), want: foreign},
		{name: "answers", batch: batch(1, 3, 10, 12), want: applied, held: canvas.Position{Epoch: 3, Seq: 12}},
		{name: "before the answer", batch: batch(1, 3, 11, 12), after: patience - 1, want: foreign, held: canvas.Position{Epoch: 3, Seq: 10}},
		{name: "instead of an answer", batch: batch(1, 3, 11, 12), after: patience, want: gap, held: canvas.Position{Epoch: 3, Seq: 10}, ask: held(3, 10, 1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := newFakeClock()
			clock.advance(1)
			v := newView(g, []canvas.RegionID{1, 0, 1, 99}, false)
			for _, r := range v.regions {
				r.held = canvas.Position{Epoch: 3, Seq: 10}
			}
			v.regions[1].asked = clock.Now()
			clock.advance(test.after)
			got, err := v.apply(test.batch, clock)
			if got != test.want || err != nil {
				t.Errorf("verdict %d, %v, want %d", got, err, test.want)
			}
			if r := v.regions[test.batch.Region]; r != nil && r.held != test.held {
				t.Errorf("held %v, want %v", r.held, test.held)
			}
			if got := v.ask(); !reflect.DeepEqual(got, test.ask) {
				t.Errorf("asks for %v, want %v", got, test.ask)
			}
		})
	}
}

func held(epoch, seq uint64, ids ...canvas.RegionID) []canvas.Mark {
	list := marks(seq, ids...)
	for i := range list {
		list[i].Position.Epoch = epoch
	}
	return list
}

func TestView_AskTakesPositionsAtTheLastMoment(t *testing.T) {
	clock := newFakeClock()
	clock.advance(1)
	v := newView(testWelcome().Geometry, []canvas.RegionID{1, 0}, false)
	v.askAll(clock.Now())
	if got, _ := v.apply(&canvas.Batch{Region: 1, Epoch: 1, To: 5}, clock); got != applied {
		t.Fatalf("verdict %d", got)
	}
	if got := v.ask(); !reflect.DeepEqual(got, marks(0, 0)) {
		t.Errorf("asks for %v, want only region 0: 1 has found its place", got)
	}
	if got := v.ask(); got != nil {
		t.Errorf("asks again, for %v", got)
	}
	if v.synced() {
		t.Error("region 0 counts as answered")
	}
	if !v.reached(marks(5, 1)) || v.reached(marks(6, 1)) || v.reached(marks(1, 0, 1)) || v.reached(marks(1, 77)) {
		t.Error("reached is wrong about region 1 at 5, or the others at 0")
	}
}

func TestClient_GapAsksAgain(t *testing.T) {
	var batches []uint64
	r := connect(t, Config{Regions: Only(0), Replica: true, Handler: Handler{Pixels: func(b *canvas.Batch) { batches = append(batches, b.To) }}})
	next[codec.Subscribe](r)
	r.conn.Send(pixels(0, 1, 2), pixels(3, 9)) // the pixel with sequence number 3 is lost
	if got := next[codec.Subscribe](r).Marks; !reflect.DeepEqual(got, marks(2, 0)) {
		t.Fatalf("after the gap: SUBSCRIBE %v", got)
	}
	// What was on its way is dropped, then the answer counts.
	r.conn.Send(pixels(4, 8), pixels(2, 3, 4, 5), pixels(5, 6))
	ctx := t.Context()
	if err := r.client.WaitFor(ctx, marks(6, 0)...); err != nil {
		t.Fatal(err)
	}
	if c, _ := r.client.At(0, 0); c != 6 {
		t.Errorf("pixel is %v", c)
	}
	r.conn.Send(pixels(5, 7))
	if got := next[codec.Subscribe](r).Marks; !reflect.DeepEqual(got, marks(6, 0)) {
		t.Errorf("after the duplicate: SUBSCRIBE %v", got)
	}
	if got, want := r.client.Positions(), marks(6, 0); !reflect.DeepEqual(got, want) {
		t.Errorf("positions %v, want %v", got, want)
	}
	r.client.Close()
	want := Stats{PixelsReceived: 6, SeqCovered: 6, Gaps: 1, Duplicates: 1}
	if got := r.client.Stats(); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
	if !reflect.DeepEqual(batches, []uint64{2, 5, 6}) {
		t.Errorf("handler was shown batches up to %v", batches)
	}
}

func TestClient_SyncedWaitsForPixelsBehindTheSnapshot(t *testing.T) {
	r := connect(t, Config{Regions: Only(1), Replica: true})
	next[codec.Subscribe](r)
	synced := make(chan error, 1)
	go func() { synced <- r.client.Synced(context.Background()) }()

	tile := canvas.NewTile(4, 12) // region 1 is narrow
	tile.Set(5, 0x123456)
	r.conn.Send(codec.Snapshot{Mark: marks(7, 1)[0], Data: codec.CompressTile(tile)})
	ping := next[codec.Ping](r)
	behind := pixels(7, 0xABCDEF)
	behind.Batch.Region = 1
	r.conn.Send(behind, codec.Pong{Token: ping.Token})
	if err := receive(t, synced, "Synced"); err != nil {
		t.Fatal(err)
	}
	img := r.client.Image(image.Rect(15, 0, 100, 100))
	if img.Rect != image.Rect(15, 0, 20, 12) {
		t.Errorf("image covers %v", img.Rect)
	}
	for at, want := range map[image.Point]string{{X: 16, Y: 0}: "abcdefff", {X: 17, Y: 1}: "123456ff", {X: 19, Y: 11}: "ffffffff", {X: 15, Y: 0}: "00000000"} {
		p := img.RGBAAt(at.X, at.Y)
		if got := fmt.Sprintf("%02x%02x%02x%02x", p.R, p.G, p.B, p.A); got != want {
			t.Errorf("pixel %v is %s, want %s", at, got, want)
		}
	}
	if _, ok := r.client.At(0, 0); ok {
		t.Error("holds a region that it does not follow")
	}
	if _, ok := r.client.At(20, 0); ok {
		t.Error("holds a pixel off the canvas")
	}
	if s := r.client.Stats(); s.Snapshots != 1 || s.SeqCovered != 1 {
		t.Errorf("stats %+v", s)
	}
}

// Another canvas, which a server may have after a restart, starts from nothing.
func TestClient_CanvasOfAnotherSize(t *testing.T) {
	r := connect(t, Config{Regions: AllRegions, Replica: true})
	next[codec.Subscribe](r)
	r.conn.Send(pixels(0, 1))
	if err := r.client.WaitFor(t.Context(), marks(1, 0)...); err != nil {
		t.Fatal(err)
	}
	r.conn.Break()
	close(r.clock.pause(t).over)
	other := testWelcome()
	other.Geometry.Width = 40
	r.welcome(other)
	if got := next[codec.Subscribe](r).Marks; !reflect.DeepEqual(got, marks(0, 0, 1, 2)) {
		t.Errorf("SUBSCRIBE %v", got)
	}
	if c, _ := r.client.At(0, 0); c != canvas.Background {
		t.Errorf("pixel is %v", c)
	}
}

func TestClient_BreaksWithAServerThatLies(t *testing.T) {
	narrow := pixels(0, 1)
	narrow.Batch.Region = 1
	narrow.Batch.Ops[0].Pixels[0].Pos = 4 * 12
	for name, message := range map[string]codec.ServerMessage{
		"position outside of the region": narrow,
		"snapshot that does not unpack":  codec.Snapshot{Mark: marks(7, 1)[0], Data: []byte("no")},
	} {
		t.Run(name, func(t *testing.T) {
			r := connect(t, Config{Regions: AllRegions, Replica: true})
			next[codec.Subscribe](r)
			r.conn.Send(message)
			if code := r.conn.Closed(); code != codec.CloseProtocol {
				t.Errorf("closed with %d", code)
			}
			if got := r.reconnect(); !got.Resume {
				t.Errorf("HELLO %+v", got)
			}
			if got := next[codec.Subscribe](r).Marks; !reflect.DeepEqual(got, marks(0, 0, 1)) {
				t.Errorf("SUBSCRIBE %v", got)
			}
		})
	}
}

func TestClient_AsksForManyRegionsInParts(t *testing.T) {
	server := clienttest.Listen(t)
	w := testWelcome()
	w.Geometry = canvas.Geometry{Width: 64, Height: 64, Region: 1}
	c := newClient(t, Config{URLs: []string{server.URL()}, Regions: AllRegions})
	go func() { _ = c.Open(context.Background()) }()
	conn := server.Accept()
	conn.Next()
	conn.Send(w)
	seen := 0
	for seen < 4096 {
		f, err := conn.Frame()
		if err != nil {
			t.Fatal(err)
		}
		m, err := codec.DecodeClient(f.Payload)
		if err != nil {
			t.Fatal(err)
		}
		for i, mark := range m.(codec.Subscribe).Marks {
			if int(mark.Region) != seen+i {
				t.Fatalf("mark %d is of region %d", seen+i, mark.Region)
			}
		}
		seen += len(m.(codec.Subscribe).Marks)
	}
}

func TestRegionsIn(t *testing.T) {
	g := testWelcome().Geometry // 20x12 pixels in regions of 16
	for _, test := range []struct {
		part image.Rectangle
		want []canvas.RegionID
	}{
		{image.Rect(0, 0, 16, 12), []canvas.RegionID{0}},
		{image.Rect(15, 5, 17, 6), []canvas.RegionID{0, 1}},
		{image.Rect(16, 0, 99, 99), []canvas.RegionID{1}},
		{image.Rect(-5, -5, 1, 1), []canvas.RegionID{0}},
		{image.Rect(20, 0, 30, 9), nil},
		{image.Rectangle{}, nil},
	} {
		if got := RegionsIn(test.part)(g); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v: regions %v, want %v", test.part, got, test.want)
		}
	}
}

func TestConfig_Validate(t *testing.T) {
	for target, ok := range map[string]bool{
		"ws://127.0.0.1:8080/ws": true, "wss://example.org/ws": true,
		"http://127.0.0.1:8080": false, "127.0.0.1:8080": false, "ws://": false, "": false, "ws:/x": false,
	} {
		if err := (Config{URLs: []string{target}}).Validate(); (err == nil) != ok {
			t.Errorf("target %q: %v", target, err)
		}
	}
	if err := (Config{}).Validate(); err == nil {
		t.Error("no target is taken")
	}
}
