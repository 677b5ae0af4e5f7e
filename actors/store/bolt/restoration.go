package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
)

// ErrDrawn says that there is a canvas already.
var ErrDrawn = errors.New("there is a drawing already")

// restoreDir is where a canvas is kept in its data directory while it is restored.
const restoreDir = "restore.unfinished"

// Restoration fills a data directory from a backup. The restored canvas lies beside the existing
// one until Finish puts it in that one's place.
type Restoration struct {
	store  *Store
	dir    string
	before *Reader // the canvas that is there, held so that no server starts on it; nil: there is none
	drawn  bool    // something was drawn on it
}

// Restore begins a restoration. It fails with ErrDrawn if something was drawn on the existing
// canvas, unless that is to be replaced: then it stays beside the new one. It fails with ErrInUse
// if a server has the canvas open.
func Restore(cfg Config, replace bool) (*Restoration, error) {
	r := &Restoration{dir: cfg.Dir}
	if err := r.begin(cfg, replace); err != nil {
		return nil, errors.Join(fmt.Errorf("restore: %w", err), r.Close())
	}
	return r, nil
}

func (r *Restoration) begin(cfg Config, replace bool) (err error) {
	switch r.before, err = NewReader(cfg.Dir); {
	case errors.Is(err, fs.ErrNotExist):
		if to, err := os.Readlink(filepath.Join(cfg.Dir, fileName)); err == nil { // what is drawn there can't be seen now
			if !replace {
				return fmt.Errorf("data directory %s: %w: it links to %s", cfg.Dir, errNotThere, to)
			}
			r.drawn = true
		}
	case err != nil && !(replace && (errors.Is(err, errDamaged) || errors.Is(err, errFormat))):
		return err
	case err != nil:
		r.drawn = true
	default:
		if r.drawn, err = r.before.drawn(); err != nil {
			return err
		}
	}
	switch {
	case r.drawn && !replace:
		return fmt.Errorf("data directory %s: %w", cfg.Dir, ErrDrawn)
	case r.before != nil && !replace && r.before.Geometry != cfg.Geometry:
		return fmt.Errorf("data directory %s: %w: it is %s, the backup's is %s: choose another --data directory, or --replace it",
			cfg.Dir, store.ErrGeometry, r.before.Geometry, cfg.Geometry)
	}
	cfg.Dir = filepath.Join(cfg.Dir, restoreDir)
	if other, err := NewReader(cfg.Dir); errors.Is(err, ErrInUse) {
		return err
	} else if err == nil {
		_ = other.Close() // of a restoration that was interrupted
	}
	if err := os.RemoveAll(cfg.Dir); err != nil {
		return err
	}
	r.store, err = Open(cfg)
	return err
}

// Mend implements backup.Target.
func (r *Restoration) Mend(ctx context.Context, region canvas.RegionID, owner string, have *store.Claim) (store.Term, error) {
	return r.store.Mend(ctx, region, owner, have)
}

// Release implements backup.Target.
func (r *Restoration) Release(ctx context.Context, region canvas.RegionID, term store.Term) error {
	return r.store.Release(ctx, region, term)
}

// PutDocument implements backup.Target.
func (r *Restoration) PutDocument(ctx context.Context, kind store.Kind, id string, value []byte, until time.Time) error {
	return r.store.PutDocument(ctx, kind, id, value, until)
}

// Finish puts the restored canvas in its place. The previous one, if something was drawn on it,
// stays under the name that is returned.
func (r *Restoration) Finish(context.Context) (aside string, err error) {
	if err := r.store.Close(); err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	path := filepath.Join(r.dir, fileName)
	if r.drawn {
		suffix := time.Now().UTC().Format(".before-20060102T150405Z")
		aside = path + suffix
		if err := setAside(path, aside); err != nil {
			return "", fmt.Errorf("restore: %w", err)
		}
		journal := filepath.Join(r.dir, journalName) // of a server that was killed, if the canvas can't be read
		if err := os.Rename(journal, journal+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", errors.Join(fmt.Errorf("restore: %w", err), putBack(path, aside))
		}
	} else if _, err := os.Stat(path); r.before == nil && err == nil {
		return "", fmt.Errorf("restore: data directory %s: %w: a server has been started there meanwhile", r.dir, ErrInUse)
	}
	if err := os.Rename(filepath.Join(r.store.cfg.Dir, fileName), path); err != nil {
		err = fmt.Errorf("restore: %w", err)
		if r.drawn {
			err = errors.Join(err, putBack(path, aside))
		}
		return "", err
	}
	return aside, syncDirs(r.dir)
}

// setAside gives a file a second name. The file keeps its own until another file takes that over:
// where there is no file, a server begins with a blank canvas. Not every file system can do this.
func setAside(path, aside string) error {
	err := os.Link(path, aside)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(path, aside)
}

// putBack undoes setAside.
func putBack(path, aside string) error {
	if _, err := os.Lstat(path); err == nil {
		return os.Remove(aside)
	}
	return os.Rename(aside, path)
}

// Close removes whatever was not finished. It may be called twice.
func (r *Restoration) Close() (err error) {
	if r.before != nil {
		err = r.before.Close()
	}
	if r.store != nil {
		err = errors.Join(err, r.store.Close(), os.RemoveAll(r.store.cfg.Dir))
	}
	return err
}
