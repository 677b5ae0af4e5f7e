package peer

import (
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
	"pixelplayground/cluster/wire"
	"pixelplayground/cluster/wire/wiretest"
)

// BenchmarkPeers sends to a pod in another process over the loopback interface. It measures the
// time until the last message is with its actor there. MB/s counts the messages' wire form.
func BenchmarkPeers(b *testing.B) {
	p, other := nearBy(b, Config{}), startFar(b, farConfig{Peer: "127.0.0.1:0"})
	sink := other.sink()
	for _, c := range []struct {
		name string
		ops  []canvas.Op
	}{
		{"empty", nil},
		{"10-pixels", wiretest.BusyBatch(10).Ops},
		{"100-pixels", wiretest.BusyBatch(100).Ops},
		{"1000-pixels", wiretest.BusyBatch(1000).Ops},
		{"16384-pixels", wiretest.BusyBatch(16 << 10).Ops},
	} {
		b.Run(c.name, func(b *testing.B) {
			size := len(wire.Encode(&message.Submit{Ops: c.ops}, nil))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			received := ask(p, sink, time.Minute).Answers
			const underWay = 64 << 20 // bytes, so that the queue stays small
			every := underWay/size + 1
			b.ResetTimer()
			for i := range b.N {
				p.system.Root.Send(sink, &message.Submit{N: uint64(i), Ops: c.ops})
				if i%every == every-1 {
					ask(p, sink, time.Minute)
				}
			}
			await(b, p, sink, received+uint64(b.N), time.Minute)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
	b.Run("there-and-back", func(b *testing.B) {
		for range b.N {
			ask(p, sink, time.Minute)
		}
	})
}

// BenchmarkRemoteProcess measures what sending costs the sender.
func BenchmarkRemoteProcess(b *testing.B) {
	p, other := nearBy(b, Config{}), startFar(b, farConfig{Peer: "127.0.0.1:0"})
	pid := actor.NewPID(other.address, "nobody")
	b.ReportAllocs()
	for i := range b.N {
		p.system.Root.Send(pid, &message.Lapsed{Stream: uint64(i)})
	}
}
