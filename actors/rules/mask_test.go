package rules

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// painted is a mask with a disc in it.
func painted(t testing.TB, width, height int) *Mask {
	t.Helper()
	m, err := NewMask(width, height, func(x, y int) bool {
		dx, dy := x-width/2, y-height/2
		return dx*dx+dy*dy < width*height/5
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMask_IsStoredAndReadAgain(t *testing.T) {
	for _, side := range [][2]int{{1, 1}, {7, 3}, {640, 480}, {MaxMaskSide, 64}, {64, MaxMaskSide}} {
		m := painted(t, side[0], side[1])
		name, stored, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeMask(name, stored)
		if err != nil || again.Width != m.Width || again.Height != m.Height || !bytes.Equal(again.bits, m.bits) || !IsMaskName(name) {
			t.Errorf("%v: %v", side, err)
		}
		if parts := MaskParts(stored[:min(len(stored), MaskPart)]); parts != (len(stored)+MaskPart-1)/MaskPart {
			t.Errorf("%v: %d bytes in %d parts", side, len(stored), parts)
		}
		if m.Has(-1, 0) || m.Has(0, -1) || m.Has(m.Width, 0) || m.Has(0, m.Height) {
			t.Errorf("%v: there is something beside it", side)
		}
	}
}

func TestMask_Refused(t *testing.T) {
	for _, side := range [][2]int{{0, 1}, {1, 0}, {MaxMaskSide + 1, 1}, {1, MaxMaskSide + 1}} {
		if _, err := NewMask(side[0], side[1], func(int, int) bool { return true }); !errors.Is(err, ErrInvalid) {
			t.Errorf("%v: %v", side, err)
		}
	}
	noise := rand.New(rand.NewPCG(1, 2))
	m, err := NewMask(MaxMaskSide, 600, func(int, int) bool { return noise.Uint64()&1 == 0 })
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Encode(); !errors.Is(err, ErrInvalid) {
		t.Errorf("noise: %v", err)
	}
	name, stored, _ := painted(t, 20, 20).Encode()
	for n := range stored {
		changed := bytes.Clone(stored)
		changed[n] ^= 1
		if _, err := DecodeMask(name, changed); !errors.Is(err, ErrInvalid) {
			t.Errorf("byte %d changed: %v", n, err)
		}
		if _, err := DecodeMask(name, stored[:n]); !errors.Is(err, ErrInvalid) {
			t.Errorf("cut off after %d bytes: %v", n, err)
		}
	}
	for _, name := range []string{"", "xyz", "../../etc/passwd", name[1:], name + "00", "A" + name[1:]} {
		if IsMaskName(name) {
			t.Errorf("%q is a name", name)
		}
	}
}

// FuzzDecodeMask: whatever has the right name, reading it ends with an answer.
func FuzzDecodeMask(f *testing.F) {
	_, stored, _ := (&Mask{4, 4, []byte{0xF0, 0x0F}}).Encode()
	f.Add(stored)
	f.Fuzz(func(t *testing.T, stored []byte) {
		if m, err := DecodeMask(maskName(stored), stored); err == nil {
			m.Has(m.Width-1, m.Height-1)
		}
	})
}
