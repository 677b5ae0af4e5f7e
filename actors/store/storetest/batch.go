package storetest

import (
	"fmt"
	"strings"

	"pixelplayground/actors/canvas"
)

// batch makes the batch of the given number of pixels with which an owner continues at from. Its
// content depends on the arguments alone, and no two batches of a test are alike.
func batch(region canvas.RegionID, epoch, from uint64, pixels int) *canvas.Batch {
	b := &canvas.Batch{Region: region, Epoch: epoch, From: from, To: from + uint64(pixels), Time: 1_700_000_000_000 + int64(from)}
	positions := len(blank(region)) / 3
	for i := range pixels {
		seq := from + uint64(i)
		if i%3 == 0 {
			b.Ops = append(b.Ops, op(epoch, seq))
		}
		last := &b.Ops[len(b.Ops)-1]
		last.Pixels = append(last.Pixels, canvas.Pixel{
			Pos:   uint16(seq * 7 % uint64(positions)),
			Color: canvas.Color((seq*0x9E3779 + epoch*0x10101) & 0xFFFFFF),
		})
	}
	return b
}

// op makes an op without pixels; over a few of them every field takes all its forms.
func op(epoch, seq uint64) canvas.Op {
	op := canvas.Op{ID: canvas.OpID{Author: canvas.Author(0xFFFF_0000_0000 + seq%5), Num: epoch<<32 + seq + 1}}
	if seq%5 > 0 { // the rest are as an earlier version left them
		op.User, op.From = canvas.Author(seq%3), canvas.NetworkID(seq%4)
		op.ID.Key, op.Network, op.InTurn = canvas.Key{15: byte(seq % 5)}, canvas.Network(seq%2), seq%7 > 0
	}
	if seq%6 == 5 {
		op.Cause = "rollback 7"
	}
	switch seq % 4 {
	case 1:
		op.Name = "Ada"
	case 2:
		op.Name, op.Alias = "Zoë 名前", true
	case 3:
		op.Spelling = "#aAbBcC"
	}
	return op
}

// spans writes batches for people: "1:0-5 2:5-9".
func spans(batches []*canvas.Batch) string {
	var text strings.Builder
	for i, b := range batches {
		if i > 0 {
			text.WriteByte(' ')
		}
		fmt.Fprintf(&text, "%d:%d-%d", b.Epoch, b.From, b.To)
	}
	return "[" + text.String() + "]"
}
