//go:build linux

package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"
)

func exampleThroughput(pixels int) throughput {
	return throughput{
		usage:   usage{counts: counts{commits: 500}, cpu: time.Second, lasts: 2 * time.Second},
		strokes: pixels / 2, pixels: pixels, redis: 500 * time.Millisecond,
	}
}

func TestThroughput_String(t *testing.T) {
	line := exampleThroughput(200_000).String()
	if len(line) != len(commitsHeader) {
		t.Errorf("a line of %d characters under one of %d:\n%s\n%s", len(line), len(commitsHeader), commitsHeader, line)
	}
	if got, want := strings.Fields(line), "100000 50000 250 200.0 50.0% 25.0% 10.00"; strings.Join(got, " ") != want {
		t.Errorf("got %v, not %s", got, want)
	}
	without := exampleThroughput(200_000)
	without.redis = 0
	if line := without.String(); !strings.Contains(line, " - ") {
		t.Errorf("got %q", line)
	}
}

func TestMedianThroughput(t *testing.T) {
	all := []throughput{exampleThroughput(9), exampleThroughput(1), exampleThroughput(5)}
	if got := medianThroughput(all); got.pixels != 5 {
		t.Errorf("got %+v", got)
	}
}

// A socket that takes only part of the placed ops gets the rest later, and no op twice.
func TestMember_FillSendsEveryStrokeOnce(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	if err := unix.SetsockoptInt(pair[0], unix.SOL_SOCKET, unix.SO_SNDBUF, 4096); err != nil {
		t.Fatal(err)
	}
	const pixels = 64
	var want []byte
	for op := range uint64(window) {
		want = append(want, placeFrame(3, op+1, op+1, pixels)...)
	}
	m := &member{fd: pair[0]}
	var got []byte
	for turn := 0; len(got) < len(want); turn++ {
		if err := m.fill(3, pixels); err != nil {
			t.Fatal(err)
		}
		if turn == 0 && len(m.unsent) == 0 {
			t.Fatal("the socket took everything: nothing is tested")
		}
		piece := make([]byte, len(want))
		n, err := unix.Read(pair[1], piece)
		if err != nil {
			t.Fatalf("after %d of %d bytes: %v", len(got), len(want), err)
		}
		got = append(got, piece[:n]...)
	}
	for sent, left := bytes.NewReader(want), bytes.NewReader(got); sent.Len() > 0; {
		if a, b := payloadOf(t, sent), payloadOf(t, left); !bytes.Equal(a, b) {
			t.Fatalf("%d bytes are left, and the frame before is not what was placed", left.Len())
		}
	}
	if len(got) != len(want) || m.waiting != window || len(m.unsent) != 0 {
		t.Errorf("%d bytes of %d, %d under way, %d bytes unsent", len(got), len(want), m.waiting, len(m.unsent))
	}
}

// payloadOf reads the payload of a client's frame.
func payloadOf(t *testing.T, from io.Reader) []byte {
	t.Helper()
	h, err := ws.ReadHeader(from)
	if err != nil {
		t.Fatal(err)
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(from, payload); err != nil {
		t.Fatal(err)
	}
	ws.Cipher(payload, h.Mask, 0)
	return payload
}
