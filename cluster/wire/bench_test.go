package wire

import (
	"fmt"
	"testing"

	"pixelplayground/actors/message"
	"pixelplayground/cluster/wire/wiretest"
)

// BenchmarkEncode_ToFivePods sends one batch to five relays, with and without Records, to show what
// remembering them is worth.
func BenchmarkEncode_ToFivePods(b *testing.B) {
	for _, pixels := range []int{1, 100, 1000, 16384} {
		for name, known := range map[string]*Records{"remembered": new(Records), "each": nil} {
			b.Run(fmt.Sprintf("%d/%s", pixels, name), func(b *testing.B) {
				b.ReportAllocs()
				made := wiretest.BusyBatch(pixels)
				b.ResetTimer()
				for range b.N {
					batch := *made // another one to Records
					for range 5 {
						Encode(&message.Committed{Stream: 1 << 60, N: 8, Batch: &batch}, known)
					}
				}
			})
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, message := range map[string]any{"attach": &message.Attach{Stream: 1 << 60}, "committed-100": &message.Committed{Batch: wiretest.BusyBatch(100), Acks: opIDs(wiretest.BusyBatch(100))}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			encoded := Encode(message, nil)
			for range b.N {
				_, _ = Decode(encoded)
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, message := range map[string]any{"attach": &message.Attach{Stream: 1 << 60}, "shown": &message.Shown{}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				Encode(message, nil)
			}
		})
	}
}
