package bolt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// ErrInUse says that another process has the file open.
var ErrInUse = errors.New("another playground process uses it")

// Reader reads the canvas of a data directory that no server uses, whatever the canvas's size. It
// writes nothing, unless a killed server has left something in its journal: that is put into the
// canvas first.
type Reader struct {
	Geometry canvas.Geometry
	db       *bbolt.DB
}

// NewReader opens the file of a directory. While it is open, no server starts there. If the file is
// in use, the error wraps ErrInUse.
func NewReader(dir string) (*Reader, error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); err != nil { // bbolt would create the file
		return nil, fmt.Errorf("read canvas: %w", err)
	}
	r, err := newReader(path)
	var left *leftInJournal
	if errors.As(err, &left) {
		if err = left.take(dir); err == nil {
			r, err = newReader(path)
		}
	}
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("read canvas: data directory %s: %w", dir, ErrInUse)
	case left != nil && err != nil:
		return nil, fmt.Errorf("read canvas: %w", err)
	case err != nil:
		return nil, fmt.Errorf("read canvas: %w", explain(dir, path, err))
	}
	return r, nil
}

// Look finds out which canvas a directory holds, whether it is sound, and whether its server was killed, so
// that a part of it is in the journal. It changes nothing. If the file is in use, the error wraps ErrInUse.
func Look(dir string) (is canvas.Geometry, killed bool, err error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); err != nil { // bbolt would create the file
		return is, false, fmt.Errorf("read canvas: %w", err)
	}
	r, err := newReader(path)
	var left *leftInJournal
	switch {
	case errors.As(err, &left):
		return left.Geometry, true, nil
	case errors.Is(err, berrors.ErrTimeout):
		return is, false, fmt.Errorf("read canvas: data directory %s: %w", dir, ErrInUse)
	case err != nil:
		return is, false, fmt.Errorf("read canvas: %w", explain(dir, path, err))
	}
	return r.Geometry, false, r.Close()
}

// leftInJournal says that the tables don't have everything.
type leftInJournal struct{ canvas.Geometry }

func (*leftInJournal) Error() string { return "something is left in its journal" }

// take opens the canvas as a server would, and closes it again. It drops nothing of the log.
func (l *leftInJournal) take(dir string) error {
	s, err := Open(Config{Dir: dir, Geometry: l.Geometry, LogPixels: math.MaxInt})
	if err != nil {
		return err
	}
	return s.Close()
}

func newReader(path string) (*Reader, error) {
	one := pinned{open: os.OpenFile}
	if _, err := verify(path, &one); err != nil {
		return nil, err
	}
	db, err := bbolt.Open(path, 0o600, one.options(true))
	if err != nil {
		return nil, err
	}
	r := &Reader{db: db}
	err = db.View(func(tx *bbolt.Tx) (err error) {
		about := tx.Bucket([]byte(aboutBucket))
		if about == nil {
			return fmt.Errorf("%w: there is no canvas in it", errDamaged)
		}
		if r.Geometry, err = canvas.ParseGeometry(string(about.Get([]byte("geometry")))); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
		switch format := string(about.Get([]byte("format"))); format {
		case formatVersion:
			return nil
		case journaledVersion:
			return &leftInJournal{r.Geometry}
		default:
			return fmt.Errorf("%w: it has format %q, this version reads %q and %q: use the version that wrote it", errFormat, format, formatVersion, journaledVersion)
		}
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return r, nil
}

// Read returns what a claim of a region would return. Its term is the epoch of the last claim.
func (r *Reader) Read(ctx context.Context, region canvas.RegionID) (c *store.Claim, err error) {
	if err := ctx.Err(); err != nil {
		return nil, unavailable(err)
	}
	err = r.db.View(func(tx *bbolt.Tx) error {
		left := tablesOf(tx).examine(r.Geometry, region, store.Keep{})
		c = left.Claim(store.Term{Epoch: left.Epoch})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read region %d: %w", region, unavailable(err))
	}
	return c, nil
}

// Documents implements backup.Source.
func (r *Reader) Documents(_ context.Context, kind store.Kind) (all map[string][]byte, err error) {
	err = r.db.View(func(tx *bbolt.Tx) (err error) {
		all, err = tablesOf(tx).list(kind, time.Now())
		return err
	})
	return all, documentError("list", kind, err)
}

// drawn reports whether anything was ever drawn.
func (r *Reader) drawn() (drawn bool, err error) {
	err = r.db.View(func(tx *bbolt.Tx) error {
		t := tablesOf(tx)
		for _, b := range []*bbolt.Bucket{t.pixels, t.log} {
			if k, _ := b.Cursor().First(); k != nil {
				drawn = true
			}
		}
		return nil
	})
	return drawn, err
}

// Close lets servers have the file again.
func (r *Reader) Close() error { return r.db.Close() }
