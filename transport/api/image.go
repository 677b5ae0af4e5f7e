package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/api/history"
)

// Limits of an image.
const (
	maxScale       = 32       // how many pixels of the image wide and high a pixel of the canvas may be
	maxImagePixels = 64 << 20 // the largest canvas unscaled; takes about a second of one processor
)

// view is the part of the canvas that an image shows, in pixels of the canvas, and its scale, now or
// at a moment of the past; or all of it as a list of pixels.
type view struct {
	part
	at   moment
	kept bool // at lies so that nothing drawn later can change the image
	list bool
}

type part struct{ x, y, width, height, scale int }

// getImage answers with the canvas or a part of it as PNG. If the image is small enough to be
// kept, requests for the same view share it.
func (s *server) getImage(w http.ResponseWriter, r *http.Request) {
	v, err := parseView(r.URL.Query(), s.Geometry)
	if err != nil {
		answer.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if v.at != live && s.past == nil {
		answer.Fail(w, http.StatusNotFound, history.Off)
		return
	}
	w.Header().Set("Cache-Control", "no-cache") // browsers may keep it, but must ask whether it is still current
	if v.at != live {
		if v.kept, err = s.settled(w, r, v); err != nil {
			s.notShown(w, r, v, err)
			return
		}
		s.past.Cacheable(w, v.kept, v.at.time())
	}
	if r.Method == http.MethodHead || r.Header.Get("If-None-Match") != "" {
		if tag, err := s.tagAlone(w, r, v); err != nil {
			s.notShown(w, r, v, err)
			return
		} else if r.Method == http.MethodHead || answer.Matches(r.Header.Get("If-None-Match"), tag) {
			s.begun(w, r, tag)
			return
		}
	}
	shown, done, err := s.image(w, r, v)
	if errors.Is(err, errNotKept) {
		s.streamImage(w, r, v)
		return
	}
	if err != nil {
		s.notShown(w, r, v, err)
		return
	}
	defer done()
	if s.begun(w, r, shown.tag) {
		shown.send(w)
	}
}

// tagAlone is the tag of a view whose image may not have to be made.
func (s *server) tagAlone(w http.ResponseWriter, r *http.Request, v view) (string, error) {
	one, refused := s.job(w, r, 0)
	if refused != nil {
		return "", refused
	}
	defer s.jobs.end(one)
	return s.tag(r.Context(), v)
}

// notShown answers why there is no image.
func (s *server) notShown(w http.ResponseWriter, r *http.Request, v view, err error) {
	var overload *overloadError
	if errors.As(err, &overload) {
		overload.answer(w)
		return
	}
	if v.at != live {
		s.past.Fail(w, r, err)
		return
	}
	s.unreadable(w, r, err)
}

// begun sets the header of an image, and reports whether the client wants the image itself.
func (s *server) begun(w http.ResponseWriter, r *http.Request, tag string) bool {
	w.Header().Set("ETag", tag)
	if answer.Matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return false
	}
	w.Header().Set("Content-Type", "image/png")
	return r.Method != http.MethodHead
}

// streamImage makes an image while it is being sent.
func (s *server) streamImage(w http.ResponseWriter, r *http.Request, v view) {
	one, refused := s.work(w, r, v.units())
	if refused != nil {
		refused.answer(w)
		return
	}
	defer s.jobs.end(one)
	// All regions are read once for the tag, before they are read for the image. So the image
	// may be newer than its tag says, but never older.
	tag, err := s.tag(r.Context(), v)
	if err != nil {
		s.notShown(w, r, v, err)
		return
	}
	if !s.begun(w, r, tag) {
		return
	}
	if err := s.writeImage(r.Context(), s.newDownload(w, one), v); err != nil {
		s.Log.Warn("download cut off", "path", r.URL.Path, "err", err)
		panic(http.ErrAbortHandler) // so that nobody takes it for complete
	}
}

// parseView reads ?x=&y=&w=&h=&scale=&at=. Without any of them a view is the whole canvas now, unscaled.
// Errors are for the user.
func parseView(query url.Values, g canvas.Geometry) (v view, err error) {
	number := func(name string, fallback, least, most int) int {
		if err != nil || !query.Has(name) {
			return fallback
		}
		n, bad := strconv.Atoi(query.Get(name))
		if bad != nil || n < least || n > most {
			err = fmt.Errorf("%s must be a whole number from %d to %d", name, least, most)
		}
		return n
	}
	v.x = number("x", 0, 0, g.Width-1)
	v.y = number("y", 0, 0, g.Height-1)
	v.width = number("w", g.Width-v.x, 1, g.Width-v.x)
	v.height = number("h", g.Height-v.y, 1, g.Height-v.y)
	v.scale = number("scale", 1, 1, maxScale)
	if query.Has("at") && err == nil {
		var at time.Time
		at, err = history.ParseTime("at", query.Get("at"))
		v.at = moment(max(1, at.UnixMilli()))
	}
	if pixels := v.pixels(); err == nil && pixels > maxImagePixels {
		err = fmt.Errorf("the image would have %d pixels, at most %d: choose a smaller scale, w or h", pixels, maxImagePixels)
	}
	return v, err
}

// tag is the ETag of what a view shows. It depends on the positions of its regions. It is weak
// because the image may be newer.
func (s *server) tag(ctx context.Context, v view) (string, error) {
	sum := sha256.New()
	fmt.Fprint(sum, s.Geometry, v.part)
	if v.kept { // without reading anything
		fmt.Fprint(sum, " at ", v.at)
		return `"` + hex.EncodeToString(sum.Sum(nil)[:12]) + `"`, nil
	}
	rows, columns, regions := v.inTurn(ctx, s)
	for range rows * columns {
		snapshot, err := regions.next()
		if err != nil {
			return "", err
		}
		fmt.Fprint(sum, " ", snapshot.Position.Epoch, snapshot.Position.Seq)
	}
	return `W/"` + hex.EncodeToString(sum.Sum(nil)[:12]) + `"`, nil
}

// area is what a view shows, in pixels of the canvas.
func (v view) area() image.Rectangle { return image.Rect(v.x, v.y, v.x+v.width, v.y+v.height) }

// inTurn reads the regions that a view touches, row by row.
func (v view) inTurn(ctx context.Context, s *server) (rows, columns int, regions *regionReader) {
	top, bottom := v.y/s.Geometry.Region, (v.y+v.height-1)/s.Geometry.Region
	left, right := v.x/s.Geometry.Region, (v.x+v.width-1)/s.Geometry.Region
	all := s.Geometry.Within(v.area())
	return bottom - top + 1, right - left + 1, s.readInTurn(ctx, v.at, all)
}

// writeImage writes an image. In memory it holds one row of regions, and what is read ahead.
func (s *server) writeImage(ctx context.Context, out *download, v view) error {
	var image *pngWriter
	err := out.encode(func() (err error) {
		image, err = newPNG(out, v.width*v.scale, v.height*v.scale)
		return err
	})
	if err != nil {
		return err
	}
	line := make([]byte, 0, 3*v.width*v.scale)
	rows, columns, regions := v.inTurn(ctx, s)
	for row := range rows {
		band, err := regions.take(columns)
		if err != nil {
			return err
		}
		row += v.y / s.Geometry.Region
		err = out.encode(func() error {
			for y := max(v.y, row*s.Geometry.Region); y < min(v.y+v.height, (row+1)*s.Geometry.Region); y++ {
				line = s.appendLine(line[:0], band, v, y)
				if err := image.Row(line, v.scale); err != nil {
					return err
				}
				out.share(len(line) * v.scale)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("send image: %w", err)
		}
	}
	return out.encode(func() error {
		if err := image.Close(); err != nil {
			return err
		}
		return out.Flush()
	})
}

// appendLine appends row y of a view, each pixel scale times.
func (s *server) appendLine(dst []byte, band []*canvas.Snapshot, v view, y int) []byte {
	for _, snapshot := range band {
		left, top, width, _ := s.Geometry.Bounds(snapshot.Region)
		from, to := max(v.x, left)-left, min(v.x+v.width, left+width)-left
		row := snapshot.Tile[3*width*(y-top):][:3*width]
		for row = row[3*from : 3*to]; len(row) > 0; row = row[3:] {
			for range v.scale {
				dst = append(dst, row[0], row[1], row[2])
			}
		}
	}
	return dst
}
