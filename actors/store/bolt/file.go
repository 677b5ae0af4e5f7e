package bolt

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"pixelplayground/actors/store"
)

// fileName is the canvas in its data directory.
const fileName = "canvas.db"

// formatVersion is that of the buckets, their keys and values. Records of the log have a
// version of their own.
const formatVersion = "1"

// lockTimeout is how long the file may be locked by another process: one that is
// shutting down is waited for, one that runs is not.
const lockTimeout = time.Second

// openFile opens or creates the file of a canvas, checks that it is sound and that it
// is the canvas asked for.
func openFile(cfg Config) (*bbolt.DB, error) {
	began := time.Now()
	path := filepath.Join(cfg.Dir, fileName)
	if err := os.MkdirAll(cfg.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := verify(path); err != nil {
		return nil, explain(cfg.Dir, path, err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockTimeout,
		// The list of free pages is found by reading the file on opening instead of being
		// written with every transaction: less to flush.
		NoFreelistSync: true,
		FreelistType:   bbolt.FreelistMapType,
		NoStatistics:   true,
	})
	if err != nil {
		return nil, explain(cfg.Dir, path, err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { return identify(tx, cfg) }); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), db.Close())
	}
	if err := syncDirs(cfg.Dir); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if cfg.Log != nil {
		cfg.Log.Info("canvas opened", "file", path, "geometry", cfg.Geometry.String(), "took", time.Since(began).Round(time.Millisecond))
	}
	return db, nil
}

// errDamaged says that the file is not a canvas, or no longer.
var errDamaged = errors.New("the file is damaged")

// verify reads all of an existing file. bbolt does so too on opening, but in a goroutine
// of its own, where what it finds in a damaged file ends the process with a stack trace.
func verify(path string) (err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0:
		return nil // bbolt creates it
	case err != nil:
		return err
	case info.IsDir():
		return syscall.EISDIR
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // the file is mapped: pages that are missing fault
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockTimeout})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(path) // again, now that nobody else writes
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: it has %d bytes of %d", errDamaged, info.Size(), tx.Size())
		}
		return tx.ForEach(verifyBucket)
	})
}

// verifyBucket reads every byte of a bucket, for the faults and panics of doing so.
func verifyBucket(name []byte, b *bbolt.Bucket) error {
	keyBytes, known := map[string]int{regionsBucket: 4, pixelsBucket: 6, logBucket: 12}[string(name)]
	all := crc32.NewIEEE()
	return b.ForEach(func(k, v []byte) error {
		if known && len(k) != keyBytes {
			return fmt.Errorf("%w: key %x in %s", errDamaged, k, name)
		}
		_, _ = all.Write(k) // never fails
		_, _ = all.Write(v)
		return nil
	})
}

// explain makes what went wrong with the file a line that says what to do.
func explain(dir, path string, err error) error {
	var system syscall.Errno // of opening, locking, mapping: says it itself
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("data directory %s: another playground process uses it: stop that one, or choose another --data directory", dir)
	case errors.As(err, &system):
		return fmt.Errorf("%s: %w", path, err)
	case !errors.Is(err, errDamaged):
		err = fmt.Errorf("%w: %w", errDamaged, err)
	}
	return fmt.Errorf("%s: %w: restore it from a backup, or move it away to begin with a blank canvas", path, err)
}

// identify checks that the file holds the canvas asked for, and makes a new file hold it.
func identify(tx *bbolt.Tx, cfg Config) error {
	for _, name := range []string{aboutBucket, regionsBucket, pixelsBucket, logBucket} {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	about := tx.Bucket([]byte(aboutBucket))
	format, geometry := string(about.Get([]byte("format"))), string(about.Get([]byte("geometry")))
	switch {
	case format == "" && geometry == "":
		return errors.Join(
			about.Put([]byte("format"), []byte(formatVersion)),
			about.Put([]byte("geometry"), []byte(cfg.Geometry.String())),
		)
	case format != formatVersion:
		return fmt.Errorf("the file has format %q, this version reads format %q: use the version that wrote it, or choose another --data directory",
			format, formatVersion)
	case geometry != cfg.Geometry.String():
		size, region, _ := strings.Cut(geometry, "/")
		return fmt.Errorf("%w: it is %s, asked for was %s: use --canvas %s --region %s as before, or choose another --data directory",
			store.ErrGeometry, geometry, cfg.Geometry, size, region)
	}
	return nil
}

// syncDirs makes the names of a new file and of its directory as durable as what is in it.
func syncDirs(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // it can't, and need not
	}
	for _, d := range []string{dir, filepath.Dir(filepath.Clean(dir))} {
		f, err := os.Open(d)
		if err != nil {
			return fmt.Errorf("data directory: %w", err)
		}
		err = errors.Join(f.Sync(), f.Close())
		if err != nil {
			return fmt.Errorf("data directory: %w", err)
		}
	}
	return nil
}
