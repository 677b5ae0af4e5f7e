// Package wiretest has batches and bytes for tests of what travels between pods.
package wiretest

import (
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
)

// BusyBatch is n pixels placed by n/10 users.
func BusyBatch(n int) *canvas.Batch {
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

// LargestBatch is the largest possible batch of n pixels: every op has one pixel and every field set,
// and has nothing in common with the op before it.
func LargestBatch(n int) *canvas.Batch {
	names := []string{strings.Repeat("日", canvas.MaxName), strings.Repeat("本", canvas.MaxName)}
	b := &canvas.Batch{Region: 1, Epoch: math.MaxUint64, From: math.MaxUint64 - uint64(n), To: math.MaxUint64, Time: math.MinInt64, Ops: make([]canvas.Op, n)}
	pixels := make([]canvas.Pixel, n)
	for i := range b.Ops {
		pixels[i] = canvas.Pixel{Pos: uint16(i), Color: 0xFFFFFF}
		b.Ops[i] = canvas.Op{
			ID: canvas.OpID{Author: math.MaxUint64 - canvas.Author(i), Num: math.MaxUint64}, User: math.MaxUint64 - canvas.Author(i), Name: names[i%2],
			Alias: true, Spelling: "#FFFFFF", Pixels: pixels[i : i+1], From: 1<<48 - 1 - canvas.NetworkID(i), Cause: strings.Repeat("x", canvas.MaxCause),
			Role: canvas.RoleOwner, Address: canvas.Address{byte(i), 15: 1}, Since: math.MaxUint64, Owner: math.MaxUint64 - canvas.Author(i),
		}
	}
	return b
}

// Golden reads the messages in a file of cluster/wire/testdata: wire.txt has all kinds.
func Golden(t testing.TB, file string) (messages [][]byte) {
	t.Helper()
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(golden)) {
		_, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		message, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, message)
	}
	return messages
}
