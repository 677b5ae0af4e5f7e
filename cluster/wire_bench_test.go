package cluster

import (
	"fmt"
	"testing"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
)

// busyBatch is n pixels placed by n/10 users.
func busyBatch(n int) *canvas.Batch {
	b := &canvas.Batch{Region: 3, Epoch: 1_700_000_000, From: 1 << 30, To: 1<<30 + uint64(n), Time: 1_700_000_000_000}
	for i := range n {
		if i%10 == 0 {
			b.Ops = append(b.Ops, canvas.Op{ID: canvas.OpID{Author: canvas.Author(1<<40 + i), Num: uint64(i)}, Name: fmt.Sprint("user", i)})
		}
		op := &b.Ops[len(b.Ops)-1]
		op.Pixels = append(op.Pixels, canvas.Pixel{Pos: uint16(i), Color: 0x123456})
	}
	return b
}

// BenchmarkEncode_ToFivePods sends one batch to five relays, with and without records, to show what
// remembering them is worth.
func BenchmarkEncode_ToFivePods(b *testing.B) {
	for _, pixels := range []int{1, 100, 1000, 16384} {
		for name, known := range map[string]*records{"remembered": new(records), "each": nil} {
			b.Run(fmt.Sprintf("%d/%s", pixels, name), func(b *testing.B) {
				b.ReportAllocs()
				made := busyBatch(pixels)
				b.ResetTimer()
				for range b.N {
					batch := *made // another one to records
					for range 5 {
						encode(&actors.Committed{Stream: 1 << 60, N: 8, Batch: &batch}, known)
					}
				}
			})
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, message := range map[string]any{"attach": &actors.Attach{Stream: 1 << 60}, "committed-100": &actors.Committed{Batch: busyBatch(100), Acks: opIDs(busyBatch(100))}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			encoded := encode(message, nil)
			for range b.N {
				decode(encoded)
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, message := range map[string]any{"attach": &actors.Attach{Stream: 1 << 60}, "shown": &actors.Shown{}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				encode(message, nil)
			}
		})
	}
}
