package past

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

const (
	// windowPixels is about how many pixels are asked for before they are put in order: some 60 MB.
	windowPixels = 400_000
	// tries is how often a question is asked that the server does not answer, or not now.
	tries = 5
	// longestPause is the most that a server may ask to wait before the next try.
	longestPause = 30 * time.Second
	// mostPicture bounds what a server's picture may be: the largest canvas, with no compression.
	mostPicture = 4 * canvas.MaxPixels
	// longestLine is of a pixel: names and colours are short.
	longestLine = 64 << 10
)

// fromServer is what a server answers.
type fromServer struct {
	site, key string
	g         canvas.Geometry
	hours     []hour // when how much was drawn; read once
}

type hour struct {
	Time   int64  `json:"time"`
	Pixels uint64 `json:"pixels"`
}

// Server asks the server at a site (http://HOST) that has a canvas of this size, with a key if there is
// one.
func Server(site, key string, g canvas.Geometry) Source {
	return &fromServer{site: site, key: key, g: g}
}

// Geometry implements Source.
func (s *fromServer) Geometry() canvas.Geometry { return s.g }

// statsSaid is what /api/stats answers.
type statsSaid struct {
	Pixels uint64 `json:"pixels"`
	First  int64  `json:"first"`
	Last   int64  `json:"last"`
	Hours  []hour `json:"hours"`
	Gaps   []struct {
		Region canvas.RegionID `json:"region"`
		From   uint64          `json:"from"`
		To     uint64          `json:"to"`
		Why    string          `json:"why"`
		Noted  int64           `json:"noted"`
	} `json:"gaps"`
}

// Span implements Source.
func (s *fromServer) Span(ctx context.Context) (Span, error) {
	said, err := s.stats(ctx)
	if err != nil {
		return Span{}, err
	}
	span := Span{First: said.First, Last: said.Last, Pixels: said.Pixels}
	for _, g := range said.Gaps {
		span.Gaps = append(span.Gaps, record.Gap{Region: g.Region, From: g.From, To: g.To, Why: g.Why, Noted: time.UnixMilli(g.Noted)})
	}
	return span, nil
}

func (s *fromServer) stats(ctx context.Context) (said statsSaid, err error) {
	err = s.ask(ctx, "/api/stats", "application/json", func(body io.Reader) error { return json.NewDecoder(body).Decode(&said) })
	s.hours = said.Hours
	return said, err
}

// Picture implements Source.
func (s *fromServer) Picture(ctx context.Context, area image.Rectangle, at int64) (picture []canvas.Color, err error) {
	path := fmt.Sprintf("/api/canvas.png?x=%d&y=%d&w=%d&h=%d&at=%d", area.Min.X, area.Min.Y, area.Dx(), area.Dy(), at)
	err = s.ask(ctx, path, "image/png", func(body io.Reader) error {
		img, err := png.Decode(io.LimitReader(body, mostPicture))
		if err == nil && img.Bounds().Size() != area.Size() {
			err = fmt.Errorf("it is %v", img.Bounds().Size())
		}
		if err != nil {
			return fmt.Errorf("read the picture: %w", err)
		}
		picture = make([]canvas.Color, 0, area.Dx()*area.Dy())
		for y := range area.Dy() {
			for x := range area.Dx() {
				r, g, b, _ := img.At(img.Bounds().Min.X+x, img.Bounds().Min.Y+y).RGBA()
				picture = append(picture, canvas.Color(r>>8<<16|g>>8<<8|b>>8))
			}
		}
		return nil
	})
	return picture, err
}

// Pixels implements Source. A server tells one region at a time, and may have thousands, so it is asked
// for a window of time after the other.
func (s *fromServer) Pixels(ctx context.Context, area image.Rectangle, after, to int64) iter.Seq2[record.Pixel, error] {
	return func(yield func(record.Pixel, error) bool) {
		if s.hours == nil {
			if _, err := s.stats(ctx); err != nil {
				yield(record.Pixel{}, err)
				return
			}
		}
		var window []record.Pixel
		for _, end := range windows(s.hours, after, to) {
			window = window[:0]
			for _, region := range s.g.Within(area) {
				var err error
				if window, err = s.region(ctx, window, region, after, end); err != nil {
					yield(record.Pixel{}, err)
					return
				}
			}
			slices.SortFunc(window, byTime)
			for _, p := range window {
				if !yield(p, nil) {
					return
				}
			}
			after = end
		}
	}
}

// windows cuts the time after a moment, up to another, where about windowPixels were drawn. It returns
// where each window ends.
func windows(hours []hour, after, to int64) (ends []int64) {
	const long = int64(time.Hour / time.Millisecond)
	pixels := uint64(0)
	at := after
	for _, h := range hours {
		if h.Time+long <= after || h.Time > to {
			continue
		}
		if pixels += h.Pixels; pixels <= windowPixels {
			continue
		}
		if h.Time-1 > at && pixels > h.Pixels { // what was before goes first
			at = h.Time - 1
			ends = append(ends, at)
		}
		parts := int64(h.Pixels/windowPixels) + 1
		for i := range parts {
			if end := min(to, h.Time+long*(i+1)/parts-1); end > at {
				at = end
				ends = append(ends, at)
			}
		}
		pixels = 0
	}
	if at < to {
		ends = append(ends, to)
	}
	return ends
}

// lineSaid is a line of a region's past: a pixel, or at the end that there are more.
type lineSaid struct {
	pixelSaid
	X     uint16 `json:"x"`
	Y     uint16 `json:"y"`
	More  bool   `json:"more"`
	After uint64 `json:"after"`
	From  int64  `json:"from"`
}

type pixelSaid struct {
	Seq    uint64 `json:"seq"`
	Time   int64  `json:"time"`
	Color  string `json:"color"`
	Before string `json:"before"`
	User   string `json:"user"`
	Name   string `json:"name"`
	Cause  string `json:"cause"`
}

// pixel is what was said, checked.
func (said *pixelSaid) pixel(region canvas.RegionID, x, y uint16) (p record.Pixel, err error) {
	p = record.Pixel{Region: region, Seq: said.Seq, Time: said.Time, X: x, Y: y, Name: said.Name, Cause: record.Cause(said.Cause)}
	p.Color, err = parseColor(said.Color)
	if err == nil && said.Before != "" {
		p.Known = true
		p.Before, err = parseColor(said.Before)
	}
	if err == nil && said.User != "" {
		var user uint64
		user, err = strconv.ParseUint(said.User, 16, 48)
		p.User = canvas.Author(user)
	}
	return p, err
}

func parseColor(text string) (canvas.Color, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "#"), 16, 24)
	return canvas.Color(n), err
}

// region appends the pixels of a region, which the server may tell in several answers.
func (s *fromServer) region(ctx context.Context, to []record.Pixel, region canvas.RegionID, after, until int64) ([]record.Pixel, error) {
	query := url.Values{"from": {fmt.Sprint(after)}, "to": {fmt.Sprint(until)}}
	for {
		length := len(to)
		var more lineSaid
		err := s.ask(ctx, fmt.Sprintf("/api/history/%d?%s", region, query.Encode()), "application/x-ndjson", func(body io.Reader) error {
			to, more = to[:length], lineSaid{}
			lines := bufio.NewScanner(body)
			lines.Buffer(make([]byte, 0, 4096), longestLine)
			for lines.Scan() {
				var line lineSaid
				err := json.Unmarshal(lines.Bytes(), &line)
				if err == nil && line.More {
					more = line
					continue
				}
				p, bad := line.pixel(region, line.X, line.Y)
				if err = errors.Join(err, bad); err != nil {
					return fmt.Errorf("read the past of region %d: %w", region, err)
				}
				to = append(to, p)
			}
			return lines.Err()
		})
		if err != nil || !more.More {
			return to, err
		}
		query.Set("after", fmt.Sprint(more.After))
		query.Set("from", fmt.Sprint(more.From))
	}
}

// Before implements Source.
func (s *fromServer) Before(ctx context.Context, x, y int, seq uint64, n int) (found []record.Pixel, more bool, err error) {
	query := url.Values{"limit": {fmt.Sprint(n)}}
	if seq > 0 {
		query.Set("before", fmt.Sprint(seq))
	}
	var said struct {
		Pixels []pixelSaid `json:"pixels"`
		More   bool        `json:"more"`
	}
	err = s.ask(ctx, fmt.Sprintf("/api/pixel/%d/%d/history?%s", x, y, query.Encode()), "application/json", func(body io.Reader) error {
		return json.NewDecoder(body).Decode(&said)
	})
	region, _ := s.g.Locate(x, y)
	for _, one := range said.Pixels {
		p, bad := one.pixel(region, uint16(x), uint16(y))
		if bad != nil {
			return nil, false, fmt.Errorf("read the past of %d,%d: %w", x, y, bad)
		}
		found = append(found, p)
	}
	return found, said.More, err
}
