package codec

import (
	"iter"

	"pixelplayground/actors/canvas"
)

// author is who placed a run of pixels: a user, or a display name given for those pixels alone.
type author struct {
	user canvas.Author
	name string // not empty: instead of user
}

// authorRuns joins neighbouring ops of the same author, and yields each author with a number of
// pixels.
func authorRuns(ops []canvas.Op, aliases bool) iter.Seq2[author, int] {
	return func(yield func(author, int) bool) {
		var last author
		n := 0
		for i := range ops {
			if len(ops[i].Pixels) == 0 {
				continue
			}
			a := author{user: ops[i].By()}
			if aliases && ops[i].Alias && ops[i].Name != "" {
				a = author{name: ops[i].Name}
			}
			if n > 0 && a != last {
				if !yield(last, n) {
					return
				}
				n = 0
			}
			last = a
			n += len(ops[i].Pixels)
		}
		if n > 0 {
			yield(last, n)
		}
	}
}

// authors writes who placed the pixels of ops. Without aliases it writes only the users' ids.
func (w *writer) authors(ops []canvas.Op, aliases bool) {
	runs := 0
	for range authorRuns(ops, aliases) {
		runs++
	}
	if runs != 1 {
		w.array(2 * runs)
	}
	for a, n := range authorRuns(ops, aliases) {
		if runs != 1 {
			w.uint(uint64(n))
		}
		if a.name != "" {
			w.text(a.name)
		} else {
			w.uint(uint64(a.user))
		}
	}
}

// decodeAuthors divides pixels among the runs of the message's authors.
func decodeAuthors(r *reader, pixels []canvas.Pixel) []canvas.Op {
	const what = "authors"
	if !isArray(r.code(what)) {
		if len(pixels) == 0 {
			r.fail("%s: one, but there are no pixels", what)
		}
		return []canvas.Op{decodeRun(r, pixels)}
	}
	length := r.array(what, 2*len(pixels), 1)
	if length%2 != 0 {
		r.fail("%s: %d elements are not pairs", what, length)
	}
	var ops []canvas.Op
	if length > 0 {
		ops = make([]canvas.Op, length/2)
	}
	for i := range ops {
		n := int(r.uint("run", uint64(len(pixels))))
		if n == 0 {
			r.fail("run: of no pixels")
		}
		ops[i] = decodeRun(r, pixels[:n:n])
		pixels = pixels[n:]
	}
	if len(pixels) > 0 {
		r.fail("%s: %d pixels have none", what, len(pixels))
	}
	return ops
}

func decodeRun(r *reader, pixels []canvas.Pixel) canvas.Op {
	if !isText(r.code("author")) {
		return canvas.Op{ID: canvas.OpID{Author: r.author()}, Pixels: pixels}
	}
	name := r.name()
	if name == "" {
		r.fail("author: an empty name")
	}
	return canvas.Op{Name: name, Alias: true, Pixels: pixels}
}
