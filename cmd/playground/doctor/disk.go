package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pixelplayground/actors/store/bolt"
)

const diskCheck = "disk"

// examineDisk looks at the data directory, if that is where the canvas is kept.
func examineDisk(ctx context.Context, p patient) []Finding {
	if p.Redis != "" {
		return nil
	}
	return append(examineCanvas(p), examineDirectory(ctx, diskCheck, p.Data, true)...)
}

// examineCanvas reads the canvas in the data directory.
func examineCanvas(p patient) []Finding {
	is, killed, err := bolt.Look(p.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{fine(diskCheck, "there is no canvas in %s yet: the first start begins a blank one", p.Data)}
	case errors.Is(err, bolt.ErrInUse):
		return []Finding{fine(diskCheck, "a running server has the canvas in %s open", p.Data)}
	case err != nil:
		return []Finding{fault(diskCheck, err.Error(), "do that before you start the server")}
	case is != p.Geometry:
		return []Finding{fault(diskCheck, fmt.Sprintf("the canvas in %s is %v, and asked for is %v", p.Data, is, p.Geometry),
			fmt.Sprintf("start with --canvas %dx%d --region %d, or choose another --data directory", is.Width, is.Height, is.Region))}
	case killed:
		return []Finding{fine(diskCheck, "the canvas %v in %s is sound; its server was killed, and the next start reads what is left in its journal", is, p.Data)}
	}
	return []Finding{fine(diskCheck, "the canvas %v in %s is sound", is, p.Data)}
}

// examineDirectory tries whether a directory can be written to, how long a flush takes, on what kind of file
// system it is and how much room is left. canvas: a canvas is kept there, and not only a record.
func examineDirectory(ctx context.Context, check, dir string, canvas bool) []Finding {
	at := existing(dir)
	times, err := flushes(ctx, at)
	if err != nil {
		return []Finding{fault(check, fmt.Sprintf("%s can't be written to: %v", at, err),
			"give it to the user whom the server runs as, mount it for writing, or choose another directory")}
	}
	found := []Finding{judgeFlushes(check, at, times)}
	d, err := statDisk(at)
	if err != nil {
		return found // of this system nothing more is known
	}
	if f, ok := judgeKind(check, at, d.kind, canvas); ok {
		found = append(found, f)
	}
	return append(found, judgeRoom(check, at, d))
}

// existing is the directory, or the nearest one above it that is there: the first start makes the rest.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// tries is how many flushes are timed, of a page each.
const tries = 20

// flushes times flushes to a file that has lost its name before anything is in it, so that nothing of it stays.
func flushes(ctx context.Context, dir string) (times []time.Duration, err error) {
	file, err := os.CreateTemp(dir, ".playground-doctor-*")
	if err != nil {
		return nil, err
	}
	unnamed := os.Remove(file.Name())
	defer func() {
		err = errors.Join(err, file.Close())
		if unnamed != nil { // this system removes no file that is open
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	page := make([]byte, 4096)
	for range tries {
		began := time.Now()
		if _, err := file.WriteAt(page, 0); err != nil {
			return nil, err
		}
		if err := file.Sync(); err != nil {
			return nil, err
		}
		times = append(times, time.Since(began))
		if ctx.Err() != nil {
			break
		}
	}
	slices.Sort(times)
	return times, nil
}

// slowFlush is when a flush is slow: a pixel is shown after one at the earliest.
const slowFlush = 20 * time.Millisecond

func judgeFlushes(check, dir string, sorted []time.Duration) Finding {
	median, longest := sorted[len(sorted)/2], sorted[len(sorted)-1]
	said := fmt.Sprintf("%s can be written to; a flush takes %v, the longest of %d %v", dir, median.Round(10*time.Microsecond), len(sorted), longest.Round(10*time.Microsecond))
	if median > slowFlush {
		return warning(check, said, "a pixel is shown after a flush at the earliest: use a local disk, an SSD if there is one, that other programs keep less busy")
	}
	return fine(check, "%s", said)
}

// disk is what a file system says of itself.
type disk struct {
	kind        string // "": it has no name here
	free, total uint64 // bytes
}

// judgeKind says something about kinds of file systems that keep a canvas badly; ok is false for all others.
func judgeKind(check, dir, kind string, canvas bool) (f Finding, ok bool) {
	said := fmt.Sprintf("%s is on %s", dir, kind)
	switch kind {
	case "tmpfs", "ramfs":
		return warning(check, said+": in memory, and gone with the next start of the computer", "choose a directory on a disk"), true
	case "overlay":
		return warning(check, said+": the container's own, and gone with it", "mount a volume there"), true
	case "NFS", "SMB", "9P", "FUSE", "Ceph":
		if !canvas {
			return f, false // a record is made for that
		}
		return warning(check, said+": over a network locks and flushes may not hold what they promise, and each commit waits for it",
			"keep the canvas on a local disk, or in Redis"), true
	}
	return f, false
}

// Room that must be left, in bytes: a journal takes 16 MB, and a large canvas 200 MB and its log.
const (
	noRoom     = 64 << 20
	littleRoom = 1 << 30
)

func judgeRoom(check, dir string, d disk) Finding {
	said := fmt.Sprintf("%s has %d MB left of %d", dir, d.free>>20, d.total>>20)
	const toDo = "make room, or choose a directory on a larger disk: when it is full, the canvas can be looked at and not drawn on"
	switch {
	case d.free < noRoom:
		return fault(check, said, toDo)
	case d.free < littleRoom:
		return warning(check, said, toDo)
	}
	return fine(check, "%s", said)
}

// oneLine puts an error on one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
