package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"pixelplayground/actors/canvas"
)

// triedAgain is after how long a list of pixels that was too large to be kept is tried again.
const triedAgain = time.Minute

// getCanvas answers with every painted pixel. If the list is small enough to be kept, all who ask at
// the same time share it.
func (s *server) getCanvas(w http.ResponseWriter, r *http.Request) {
	all := view{part{width: s.Geometry.Width, height: s.Geometry.Height, scale: 1}, live, false, true}
	if r.Method == http.MethodHead || all.units() > smallWork || s.Now().UnixNano() < s.longUntil.Load() {
		s.streamCanvas(w, r)
		return
	}
	list, done, err := s.image(w, r, all)
	switch {
	case errors.Is(err, errNotKept):
		s.streamCanvas(w, r)
	case err != nil:
		s.notShown(w, r, all, err)
	default:
		defer done()
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		list.send(w)
	}
}

// writeList writes the list of all pixels, which v is, to where there may be no room for it.
func (s *server) writeList(ctx context.Context, out *download, _ view) error {
	regions := s.readInTurn(ctx, live, s.everyRegion())
	first, err := regions.next()
	if err == nil {
		err = s.writeCanvas(out, first, regions)
	}
	if errors.Is(err, errNotKept) {
		s.longUntil.Store(s.Now().Add(triedAgain).UnixNano())
	}
	return err
}

func (s *server) everyRegion() []canvas.RegionID {
	all := make([]canvas.RegionID, s.Geometry.Regions())
	for i := range all {
		all[i] = canvas.RegionID(i)
	}
	return all
}

// streamCanvas makes the list of pixels while it is being sent, region by region. For a canvas of 64
// million pixels that is more than a gigabyte.
func (s *server) streamCanvas(w http.ResponseWriter, r *http.Request) {
	one, refused := s.work(w, r, s.Geometry.Width*s.Geometry.Height)
	if refused != nil {
		refused.answer(w)
		return
	}
	defer s.jobs.end(one)
	// The first region shows whether the canvas can be read, while there is still a
	// status to set.
	all := s.everyRegion()
	if r.Method == http.MethodHead {
		all = all[:1]
	}
	regions := s.readInTurn(r.Context(), live, all)
	first, err := regions.next()
	if err != nil {
		s.unreadable(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if r.Method == http.MethodHead {
		return
	}
	if err := s.writeCanvas(s.newDownload(w, one), first, regions); err != nil {
		s.Log.Warn("download cut off", "path", r.URL.Path, "err", err)
		panic(http.ErrAbortHandler) // so that nobody takes it for complete
	}
}

func (s *server) writeCanvas(out *download, snapshot *canvas.Snapshot, rest *regionReader) error {
	err := out.encode(func() error {
		_, err := fmt.Fprintf(out, `{"width":%d,"height":%d,"pixels":{`, s.Geometry.Width, s.Geometry.Height)
		return err
	})
	if err != nil {
		return err
	}
	pixels := pixelList{out: out}
	for id := range canvas.RegionID(s.Geometry.Regions()) {
		if id > 0 {
			if snapshot, err = rest.next(); err != nil {
				return err
			}
		}
		x, y, width, _ := s.Geometry.Bounds(id)
		if err := out.encode(func() error { return pixels.add(snapshot.Tile, x, y, width) }); err != nil {
			return fmt.Errorf("send region %d: %w", id, err)
		}
	}
	return out.encode(func() error {
		_, _ = out.WriteString("}}\n") // Flush returns the error
		return out.Flush()
	})
}

// pixelList writes `"x,y":"#RRGGBB"` for every painted pixel, with commas between.
type pixelList struct {
	out  *download
	some bool   // a pixel has been written
	row  []byte // reused: at most 24 bytes for each pixel of a row
}

// add writes a region that is width pixels wide, with its upper left corner at (left, top).
func (l *pixelList) add(tile canvas.Tile, left, top, width int) error {
	for y := top; len(tile) > 0; y++ {
		l.row = appendPainted(l.row[:0], tile[:3*width], left, y)
		tile = tile[3*width:]
		row := l.row
		if len(row) > 0 && !l.some {
			row, l.some = row[len(","):], true
		}
		if _, err := l.out.Write(row); err != nil {
			return err
		}
		l.out.share(len(row))
	}
	return nil
}

// appendPainted appends the pixels of one row that begins at (x, y), each after a comma.
func appendPainted(dst []byte, row canvas.Tile, x, y int) []byte {
	for pos := range len(row) / 3 {
		c := row.At(uint16(pos))
		if c == canvas.Background {
			continue
		}
		dst = append(dst, ',', '"')
		dst = strconv.AppendInt(dst, int64(x+pos), 10)
		dst = append(dst, ',')
		dst = strconv.AppendInt(dst, int64(y), 10)
		dst = append(dst, '"', ':', '"')
		dst = c.AppendText(dst)
		dst = append(dst, '"')
	}
	return dst
}
