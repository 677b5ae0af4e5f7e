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

	"pixelplayground/actors/disk"
	"pixelplayground/actors/store"
)

// fileName is the name of the canvas's file in its data directory.
const fileName = "canvas.db"

// formatVersion is the version of the buckets, their keys and values. Log records have a version of
// their own. journaledVersion is the same, while the journal may have more than the buckets.
const (
	formatVersion    = "1"
	journaledVersion = "2"
)

// lockTimeout is how long to wait for a file that another process has locked: long enough for one
// that is shutting down.
const lockTimeout = time.Second

// options are the options of the file, to read it only or to write it as well.
func options(readOnly bool) *bbolt.Options {
	return &bbolt.Options{
		Timeout:  lockTimeout,
		ReadOnly: readOnly,
		// The list of free pages is not written with every transaction but found by reading the file
		// when it is opened: less to flush.
		NoFreelistSync: true,
		FreelistType:   bbolt.FreelistMapType,
		NoStatistics:   true,
	}
}

// openFile opens or creates the file of a canvas, and checks that it is sound and holds the canvas
// asked for. open is os.OpenFile.
func openFile(cfg Config, open opener) (_ *bbolt.DB, _ *journal, is disk.FileID, _ error) {
	began := time.Now()
	path := filepath.Join(cfg.Dir, fileName)
	if err := os.MkdirAll(cfg.Dir, 0o750); err != nil {
		return nil, nil, is, fmt.Errorf("data directory: %w", err)
	}
	if err := create(cfg, path); err != nil {
		return nil, nil, is, explain(cfg.Dir, path, err)
	}
	one := pinned{open: open}
	m, err := verify(path, &one)
	if err != nil {
		return nil, nil, is, explain(cfg.Dir, path, err)
	}
	db, err := bbolt.Open(path, 0o600, one.options(false))
	if err != nil {
		return nil, nil, is, explain(cfg.Dir, path, err)
	}
	j, found, err := openJournal(db, cfg, m.alone)
	if err != nil {
		err = errors.Join(err, db.Close())
		if errors.Is(err, errDamaged) {
			return nil, nil, is, explain(cfg.Dir, path, err)
		}
		return nil, nil, is, fmt.Errorf("%s: %w", path, err)
	}
	if cfg.Log != nil {
		if m.alone {
			cfg.Log.Error("one of the two pages that say what is in the file is damaged: what was drawn last may be lost", "file", path)
		}
		cfg.Log.Info("canvas opened", "file", path, "geometry", cfg.Geometry.String(), "took", time.Since(began).Round(time.Millisecond))
		found.say(cfg.Log, j.path)
	}
	return db, j, one.id, nil
}

// openJournal checks that a file holds the canvas asked for, puts into it what a killed server had only
// in its journal, and gives it a new journal. A server that is killed in between leaves one or the other.
// alone says that the last transaction may be lost, which may have been the one that ended the journal.
func openJournal(db *bbolt.DB, cfg Config, alone bool) (j *journal, found salvaged, err error) {
	path := filepath.Join(cfg.Dir, journalName)
	err = db.Update(func(tx *bbolt.Tx) (err error) {
		if err = identify(tx, cfg); err == nil {
			found, err = takeJournal(tx, path, cfg, alone)
		}
		if err != nil || found.entries > 0 { // then the present journal is needed until this is in the tables
			return err
		}
		if j, err = newJournal(path); err == nil {
			err = errors.Join(syncDirs(cfg.Dir), markJournaled(tx, j))
		}
		return err
	})
	if err == nil && j == nil {
		if j, err = newJournal(path); err == nil {
			err = begin(db, cfg.Dir, j)
		}
	}
	if err != nil && j != nil {
		err = errors.Join(err, j.file.Close())
	}
	return j, found, err
}

// begin makes a new journal the one of the tables.
func begin(db *bbolt.DB, dir string, j *journal) error {
	if err := syncDirs(dir); err != nil {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error { return markJournaled(tx, j) })
}

// create makes the file of a new canvas under another name and renames it when it is whole. So a
// file under the right name that is not whole is damaged, and never one that was just begun. create
// takes over the file of a process that was killed here. Two processes that begin at once wait for
// each other by the file's lock.
func create(cfg Config, path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if to, err := os.Readlink(path); err == nil {
		return fmt.Errorf("%w: it links to %s", errNotThere, to)
	}
	unfinished := path + ".new"
	if err := dropBroken(unfinished); err != nil {
		return err
	}
	db, err := bbolt.Open(unfinished, 0o600, options(false))
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error { return identify(tx, cfg) })
	if _, none := os.Stat(path); err == nil && errors.Is(none, fs.ErrNotExist) {
		err = os.Rename(unfinished, path)
	}
	return errors.Join(err, db.Close())
}

// dropBroken deletes a new file that is half written, because the process was killed or found the
// disk full. An empty file may belong to another process that has just begun.
func dropBroken(unfinished string) error {
	info, err := os.Stat(unfinished)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	_, err = verify(unfinished, &pinned{open: os.OpenFile})
	var system syscall.Errno
	if err == nil || errors.Is(err, berrors.ErrTimeout) || errors.As(err, &system) {
		return err
	}
	return os.Remove(unfinished)
}

// errDamaged says that the file is not a canvas, or not any longer.
var errDamaged = errors.New("the file is damaged")

// errFormat says that the file is sound, and that this version can't know what is in it.
var errFormat = errors.New("a later version of the program wrote the file")

// verify reads all of the file, page by page and then the contents, to provoke the faults and
// panics that this may cause. bbolt relies on its pages: it reads them in a goroutine of its own,
// on opening and when a transaction has failed. There, a damaged file would end the process with a
// stack trace.
func verify(path string, one *pinned) (m meta, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return m, err
	case info.IsDir():
		return m, syscall.EISDIR
	case info.Size() == 0:
		return m, fmt.Errorf("%w: it is empty", errDamaged)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // the file is mapped: missing pages fault
	db, err := bbolt.Open(path, 0o600, one.options(true))
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if m, err = verifyFile(one.file); err != nil { // nobody else writes now
		return m, err
	}
	return m, db.View(func(tx *bbolt.Tx) error {
		for _, name := range buckets() {
			if tx.Bucket([]byte(name)) == nil && m.transaction > virgin {
				return fmt.Errorf("%w: there are no %s in it", errDamaged, name)
			}
		}
		return tx.ForEach(verifyBucket)
	})
}

// virgin is the last transaction of a file to which nothing was written. Earlier versions left such
// a file when they were killed at their first start.
const virgin = 1

func verifyFile(file *os.File) (meta, error) {
	info, err := file.Stat()
	if err != nil {
		return meta{}, err
	}
	return verifyPages(file, info.Size())
}

// verifyBucket reads every byte of a bucket, to provoke the faults and panics that this may cause.
func verifyBucket(name []byte, b *bbolt.Bucket) error {
	keyBytes, known := map[string]int{regionsBucket: 4, pixelsBucket: 6, logBucket: 12, usersBucket: 12, provenanceBucket: 12, recordedBucket: 4}[string(name)]
	all := crc32.NewIEEE()
	return b.ForEach(func(k, v []byte) error {
		if known && (len(k) != keyBytes || v == nil) { // nil: of a bucket within it, which can't be written to
			return fmt.Errorf("%w: key %x in %s", errDamaged, k, name)
		}
		_, _ = all.Write(k) // never fails
		_, _ = all.Write(v)
		return nil
	})
}

// explain turns an error about the file into a line that says what to do.
func explain(dir, path string, err error) error {
	var system syscall.Errno // from opening, locking, mapping: it says enough itself
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("data directory %s: another playground process uses it: stop that one, or choose another --data directory", dir)
	case errors.As(err, &system), errors.Is(err, errFormat), errors.Is(err, errExchanged), errors.Is(err, errNotThere):
		return fmt.Errorf("%s: %w", path, err)
	case !errors.Is(err, errDamaged):
		err = fmt.Errorf("%w: %w", errDamaged, err)
	}
	return fmt.Errorf("%s: %w: restore it from a backup, or move it away to begin with a blank canvas", path, err)
}

// identify checks that the file holds the canvas asked for, and makes a new file hold it.
func identify(tx *bbolt.Tx, cfg Config) error {
	for _, name := range append(buckets(), usersBucket, provenanceBucket, recordedBucket, documentsBucket, endsBucket) {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	about := tx.Bucket([]byte(aboutBucket))
	get := func(key string) string { return string(about.Get([]byte(key))) }
	format, geometry, sum := get("format"), get("geometry"), get("checksum")
	switch {
	case format == "" && geometry == "" && sum == "" && tx.Bucket([]byte(regionsBucket)).Inspect().KeyN == 0:
		format, geometry = formatVersion, cfg.Geometry.String()
	case format == "" || geometry == "" || sum != "" && sum != aboutSum(format, geometry):
		return fmt.Errorf("%w: it says that its format is %q and its geometry %q", errDamaged, format, geometry)
	case format != formatVersion && format != journaledVersion:
		return fmt.Errorf("%w: it has format %q, this version reads formats %q and %q: use the version that wrote it, restore a backup, or choose another --data directory",
			errFormat, format, formatVersion, journaledVersion)
	case geometry != cfg.Geometry.String():
		size, region, _ := strings.Cut(geometry, "/")
		return fmt.Errorf("%w: it is %s, asked for was %s: use --canvas %s --region %s as before, or choose another --data directory",
			store.ErrGeometry, geometry, cfg.Geometry, size, region)
	}
	if sum != "" {
		return nil
	}
	return setAbout(about, format, geometry)
}

func setAbout(about *bbolt.Bucket, format, geometry string) error {
	return errors.Join(
		about.Put([]byte("format"), []byte(format)),
		about.Put([]byte("geometry"), []byte(geometry)),
		about.Put([]byte("checksum"), []byte(aboutSum(format, geometry))),
	)
}

// markJournaled says in the tables which journal is theirs; nil: they have none, and have everything.
func markJournaled(tx *bbolt.Tx, j *journal) error {
	t := tablesOf(tx)
	geometry := string(t.about.Get([]byte("geometry")))
	if j == nil {
		return errors.Join(setAbout(t.about, formatVersion, geometry), t.about.Delete([]byte(journalKey)))
	}
	t.setJournal(journalNote{nonce: j.nonce})
	return errors.Join(setAbout(t.about, journaledVersion, geometry), t.failed)
}

// buckets are those that the file of every version has.
func buckets() []string { return []string{aboutBucket, regionsBucket, pixelsBucket, logBucket} }

// aboutSum is the checksum of what the file says about itself. Earlier versions wrote none.
func aboutSum(format, geometry string) string {
	return fmt.Sprintf("%08x", checksum([]byte(format), []byte(geometry)))
}

// syncDirs makes the names of a new file and its directory as durable as their contents.
func syncDirs(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories can't be synced there, and need not be
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
