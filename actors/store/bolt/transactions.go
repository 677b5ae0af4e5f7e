package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/disk"
)

// A file that was sound when it was opened need not stay so: the disk may lose pages of it, and
// others may delete it, cut it short or put another in its place. From then on nothing is written,
// since it would be lost or make matters worse; what is in memory is still shown.

// errReplaced says that the file at the path is not the one that is open.
var errReplaced = errors.New("it was deleted or replaced while it was open: put the file back, or restart the server to go on with what is there now")

// inPlace returns errReplaced unless the file at the path is the one that is open, by device and
// inode. A path that can't be looked at proves nothing.
func (s *Store) inPlace() error {
	now, err := disk.IDOf(s.db.Path())
	if errors.Is(err, fs.ErrNotExist) || err == nil && !now.Same(s.opened) {
		return errReplaced
	}
	return nil
}

// view runs f on the state as of the last transaction.
func (s *Store) view(f func(*bbolt.Tx) error) error {
	return s.survive(func() error { return s.db.View(f) })
}

// update runs f in a transaction and flushes it. After a panic the transaction stays open: undoing
// it would read the file again, in a goroutine whose panics can't be recovered.
func (s *Store) update(f func(*bbolt.Tx) error) error {
	return s.survive(func() error {
		tx, err := s.db.Begin(true)
		if err != nil {
			return err
		}
		if err := f(tx); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	})
}

// survive runs f, which reads the file. bbolt panics on damaged pages, and reading mapped pages
// that are missing faults. After that nothing touches the file.
func (s *Store) survive(f func() error) (err error) {
	if broken := s.broken.Load(); broken != nil {
		return *broken
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %w: %v: stop the server and restore the file from a backup", s.db.Path(), errDamaged, r)
			if s.broken.CompareAndSwap(nil, &err) && s.cfg.Log != nil {
				s.cfg.Log.Error("nothing is written any more", "err", err, "stack", string(debug.Stack()))
			}
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return f()
}
