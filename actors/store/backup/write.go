package backup

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// Source is a store to be copied.
type Source interface {
	// Read returns what a claim of a region would return, as of one moment, and claims nothing. Its
	// Term is that of the last claim.
	Read(ctx context.Context, region canvas.RegionID) (*store.Claim, error)
	// Documents lists all documents of a kind by id.
	Documents(ctx context.Context, kind store.Kind) (map[string][]byte, error)
}

// Write writes a backup of all regions that from holds, and of its documents of these kinds. After an
// error, what was written is no backup. A region that the store has lost a part of is an error: running servers give that part
// back.
func Write(ctx context.Context, to io.Writer, from Source, about About, kinds []store.Kind) (Summary, error) {
	s := Summary{About: about}
	w, err := newWriter(to)
	if err != nil {
		return s, err
	}
	defer w.packed.Close() // has no effect after end
	text, err := json.Marshal(about)
	if err != nil {
		return s, err
	}
	if err := w.section(aboutSection, text); err != nil {
		return s, err
	}
	for id := range canvas.RegionID(about.Geometry().Regions()) {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		c, err := from.Read(ctx, id)
		if err == nil {
			err = c.Damage
		}
		if err == nil {
			err = w.region(id, c)
		}
		if err != nil {
			return s, fmt.Errorf("back up region %d: %w", id, err)
		}
		s.add(c)
	}
	for _, kind := range kinds {
		all, err := from.Documents(ctx, kind)
		if err != nil {
			return s, fmt.Errorf("back up documents: %w", err)
		}
		for _, id := range slices.Sorted(maps.Keys(all)) {
			if err := w.document(kind, id, all[id]); err != nil {
				return s, fmt.Errorf("back up document %s of kind %s: %w", id, kind, err)
			}
			s.Papers++
		}
	}
	return s, w.end(s)
}

// writer writes sections. It reuses its memory.
type writer struct {
	to     io.Writer // everything written to it is added to sum
	sum    hash.Hash
	packed *zstd.Encoder
	body   []byte
}

func newWriter(to io.Writer) (*writer, error) {
	w := &writer{to: to, sum: sha256.New()}
	both := io.MultiWriter(to, w.sum)
	if _, err := fmt.Fprintf(both, "%s%d\n", heading, version); err != nil {
		return nil, err
	}
	var err error
	w.packed, err = zstd.NewWriter(both, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(windowBytes))
	return w, err
}

func (w *writer) section(kind byte, body []byte) error {
	if len(body) > maxSection {
		return fmt.Errorf("section %c of %d bytes, at most %d", kind, len(body), maxSection)
	}
	head := binary.AppendUvarint([]byte{kind}, uint64(len(body)))
	if _, err := w.packed.Write(head); err != nil {
		return err
	}
	_, err := w.packed.Write(body)
	return err
}

func (w *writer) region(id canvas.RegionID, c *store.Claim) error {
	start, _ := store.Ends(c.Recent, c.Position)
	w.body = w.body[:0]
	for _, n := range []uint64{uint64(id), c.Epoch, c.Position.Epoch, c.Position.Seq, start} {
		w.body = binary.AppendUvarint(w.body, n)
	}
	if !c.Tile.Blank() {
		w.body = append(w.body, c.Tile...)
	}
	if err := w.section(regionSection, w.body); err != nil {
		return err
	}
	for _, b := range c.Recent {
		w.body = store.AppendWhole(w.body[:0], b)
		if err := w.section(batchSection, w.body); err != nil {
			return err
		}
		if err := errors.Join(w.beside(usersSection, b, store.AppendUsers), w.beside(provenanceSection, b, store.AppendProvenance)); err != nil {
			return err
		}
	}
	return nil
}

// beside writes what is known of a batch's ops, if anything is.
func (w *writer) beside(kind byte, b *canvas.Batch, write func([]byte, []canvas.Op) []byte) error {
	if w.body = write(w.body[:0], b.Ops); len(w.body) == 0 {
		return nil
	}
	return w.section(kind, w.body)
}

func (w *writer) document(kind store.Kind, id string, value []byte) error {
	w.body = binary.AppendUvarint(w.body[:0], uint64(len(kind)))
	w.body = append(w.body, kind...)
	w.body = binary.AppendUvarint(w.body, uint64(len(id)))
	w.body = append(w.body, id...)
	return w.section(paperSection, append(w.body, value...))
}

func (w *writer) end(s Summary) error {
	if err := w.section(endSection, s.counts(version)); err != nil {
		return err
	}
	if err := w.packed.Close(); err != nil {
		return err
	}
	_, err := w.to.Write(w.sum.Sum(nil))
	return err
}
