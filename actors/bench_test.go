package actors

import (
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/actors/store/memory"
)

// nobody is an Audience without viewers. It sends on the number of pixels in each batch.
type nobody struct{ published chan int }

func (n nobody) Publish(b *canvas.Batch)                                 { n.published <- b.Pixels() }
func (nobody) Reset(canvas.RegionID)                                     {}
func (nobody) Join(canvas.ViewerID, CatchUp)                             {}
func (nobody) Viewing(canvas.RegionID) bool                              { return true }
func (nobody) Point(canvas.RegionID, []canvas.Pointer, []canvas.Pointer) {}
func (nobody) Present(*Presence)                                         {}
func (nobody) ShowOwn(canvas.ViewerID, canvas.Subject, *canvas.Batch)    {}
func (nobody) Ruled(*rules.Rules, string)                                {}

// BenchmarkNode_PlaceToPublish measures the way of a pixel from a connection's relay through the
// region and a store that takes no time to the audience: the cost of the actors alone.
func BenchmarkNode_PlaceToPublish(b *testing.B) {
	cfg := DefaultConfig()
	audience := nobody{make(chan int, 1)} // sent to by the relay, drained below
	node := New(cfg, Ports{Store: memory.New(memory.Config{Geometry: cfg.Geometry}), Audience: audience})
	if err := node.Open(); err != nil {
		b.Fatal(err)
	}
	defer node.Close()
	from := node.system.NewLocalPID("nobody") // acks become dead letters
	b.ReportAllocs()
	for n := uint64(1); b.Loop(); n++ {
		op := canvas.Op{ID: canvas.OpID{Author: 1, Num: n}, Pixels: []canvas.Pixel{{Pos: uint16(n), Color: canvas.Color(n)}}}
		node.system.Root.Send(node.relays[0], place{op: op, from: from})
		<-audience.published
	}
}

// BenchmarkRelay_CatchUp merges half a ring for a viewer that resumes.
func BenchmarkRelay_CatchUp(b *testing.B) {
	var batches []*canvas.Batch
	for i := range 1000 {
		batch := &canvas.Batch{Epoch: 1, From: uint64(16 * i), To: uint64(16*i + 16), Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, 16)}}}
		for j := range batch.Ops[0].Pixels {
			batch.Ops[0].Pixels[j] = canvas.Pixel{Pos: uint16(i*31 + j), Color: canvas.Color(i)}
		}
		batches = append(batches, batch)
	}
	b.ReportAllocs()
	for b.Loop() {
		canvas.Merge(batches)
	}
}
