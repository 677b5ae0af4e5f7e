//go:build !linux

package disk

import "os"

// FileID tells a file from all others that exist at the same time.
type FileID struct{ os.FileInfo }

// IDOf returns the id of what is at a path.
func IDOf(path string) (FileID, error) {
	is, err := os.Stat(path)
	return FileID{is}, err
}

// IDOfOpen is IDOf for a file that is open, whatever is at its path.
func IDOfOpen(f *os.File) (FileID, error) {
	is, err := f.Stat()
	return FileID{is}, err
}

// Same reports whether both are of one file.
func (f FileID) Same(g FileID) bool { return os.SameFile(f.FileInfo, g.FileInfo) }
