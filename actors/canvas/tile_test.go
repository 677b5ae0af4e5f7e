package canvas

import (
	"bytes"
	"testing"
)

func TestTile_New(t *testing.T) {
	tile := NewTile(3, 2)
	if len(tile) != 18 || !tile.Blank() {
		t.Errorf("%x is not 6 blank pixels", tile)
	}
	for pos := range uint16(6) {
		if c := tile.At(pos); c != Background {
			t.Errorf("position %d is %v", pos, c)
		}
	}
}

func TestTile_Set(t *testing.T) {
	tile := NewTile(2, 2)
	tile.Set(1, 0x123456)
	tile.Set(3, 0xFF000001) // bits above the lowest 24 are ignored
	if want := []byte{0xFF, 0xFF, 0xFF, 0x12, 0x34, 0x56, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x01}; !bytes.Equal(tile, want) {
		t.Errorf("%x, want %x", tile, want)
	}
	if tile.At(1) != 0x123456 || tile.At(3) != 1 {
		t.Errorf("read back as %v and %v", tile.At(1), tile.At(3))
	}
	largest := NewTile(MaxRegionEdge, MaxRegionEdge)
	largest.Set(65535, 0)
	if largest.At(65535) != 0 || largest.At(65534) != Background {
		t.Error("the last position of the largest tile is another")
	}
}

func TestTile_Blank(t *testing.T) {
	for pos := range uint16(4) {
		for _, c := range []Color{0, 0xFFFFFE, 0xFFFEFF, 0xFEFFFF} {
			tile := NewTile(2, 2)
			tile.Set(pos, c)
			if tile.Blank() {
				t.Errorf("blank with %v at %d", c, pos)
			}
			tile.Set(pos, Background)
			if !tile.Blank() {
				t.Errorf("not blank after %d was painted over", pos)
			}
		}
	}
}

func TestTile_Apply(t *testing.T) {
	tile := NewTile(2, 2)
	tile.Apply(&Batch{Ops: []Op{
		{Pixels: []Pixel{{Pos: 0, Color: 1}, {Pos: 1, Color: 2}, {Pos: 0, Color: 3}}},
		{},
		{Pixels: []Pixel{{Pos: 1, Color: 4}, {Pos: 3, Color: 5}}},
	}})
	for pos, want := range []Color{3, 4, Background, 5} {
		if got := tile.At(uint16(pos)); got != want {
			t.Errorf("position %d is %v, want %v: the last one written", pos, got, want)
		}
	}
}
