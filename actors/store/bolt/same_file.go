package bolt

import (
	"errors"
	"os"

	"go.etcd.io/bbolt"

	"pixelplayground/actors/disk"
)

// opener opens a file, as os.OpenFile does.
type opener func(path string, flag int, perm os.FileMode) (*os.File, error)

// pinned opens a file again and again, and makes sure that it is always the same one. A path may
// lead to another file at any moment. The file that was checked must be the one that is written and
// later looked for. Otherwise pixels would be acknowledged into a file that nobody finds again.
type pinned struct {
	open opener
	file *os.File    // as last opened; closed by bbolt; nil: never opened
	id   disk.FileID // of file
}

var (
	errExchanged = errors.New("another file was put in its place while it was being opened: start the server again when that is done")
	errNotThere  = errors.New("the file is not there: is a disk not mounted? Put it back, or remove the link to begin with a blank canvas")
)

func (p *pinned) options(readOnly bool) *bbolt.Options {
	o := options(readOnly)
	o.OpenFile = func(path string, flag int, perm os.FileMode) (*os.File, error) {
		f, err := p.open(path, flag&^os.O_CREATE, perm) // the file exists: see create
		if err != nil {
			return nil, err
		}
		if err := p.pin(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
	return o
}

func (p *pinned) pin(f *os.File) error {
	id, err := disk.IDOfOpen(f)
	if err == nil && p.file != nil && !id.Same(p.id) {
		err = errExchanged
	}
	p.file, p.id = f, id
	return err
}
