package cluster

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
)

func TestRecords_SameBytesAsWithout(t *testing.T) {
	known := new(records)
	random := rand.New(rand.NewPCG(3, 4))
	var batches []*canvas.Batch
	for i := range 3 * recordSlots {
		b := randomBatch(random)
		b.Region = canvas.RegionID(i % (2 * recordSlots))
		batches = append(batches, &b)
	}
	for range 500 {
		b := batches[random.IntN(len(batches))]
		m := &actors.Committed{Stream: random.Uint64(), Batch: b}
		if !bytes.Equal(encode(m, known), encode(m, nil)) {
			t.Fatal("a record is another batch's")
		}
	}
	if b := largestBatch(); encode(&actors.Committed{Batch: b}, known) == nil || known.last[b.Region%recordSlots].Load().batch == b {
		t.Error("a record over the bound is kept")
	}
}

// largestBatch is the largest possible batch: every op has one pixel and every field set, and has
// nothing in common with the op before it.
func largestBatch() *canvas.Batch {
	names := []string{strings.Repeat("日", canvas.MaxName), strings.Repeat("本", canvas.MaxName)}
	b := &canvas.Batch{Region: 1, Epoch: math.MaxUint64, From: math.MaxUint64 - maxBatchPixels, To: math.MaxUint64, Time: math.MinInt64, Ops: make([]canvas.Op, maxBatchPixels)}
	pixels := make([]canvas.Pixel, maxBatchPixels)
	for i := range b.Ops {
		pixels[i] = canvas.Pixel{Pos: uint16(i), Color: 0xFFFFFF}
		b.Ops[i] = canvas.Op{
			ID: canvas.OpID{Author: math.MaxUint64 - canvas.Author(i), Num: math.MaxUint64}, Name: names[i%2],
			Alias: true, Spelling: "#FFFFFF", Pixels: pixels[i : i+1],
		}
	}
	return b
}

func opIDs(b *canvas.Batch) []canvas.OpID {
	ids := make([]canvas.OpID, len(b.Ops))
	for i := range ids {
		ids[i] = b.Ops[i].ID
	}
	return ids
}

// TestWire_LargestMessages checks maxMessage against the bounds of actors.
func TestWire_LargestMessages(t *testing.T) {
	b, name := largestBatch(), strings.Repeat("日", canvas.MaxName)
	user := canvas.User{Author: math.MaxUint64, Name: name}
	crowd := slices.Repeat([]actors.Member{{Viewer: math.MaxUint64, User: user}}, 4096)
	tile := canvas.NewTile(canvas.MaxRegionEdge, canvas.MaxRegionEdge)
	for _, message := range []any{
		&actors.Submit{Stream: math.MaxUint64, N: math.MaxUint64, Ops: b.Ops},
		&actors.Committed{Stream: math.MaxUint64, N: math.MaxUint64, Batch: b, Acks: opIDs(b)},
		&actors.Attached{Stream: math.MaxUint64, Base: &canvas.Snapshot{Tile: tile}, Recent: []*canvas.Batch{b}},
		&actors.Rejected{Ops: slices.Repeat(opIDs(b), actors.DefaultConfig().QueuePixels/maxBatchPixels)},
		&actors.Roll{Joined: crowd},
		&actors.Shown{Joined: slices.Repeat([]canvas.User{user}, 2000), Left: slices.Repeat([]canvas.Author{math.MaxUint64}, 2000)},
	} {
		n := len(encode(message, nil))
		t.Logf("%T: %d bytes", message, n)
		if n > maxMessage {
			t.Errorf("%T: %d bytes, more than maxMessage %d", message, n, maxMessage)
		}
	}
}
