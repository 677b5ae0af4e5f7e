// Package rebuild makes a canvas out of the pixels of a dataset: its record, with the times at which they
// were placed, and a data directory that a server can be started on. pixelctl import uses it.
//
// No server is needed: one would give all pixels today's time and its own names, and take hours.
package rebuild

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/bolt"
	"pixelplayground/cmd/pixelctl/dataset"
)

// Pixels are sorted by region first, into one file for each, and then by time within it: a dataset may be
// in any order (r/place's is), and larger than memory.
const (
	edge     = canvas.MaxRegionEdge
	rowBytes = 23      // of a pixel in such a file: see append
	step     = 1 << 16 // pixels that are recorded at once: a full segment
)

// Canvas is a canvas that is being made.
type Canvas struct {
	scratch string // directory for the files of regions
	parts   map[image.Point]*part
	names   []string
	known   map[string]uint32 // places in names

	Pixels int64
	size   image.Point // that holds all pixels
}

// part is the file of a region, by its column and row.
type part struct {
	file   *os.File
	w      *bufio.Writer
	pixels int64
}

// New makes a blank canvas, which keeps what it can't hold in memory below a directory.
func New(dir string) (*Canvas, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp(dir, "import-*")
	return &Canvas{scratch: scratch, parts: make(map[image.Point]*part), known: make(map[string]uint32)}, err
}

// Close removes what was kept.
func (c *Canvas) Close() error {
	for _, p := range c.parts {
		p.file.Close()
	}
	return os.RemoveAll(c.scratch)
}

// Add places the pixels of a row, moved by an offset.
func (c *Canvas) Add(row *dataset.Row, offset image.Point) error {
	from, to := image.Pt(row.X, row.Y).Add(offset), image.Pt(row.Right, row.Bottom).Add(offset)
	if from.X < 0 || from.Y < 0 {
		return fmt.Errorf("row %d: %d,%d is left of the canvas or above it: move all pixels with --offset, for example --offset %d,%d", row.Line, row.X, row.Y, max(0, -row.X), max(0, -row.Y))
	}
	if to.X >= canvas.MaxEdge || to.Y >= canvas.MaxEdge {
		return fmt.Errorf("row %d: %d,%d is beyond the largest canvas, %dx%d", row.Line, row.Right, row.Bottom, canvas.MaxEdge, canvas.MaxEdge)
	}
	c.size.X, c.size.Y = max(c.size.X, to.X+1), max(c.size.Y, to.Y+1)
	if c.size.X*c.size.Y > canvas.MaxPixels { // before a rectangle fills the disk
		return fmt.Errorf("row %d: a canvas that has %d,%d and what came before is too large: %dx%d, at most %d pixels in all", row.Line, row.Right, row.Bottom, c.size.X, c.size.Y, canvas.MaxPixels)
	}
	for y := from.Y; y <= to.Y; y++ {
		for x := from.X; x <= to.X; x++ {
			if err := c.add(x, y, row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Canvas) add(x, y int, row *dataset.Row) error {
	at := image.Pt(x/edge, y/edge)
	p := c.parts[at]
	if p == nil {
		file, err := os.Create(filepath.Join(c.scratch, fmt.Sprintf("%d-%d", at.X, at.Y)))
		if err != nil {
			return err
		}
		p = &part{file: file, w: bufio.NewWriterSize(file, 1<<15)}
		c.parts[at] = p
	}
	var line [rowBytes]byte
	encode(&line, pixel{time: row.Time, x: uint8(x % edge), y: uint8(y % edge), color: row.Color, user: userOf(row.User), name: c.name(row.Name)})
	_, err := p.w.Write(line[:])
	p.pixels++
	c.Pixels++
	return err
}

// name is the place of a name. In a file it may be anything, and the page shows it.
func (c *Canvas) name(text string) uint32 {
	text = canvas.CleanName(text)
	at, ok := c.known[text]
	if !ok {
		at = uint32(len(c.names))
		c.names, c.known[text] = append(c.names, text), at
	}
	return at
}

// userOf makes a pseudonym of a dataset a public id.
func userOf(pseudonym string) canvas.Author {
	if pseudonym == "" {
		return 0
	}
	sum := sha256.Sum256([]byte("imported " + pseudonym))
	return canvas.Author(binary.BigEndian.Uint64(sum[:8]) >> 16)
}

// pixel is a pixel of a region. Users have 6 bytes, colours 3.
type pixel struct {
	time  int64
	x, y  uint8
	color canvas.Color
	user  canvas.Author
	name  uint32
}

func encode(to *[rowBytes]byte, p pixel) {
	binary.LittleEndian.PutUint64(to[0:], uint64(p.time))
	binary.LittleEndian.PutUint32(to[8:], uint32(p.color))
	to[11], to[12] = p.x, p.y
	binary.LittleEndian.PutUint64(to[13:], uint64(p.user))
	binary.LittleEndian.PutUint32(to[19:], p.name)
}

func decode(from []byte) pixel {
	return pixel{
		time: int64(binary.LittleEndian.Uint64(from)), color: canvas.Color(binary.LittleEndian.Uint32(from[8:]) & 0xFFFFFF), x: from[11], y: from[12],
		user: canvas.Author(binary.LittleEndian.Uint64(from[13:]) & (1<<48 - 1)), name: binary.LittleEndian.Uint32(from[19:]),
	}
}

// Geometry is the size of the canvas: at least that of all its pixels.
func (c *Canvas) Geometry(width, height int) (canvas.Geometry, error) {
	g := canvas.Geometry{Width: max(width, c.size.X), Height: max(height, c.size.Y), Region: edge}
	if width > 0 && (g.Width > width || g.Height > height) {
		return g, fmt.Errorf("there are pixels beyond %dx%d: the canvas must be %dx%d or larger", width, height, c.size.X, c.size.Y)
	}
	return g, g.Validate()
}

// epoch is that of all pixels. Servers give higher ones.
const epoch = 1

// Finish records all pixels, and makes the data directory. It says how many pixels it has recorded.
func (c *Canvas) Finish(ctx context.Context, g canvas.Geometry, dir string, to record.Files, done func(pixels int64)) (err error) {
	cfg := bolt.DefaultConfig()
	cfg.Dir, cfg.Geometry = dir, g
	into, err := bolt.Restore(cfg, false)
	if errors.Is(err, bolt.ErrDrawn) {
		return fmt.Errorf("%w: choose another --data directory", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	recorded := int64(0)
	for id := range canvas.RegionID(g.Regions()) {
		part := c.parts[image.Pt(int(id)%g.Columns(), int(id)/g.Columns())]
		if part == nil {
			continue
		}
		last, err := c.region(ctx, g, id, part, to)
		if err != nil {
			return err
		}
		term := store.Term{Epoch: epoch, Token: store.NewToken()}
		term, err = into.Mend(ctx, id, "pixelctl import", &store.Claim{Term: term, Position: last.Position, Tile: last.Tile})
		if err == nil {
			err = into.Release(ctx, id, term)
		}
		if err != nil {
			return err
		}
		recorded += part.pixels
		done(recorded)
	}
	_, err = into.Finish(ctx)
	return err
}

// region records a region, and returns it as it is in the end.
func (c *Canvas) region(ctx context.Context, g canvas.Geometry, id canvas.RegionID, from *part, to record.Files) (*canvas.Snapshot, error) {
	if err := from.w.Flush(); err != nil {
		return nil, err
	}
	if _, err := from.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	_, _, width, height := g.Bounds(id)
	l := &log{names: c.names, region: id, pixels: make([]pixel, 0, from.pixels), width: width}
	r, line := bufio.NewReaderSize(from.file, 1<<18), make([]byte, rowBytes)
	for range from.pixels {
		if _, err := io.ReadFull(r, line); err != nil {
			return nil, err
		}
		l.pixels = append(l.pixels, decode(line))
	}
	slices.SortStableFunc(l.pixels, func(a, b pixel) int { return int(min(1, max(-1, a.time-b.time))) })
	w := record.NewWriter(to, l, record.Config{Geometry: g})
	tile := canvas.NewTile(width, height)
	for n := 0; n < len(l.pixels); {
		for end := min(n+step, len(l.pixels)); n < end; n++ {
			tile.Set(l.position(n), l.pixels[n].color)
		}
		now := &canvas.Snapshot{Region: id, Position: canvas.Position{Epoch: epoch, Seq: uint64(n)}, Tile: slices.Clone(tile)}
		reached, err := w.Advance(ctx, id, now)
		if err == nil && reached != uint64(n) {
			err = fmt.Errorf("recorded up to %d of %d: is there another record already?", reached, n)
		}
		if err != nil {
			return nil, fmt.Errorf("record region %d: %w", id, err)
		}
	}
	return &canvas.Snapshot{Region: id, Position: canvas.Position{Epoch: epoch, Seq: uint64(len(l.pixels))}, Tile: tile}, nil
}

// log is the pixels of one region as batches, which are made when they are asked for.
type log struct {
	names  []string
	region canvas.RegionID
	width  int
	pixels []pixel
}

func (l *log) position(i int) uint16 {
	return uint16(int(l.pixels[i].y)*l.width + int(l.pixels[i].x))
}

// History implements record.Log.
func (l *log) History(_ context.Context, _ canvas.RegionID, after uint64, limit int) (batches []*canvas.Batch, _ error) {
	for i := int(after); i < len(l.pixels) && len(batches) < limit; {
		b := &canvas.Batch{Region: l.region, Epoch: epoch, From: uint64(i), Time: l.pixels[i].time}
		for ; i < len(l.pixels) && l.pixels[i].time == b.Time && i-int(b.From) < canvas.MaxBatchPixels; i++ {
			p := &l.pixels[i]
			if last := len(b.Ops) - 1; last < 0 || b.Ops[last].User != p.user || b.Ops[last].Name != l.names[p.name] {
				b.Ops = append(b.Ops, canvas.Op{User: p.user, Name: l.names[p.name]})
			}
			op := &b.Ops[len(b.Ops)-1]
			op.Pixels = append(op.Pixels, canvas.Pixel{Pos: l.position(i), Color: p.color})
		}
		b.To = uint64(i)
		batches = append(batches, b)
	}
	return batches, nil
}
