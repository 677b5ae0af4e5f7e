package record

import (
	"fmt"
	"strconv"
	"strings"

	"pixelplayground/actors/canvas"
)

// A name says all that must be known to find a file: which pixels it has, the position (seq and
// epoch) at its end, and its times. So one list of a region's folder is its index, and two owners
// that write for one region never write different things under one name.
//
//	region-0042/pixels-FROM-TO-EPOCH.FIRST-LAST.parquet    a segment
//	region-0042/latest-TO-EPOCH.parquet
//	region-0042/tile-TO-EPOCH.TIME.png
//	region-0042/gap-FROM-TO-EPOCH.TIME.json
//	region-0042/lost-FROM-TO-EPOCH.FIRST-LAST.parquet
//
// Sequence numbers have 16 digits and times (Unix milliseconds) 13, so lists are in order.

// kind is what a file is, and how its name begins.
type kind string

const (
	segmentKind kind = "pixels"
	latestKind  kind = "latest"
	tileKind    kind = "tile"
	gapKind     kind = "gap"
	lostKind    kind = "lost"
)

// file is what a name says.
type file struct {
	kind        kind
	region      canvas.RegionID
	from        uint64          // segments, gaps and lost ones: the pixels after this one
	end         canvas.Position // up to and including this one; its epoch is that of the last pixel
	first, last int64           // times; of tiles and gaps only last: when that state was reached
	size        int64
}

// folderOf is where the files of a region are.
func folderOf(region canvas.RegionID) string { return fmt.Sprintf("region-%04d/", region) }

func (f *file) name() string {
	folder := folderOf(f.region)
	switch f.kind {
	case segmentKind, lostKind:
		return fmt.Sprintf("%s%s-%016d-%016d-%d.%013d-%013d.parquet", folder, f.kind, f.from, f.end.Seq, f.end.Epoch, f.first, f.last)
	case gapKind:
		return fmt.Sprintf("%s%s-%016d-%016d-%d.%013d.json", folder, f.kind, f.from, f.end.Seq, f.end.Epoch, f.last)
	case tileKind:
		return fmt.Sprintf("%s%s-%016d-%d.%013d.png", folder, f.kind, f.end.Seq, f.end.Epoch, f.last)
	default:
		return fmt.Sprintf("%s%s-%016d-%d.parquet", folder, f.kind, f.end.Seq, f.end.Epoch)
	}
}

// parseName reads what name wrote. Anything else in the folder is no file of the record.
func parseName(name string) (f file, ok bool) {
	folder, base, ok := strings.Cut(name, "/")
	number, isRegion := strings.CutPrefix(folder, "region-")
	if !ok || !isRegion {
		return file{}, false
	}
	base, ending, _ := cutLast(base, ".")
	head, rest, _ := strings.Cut(base, "-")
	rest, times, _ := strings.Cut(rest, ".")
	numbers := []uint64{}
	for _, text := range append([]string{number}, strings.FieldsFunc(rest+"-"+times, func(r rune) bool { return r == '-' })...) {
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			return file{}, false
		}
		numbers = append(numbers, n)
	}
	f = file{kind: kind(head), region: canvas.RegionID(numbers[0])}
	switch n := numbers[1:]; {
	case len(n) == 5 && ending == "parquet":
		f.from, f.end, f.first, f.last = n[0], canvas.Position{Seq: n[1], Epoch: n[2]}, int64(n[3]), int64(n[4])
	case len(n) == 4 && ending == "json":
		f.from, f.end, f.last = n[0], canvas.Position{Seq: n[1], Epoch: n[2]}, int64(n[3])
	case len(n) == 3 && ending == "png":
		f.end, f.last = canvas.Position{Seq: n[0], Epoch: n[1]}, int64(n[2])
	case len(n) == 2 && ending == "parquet" && f.kind == latestKind:
		f.end = canvas.Position{Seq: n[0], Epoch: n[1]}
	default:
		return file{}, false
	}
	return f, f.name() == name && f.from <= f.end.Seq
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// rows is how many pixels the file has.
func (f *file) rows() int { return int(f.end.Seq - f.from) }
