package wire

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/cluster/wire/wiretest"
)

func TestRecords_SameBytesAsWithout(t *testing.T) {
	known := new(Records)
	random := rand.New(rand.NewPCG(3, 4))
	var batches []*canvas.Batch
	for i := range 3 * recordSlots {
		b := randomBatch(random)
		b.Region = canvas.RegionID(i % (2 * recordSlots))
		batches = append(batches, &b)
	}
	for range 500 {
		b := batches[random.IntN(len(batches))]
		m := &message.Committed{Stream: random.Uint64(), Batch: b}
		if !bytes.Equal(Encode(m, known), Encode(m, nil)) {
			t.Fatal("a record is another batch's")
		}
	}
	if b := wiretest.LargestBatch(canvas.MaxBatchPixels); Encode(&message.Committed{Batch: b}, known) == nil || known.last[b.Region%recordSlots].Load().batch == b {
		t.Error("a record over the bound is kept")
	}
}

func opIDs(b *canvas.Batch) []canvas.OpID {
	ids := make([]canvas.OpID, len(b.Ops))
	for i := range ids {
		ids[i] = b.Ops[i].ID
	}
	return ids
}

// TestWire_LargestMessages checks MaxMessage against the bounds of actors.
func TestWire_LargestMessages(t *testing.T) {
	b, name := wiretest.LargestBatch(canvas.MaxBatchPixels), strings.Repeat("日", canvas.MaxName)
	user := canvas.User{Author: math.MaxUint64, Name: name}
	crowd := slices.Repeat([]message.Member{{Viewer: math.MaxUint64, User: user}}, 4096)
	tile := canvas.NewTile(canvas.MaxRegionEdge, canvas.MaxRegionEdge)
	for _, message := range []any{
		&message.Submit{Stream: math.MaxUint64, N: math.MaxUint64, Ops: b.Ops},
		&message.Committed{Stream: math.MaxUint64, N: math.MaxUint64, Batch: b, Acks: opIDs(b)},
		&message.Attached{Stream: math.MaxUint64, Base: &canvas.Snapshot{Tile: tile}, Recent: []*canvas.Batch{b}},
		&message.Rejected{Ops: slices.Repeat(opIDs(b), actors.DefaultConfig().QueuePixels/canvas.MaxBatchPixels)},
		&message.PodUsers{Joined: crowd},
		&message.Shown{Joined: slices.Repeat([]canvas.User{user}, 2000), Left: slices.Repeat([]canvas.Author{math.MaxUint64}, 2000)},
	} {
		n := len(Encode(message, nil))
		t.Logf("%T: %d bytes", message, n)
		if n > MaxMessage {
			t.Errorf("%T: %d bytes, more than MaxMessage %d", message, n, MaxMessage)
		}
	}
}
