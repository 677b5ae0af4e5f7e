//go:build !linux

package doctor

import "errors"

// statDisk knows nothing here.
func statDisk(string) (disk, error) { return disk{}, errors.ErrUnsupported }
