//go:build linux

package main

import (
	"errors"
	"reflect"
	"testing"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/client/wire"
)

const answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

// conversation is the bytes that a viewer may receive, and the messages in them that count.
func conversation() (bytes []byte, want []wire.Head) {
	large := uint64(1) << 40
	add := func(payload []byte, m wire.Head) {
		bytes = append(bytes, ws.MustCompileFrame(ws.NewBinaryFrame(payload))...)
		want = append(want, m)
	}
	bytes, want = []byte(answer), []wire.Head{{Kind: upgraded}}
	add(codec.AppendWelcome(nil, codec.Welcome{Node: "pod", Geometry: geometry}), wire.Head{Kind: wire.Welcome})
	mark := canvas.Mark{Region: 700, Position: canvas.Position{Epoch: large, Seq: large + 5}}
	add(codec.AppendSnapshot(nil, codec.Snapshot{Mark: mark, Data: make([]byte, 70_000)}),
		wire.Head{Kind: wire.Snapshot, Region: 700, Epoch: large, From: large + 5})
	add(codec.AppendEmptyPixels(nil, mark), wire.Head{Kind: wire.Pixels, Region: 700, Epoch: large, From: large + 5})
	for _, n := range []int{1, 20, 30_000} {
		batch := &canvas.Batch{Region: 3, Epoch: 9, From: 200, To: 200 + uint64(n), Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, n)}}}
		add(codec.AppendPixels(nil, batch), wire.Head{Kind: wire.Pixels, Region: 3, Epoch: 9, From: 200, Count: uint64(n)})
	}
	add(codec.AppendAck(nil, codec.Ack{Ops: make([]uint64, 20)}), wire.Head{Kind: wire.Ack, Count: 20})
	add(codec.AppendRefused(nil, codec.Refused{Op: 5, Code: canvas.RefusedBusy}), wire.Head{Kind: wire.Refused, Count: uint64(canvas.RefusedBusy)})
	bytes = append(bytes, ws.CompiledPing...)
	want = append(want, wire.Head{Kind: pinging})
	bytes = append(bytes, ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1012, "")))...)
	return bytes, append(want, wire.Head{Kind: closing, Count: 1012})
}

func TestStream_SameHoweverItIsCut(t *testing.T) {
	bytes, want := conversation()
	for _, size := range []int{1, 2, 7, 63, 64, 65, 1000, len(bytes)} {
		var s stream
		var got []wire.Head
		for left := bytes; len(left) > 0; {
			p := left[:min(size, len(left))]
			left = left[len(p):]
			for len(p) > 0 {
				var m wire.Head
				var err error
				if m, p, err = s.next(p); err != nil {
					t.Fatalf("in pieces of %d: after %d messages: %v", size, len(got), err)
				}
				if m.Kind != 0 {
					got = append(got, m)
				}
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("in pieces of %d: got %v, want %v", size, got, want)
		}
	}
}

func TestStream_Refuses(t *testing.T) {
	for name, tt := range map[string]struct {
		bytes string
		want  error
	}{
		"a refused handshake": {"HTTP/1.1 503 Service Unavailable\r\n\r\n", errHandshake},
		"a fragment":          {answer + "\x02\x01\x90", wire.ErrProtocol},
		"a masked frame":      {answer + "\x82\x81\x00\x00\x00\x00\x90", wire.ErrProtocol},
		"a huge frame":        {answer + "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", wire.ErrProtocol},
		"no array":            {answer + "\x82\x01\xc0", wire.ErrProtocol},
		"a map":               {answer + "\x82\x04\xde\x00\x01\x12", wire.ErrProtocol},
		"half a message":      {answer + "\x82\x02\x95\x12", wire.ErrProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			var s stream
			var err error
			for p := []byte(tt.bytes); len(p) > 0 && err == nil; {
				_, p, err = s.next(p)
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
