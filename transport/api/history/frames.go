package history

import (
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/codec"
)

// frameWriter writes the codec's messages: see PROTOCOL.md.
type frameWriter struct {
	geometry canvas.Geometry
	names    map[canvas.Author]string // what the answer has said so far
	message  codec.PastPixels         // reused
}

func (f *frameWriter) contentType() string  { return frames }
func (f *frameWriter) needsSnapshots() bool { return true }
func (f *frameWriter) units() int           { return 16 }

func (f *frameWriter) snapshot(dst []byte, tile *canvas.Snapshot, at time.Time) []byte {
	return codec.AppendPastSnapshot(dst, codec.PastSnapshot{
		Snapshot: codec.Snapshot{
			Mark: canvas.Mark{Region: tile.Region, Position: tile.Position},
			Data: codec.CompressTile(tile.Tile),
		},
		Time: at,
	})
}

// pixels writes a message for each run of pixels that have one epoch, and in which each user has one
// name.
func (f *frameWriter) pixels(dst []byte, all []record.Pixel) []byte {
	m := &f.message
	for i := range all {
		p := &all[i]
		if len(m.Pixels) > 0 && (len(m.Pixels) == codec.MaxPastPixels || p.Epoch != m.Epoch || f.renamed(p)) {
			dst = f.flush(dst)
		}
		if len(m.Pixels) == 0 {
			m.Region, m.Epoch, m.From = p.Region, p.Epoch, p.Seq-1
		}
		f.name(p)
		_, pos := f.geometry.Locate(int(p.X), int(p.Y))
		m.Pixels = append(m.Pixels, codec.PastPixel{
			Pixel: canvas.Pixel{Pos: pos, Color: p.Color}, User: p.User, Time: p.Time, Cause: string(p.Cause),
		})
	}
	return f.flush(dst)
}

func (f *frameWriter) flush(dst []byte) []byte {
	if len(f.message.Pixels) > 0 {
		dst = codec.AppendPastPixels(dst, f.message)
		f.message.Pixels, f.message.Names = f.message.Pixels[:0], f.message.Names[:0]
	}
	return dst
}

// mostNames bounds the names that are remembered for one answer: 3 MB. If there are more, they are
// said again.
const mostNames = 20_000

// renamed reports whether the answer has said another name of a pixel's user.
func (f *frameWriter) renamed(p *record.Pixel) bool {
	said, known := f.names[p.User]
	return known && said != p.Name
}

// name says what a pixel's user is called, if the answer has not.
func (f *frameWriter) name(p *record.Pixel) {
	said, known := f.names[p.User]
	if p.User == 0 || known && said == p.Name {
		return
	}
	if f.names == nil || len(f.names) >= mostNames {
		f.names = make(map[canvas.Author]string)
	}
	f.names[p.User] = p.Name
	if known || p.Name != "" {
		f.message.Names = append(f.message.Names, canvas.User{Author: p.User, Name: p.Name})
	}
}

func (f *frameWriter) end(dst []byte, region canvas.RegionID, seq uint64, at time.Time, more bool) []byte {
	return codec.AppendPastEnd(dst, codec.PastEnd{Region: region, Seq: seq, Time: at, More: more})
}
