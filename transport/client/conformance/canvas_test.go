package conformance

import (
	"slices"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// The canvas is what SNAPSHOT and PIXELS say, in their order.
func TestCanvas_FollowsAndReads(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0, 1}, nil)
		tile := canvas.NewTile(4, 12) // region 1
		tile.Set(5, blue)             // (17, 1)
		twice := pixels(1, 8, red, green)
		twice.Batch.Ops[0].Pixels[0].Pos = 1 // both at (17, 0): the later one counts
		b.conn.Send(
			codec.Snapshot{Mark: mark(1, 3, 8), Data: codec.CompressTile(tile)}, pixels(0, 0, red, green), func() codec.Pixels { twice.Batch.Epoch = 3; return twice }(),
		)
		b.Do("sync", nil)
		b.Shows(0, 0, red)
		b.Shows(1, 0, green)
		b.Shows(2, 0, canvas.Background)
		b.Shows(17, 0, green)
		b.Shows(17, 1, blue)
		if got := b.Read(15, 0, 5, 2); len(got) != 10 || *got[2] != green || *got[7] != blue || *got[0] != canvas.Background {
			t.Errorf("5x2 pixels are %v", got)
		}
		b.silent()
	})
}

// Frames that were merged leave pixels out, and never a number.
func TestCanvas_Merged(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0}, nil)
		merged := pixels(0, 0, red)
		merged.Batch.To = 500
		b.conn.Send(merged, pixels(0, 500, green))
		b.Do("sync", nil)
		b.Shows(0, 0, green)
		b.silent()
	})
}

// Who has lost its place asks once, with what it holds, and ignores the rest until the answer.
func TestCanvas_Gap(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0}, nil)
		b.conn.Send(pixels(0, 0, red), pixels(0, 5, green), pixels(0, 6, green))
		if got, want := next[codec.Subscribe](b).Marks, []canvas.Mark{mark(0, 1, 1)}; !slices.Equal(got, want) {
			t.Errorf("SUBSCRIBE %v, want %v", got, want)
		}
		missed := pixels(0, 1, red, blue)
		missed.Batch.To = 7
		b.conn.Send(pixels(0, 7, green), missed, pixels(0, 7, green))
		b.Do("sync", nil)
		b.Shows(0, 0, green)
		b.Shows(1, 0, blue)
		b.silent()
	})
}

// What comes twice counts once: the client asks where it stands.
func TestCanvas_Double(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0}, nil)
		b.conn.Send(pixels(0, 0, red), pixels(0, 1, green), pixels(0, 0, red))
		if got, want := next[codec.Subscribe](b).Marks, []canvas.Mark{mark(0, 1, 2)}; !slices.Equal(got, want) {
			t.Errorf("SUBSCRIBE %v, want %v", got, want)
		}
		b.conn.Send(codec.Pixels{Batch: canvas.Batch{Epoch: 1, From: 2, To: 2}})
		b.Do("sync", nil)
		b.Shows(0, 0, green)
	})
}

// Other regions can be followed at any time. What is held of those that stay is kept.
func TestCanvas_FollowsOthers(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0}, nil)
		b.conn.Send(pixels(0, 0, red))
		b.Do("sync", nil)
		b.Do("follow", Args{"regions": []int{0, 1}})
		b.subscribed([]canvas.RegionID{1})
		b.Shows(0, 0, red)
		b.Do("follow", Args{"regions": []int{1}})
		if got := next[codec.Unsubscribe](b).Regions; !slices.Equal(got, []canvas.RegionID{0}) {
			t.Errorf("UNSUBSCRIBE %v", got)
		}
		b.conn.Send(pixels(0, 1, green), pixels(1, 0, blue)) // the first was on its way
		b.Do("sync", nil)
		if got := b.Read(0, 0, 1, 1); got[0] != nil {
			t.Errorf("a pixel that is not followed is %v", got[0])
		}
		b.Shows(16, 0, blue)
		b.silent()
	})
}

// A client says that something has changed, once for all that has.
func TestCanvas_Changed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.connect([]canvas.RegionID{0}, nil)
		b.conn.Send(pixels(0, 0, red))
		b.Do("sync", nil)
		b.Do("changed", nil)
		changed := b.Go("changed", nil)
		b.Do("sync", nil)
		select {
		case l := <-changed:
			t.Errorf("changed again, without a change: %+v", l)
		default:
		}
		b.conn.Send(pixels(0, 1, green))
		b.Succeeded("changed", b.Answer(changed))
		b.Shows(0, 0, green)
	})
}
