package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/quota"
)

// images keeps the images, and the lists of all pixels, that are being sent. Clients that ask for the same view at about the
// same time get the same bytes.
type images struct {
	memory *quota.Shares // in bytes

	mu    sync.Mutex // guards:
	views map[view]*seen
}

// Bounds on images that are kept while they are sent, in bytes. An image that would be larger,
// or for which there is no memory, is made separately for each request, while it is being sent.
const (
	maxKeptImage                 = 8 << 20
	networkKeptImages, allImages = 16 << 20, 32 << 20
)

// seen is a view that at least one client has asked for.
type seen struct {
	shared  answer.Shared[*rendering]
	viewers int // guarded by images.mu
}

// rendering is an image, or a list of pixels, which has no tag. It is immutable except for its users.
type rendering struct {
	tag  string
	body []byte
	free func() // gives back the memory

	users int // guarded by images.mu: the requests that send it, and the view whose latest image it is
}

func newImages() images {
	return images{memory: quota.NewShares(networkKeptImages, allImages), views: make(map[view]*seen)}
}

// estimate is about the most that a view takes as PNG, in bytes. A repeated pixel takes three
// bytes and a reference, a repeated row next to nothing.
func (v view) estimate() int {
	if v.list { // as much as the list is given
		return maxKeptImage
	}
	if v.scale == 1 {
		return 3*v.width*v.height + v.width*v.height/8
	}
	return 7*v.width*v.height + v.width*v.height*v.scale*v.scale/64
}

// pixels is how many pixels a view's image has.
func (v view) pixels() int { return v.width * v.height * v.scale * v.scale }

// units is the work that making a view's image takes.
func (v view) units() int {
	if v.at == live {
		return v.pixels()
	}
	return v.pixels() + pastWork*v.width*v.height
}

func (i *images) enter(v view) *seen {
	i.mu.Lock()
	defer i.mu.Unlock()
	e := i.views[v]
	if e == nil {
		e = &seen{shared: answer.NewShared[*rendering]()}
		i.views[v] = e
	}
	e.viewers++
	return e
}

// leave is called for a request that entered and has sent r, or nothing if r is nil.
func (i *images) leave(v view, e *seen, r *rendering) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.drop(r)
	if e.viewers--; e.viewers == 0 {
		i.drop(e.shared.Latest()) // nobody asks for this view any more
		delete(i.views, v)
	}
}

func (i *images) use(r *rendering) {
	i.mu.Lock()
	defer i.mu.Unlock()
	r.users++
}

func (i *images) drop(r *rendering) {
	if r == nil {
		return
	}
	if r.users--; r.users == 0 {
		r.free()
	}
}

// errNotKept says that an image can't be shared, but has to be made for one request alone.
var errNotKept = errors.New("image is too large to be kept")

// image returns a view's image, which may be used until done is called.
func (s *server) image(w http.ResponseWriter, r *http.Request, v view) (shown *rendering, done func(), err error) {
	if v.estimate() > maxKeptImage {
		return nil, nil, errNotKept
	}
	e := s.images.enter(v)
	shown, err = e.shared.Get(r.Context(), func(before *rendering) (*rendering, error) {
		next, err := s.render(w, r, v, before)
		if err != nil || next == before {
			return next, err
		}
		s.images.use(next) // as the view's latest
		s.images.mu.Lock()
		defer s.images.mu.Unlock()
		s.images.drop(before)
		return next, nil
	}, s.images.use)
	if err != nil {
		s.images.leave(v, e, nil)
		return nil, nil, err
	}
	return shown, func() { s.images.leave(v, e, shown) }, nil
}

// render makes a view's image, or returns before if the canvas has not changed since.
func (s *server) render(w http.ResponseWriter, r *http.Request, v view, before *rendering) (*rendering, error) {
	one, refused := s.job(w, r, v.units())
	if refused != nil {
		return nil, refused
	}
	defer s.jobs.end(one)
	tag := ""
	if !v.list {
		var err error
		if tag, err = s.tag(r.Context(), v); err != nil || before != nil && before.tag == tag {
			return before, err
		}
	}
	network, most := answer.ClientOf(r), v.estimate()
	if !s.images.memory.Take(network, false, most) {
		return nil, errNotKept
	}
	if wait, ok := s.costs.Take(network, min(v.units(), workBurst), s.Now()); !ok {
		s.images.memory.Give(network, most)
		return nil, &overloadError{http.StatusTooManyRequests, wait}
	}
	body, err := s.renderBody(r.Context(), v, one)
	if err != nil {
		s.images.memory.Give(network, most)
		return nil, err
	}
	if less := most - len(body); less > 0 {
		s.images.memory.Give(network, less)
		most = len(body)
	}
	return &rendering{tag: tag, body: body, free: func() { s.images.memory.Give(network, most) }}, nil
}

func (s *server) renderBody(ctx context.Context, v view, one *job) ([]byte, error) {
	var b keptBuffer
	out := &download{Writer: bufio.NewWriterSize(&b, streamBuffer), slots: s.slots, job: one}
	write := s.writeImage
	if v.list {
		write = s.writeList
	}
	if err := write(ctx, out, v); err != nil {
		return nil, err
	}
	return bytes.Clone(b.Bytes()), nil // without the buffer's spare capacity
}

// keptBuffer is a buffer for what is kept while it is sent.
type keptBuffer struct{ bytes.Buffer }

func (b *keptBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxKeptImage {
		return 0, errNotKept
	}
	return b.Buffer.Write(p)
}

// send writes a rendering for as long as the client goes on taking it.
func (r *rendering) send(w http.ResponseWriter) {
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	rc := http.NewResponseController(w)
	for rest := r.body; len(rest) > 0; {
		n := min(len(rest), streamBuffer)
		_ = rc.SetWriteDeadline(time.Now().Add(answer.SendPatience))
		if _, err := w.Write(rest[:n]); err != nil {
			return // it is gone
		}
		rest = rest[n:]
	}
}
