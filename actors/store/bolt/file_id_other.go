//go:build !linux

package bolt

import "os"

// fileID tells a file from all others that exist at the same time.
type fileID struct{ os.FileInfo }

func idOf(path string) (fileID, error) {
	is, err := os.Stat(path)
	return fileID{is}, err
}

// idOfOpen is idOf for a file that is open, whatever is at its path.
func idOfOpen(f *os.File) (fileID, error) {
	is, err := f.Stat()
	return fileID{is}, err
}

func (f fileID) same(g fileID) bool { return os.SameFile(f.FileInfo, g.FileInfo) }
