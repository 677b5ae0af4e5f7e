// Package past is what pixelctl knows of what was drawn: from the record's files, or from a server over
// HTTP. Both give the same, in order of time, and hold only a part of it in memory.
package past

import (
	"context"
	"image"
	"iter"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record"
)

// Source has what was drawn on one canvas.
type Source interface {
	Geometry() canvas.Geometry
	// Span tells from when to when there is a record, in Unix milliseconds, how many pixels were
	// drawn (0: not known), and what is missing. Zeros: there is nothing.
	Span(ctx context.Context) (Span, error)
	// Picture is how an area looked at a time: colours row by row.
	Picture(ctx context.Context, area image.Rectangle, at int64) ([]canvas.Color, error)
	// Pixels yields what was placed after a time, up to and including another, in the regions that an
	// area is in, by time. It ends with the first error.
	Pixels(ctx context.Context, area image.Rectangle, after, to int64) iter.Seq2[record.Pixel, error]
	// Before lists the pixels of a place before a sequence number (0: all), newest first: n at most.
	Before(ctx context.Context, x, y int, seq uint64, n int) (found []record.Pixel, more bool, err error)
}

// Span is what there is.
type Span struct {
	First, Last int64
	Pixels      uint64
	Gaps        []record.Gap
}

// byTime puts the pixels of several regions into the order in which All of a record.Reader has them.
func byTime(a, b record.Pixel) int {
	switch {
	case a.Time != b.Time:
		return int(min(1, max(-1, a.Time-b.Time)))
	case a.Region != b.Region:
		return int(int64(a.Region) - int64(b.Region))
	}
	return int(min(1, max(-1, int64(a.Seq)-int64(b.Seq))))
}

// stream is the pixels of one region, of which one is looked at.
type stream struct {
	head record.Pixel
	next func() (record.Pixel, error, bool)
	stop func()
}

// merge yields the pixels of several sequences, each in order, in order. With the first error it ends.
func merge(sequences []iter.Seq2[record.Pixel, error]) iter.Seq2[record.Pixel, error] {
	return func(yield func(record.Pixel, error) bool) {
		var heap []*stream
		defer func() {
			for _, s := range heap {
				s.stop()
			}
		}()
		for _, pixels := range sequences {
			next, stop := iter.Pull2(pixels)
			s := &stream{next: next, stop: stop}
			head, err, ok := next()
			if err != nil || !ok {
				stop()
				if err != nil {
					yield(record.Pixel{}, err)
					return
				}
				continue
			}
			s.head = head
			heap = append(heap, s)
		}
		slices.SortFunc(heap, func(a, b *stream) int { return byTime(a.head, b.head) }) // which is a heap
		for len(heap) > 0 {
			top := heap[0]
			if !yield(top.head, nil) {
				return
			}
			head, err, ok := top.next()
			if err != nil {
				yield(record.Pixel{}, err)
				return
			}
			if top.head = head; !ok {
				top.stop()
				heap[0] = heap[len(heap)-1]
				heap = heap[:len(heap)-1]
			}
			sink(heap)
		}
	}
}

// sink moves the first stream of a heap to its place.
func sink(heap []*stream) {
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(heap); child++ {
			if byTime(heap[child].head, heap[least].head) < 0 {
				least = child
			}
		}
		if least == i {
			return
		}
		heap[i], heap[least] = heap[least], heap[i]
		i = least
	}
}

// crop copies the part of a region's tile that is in an area into a picture of the area.
func crop(picture []canvas.Color, area image.Rectangle, g canvas.Geometry, tile *canvas.Snapshot) {
	left, top, width, height := g.Bounds(tile.Region)
	part := image.Rect(left, top, left+width, top+height).Intersect(area)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			picture[(y-area.Min.Y)*area.Dx()+x-area.Min.X] = tile.Tile.At(uint16((y-top)*width + x - left))
		}
	}
}
