package api

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/api/answer"
	"pixelplayground/transport/api/history"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/quota"
)

// previews writes into the page what other programs show of a link to it: a title and a picture of the place that the link
// names (Open Graph). A link names it as ?x=&y=&z=, since browsers keep to themselves what is behind #.
type previews struct {
	geometry canvas.Geometry
	public   *url.URL // where browsers find the page; nil: where they ask
	past     bool     // pictures of the past can be asked for
	// allowed reports whether a client may cause so many units of work now.
	allowed func(r *http.Request, units int) bool
	// open reports whether whoever looks without a name may see the canvas.
	open func(r *http.Request) bool

	mu   sync.Mutex              // guards:
	kept map[string]*answer.File // by what is written
}

const (
	// Pages that are kept: browsers ask for the one without a place, and a link that is passed on is asked for by many. When there are
	// more, all are made anew. Each takes about 50 KB.
	keptPreviews = 64
	// pageWork is how many units it takes to compress the page: about 3 ms.
	pageWork = 200_000

	previewWidth, previewHeight = 1200, 630 // pixels of a picture: what programs show large
	previewText                 = "One canvas for everybody: what you draw, all others see at once."
)

// place is what a link names. Without a zoom it names none.
type place struct {
	x, y int
	zoom float64 // of the page: above 0
	at   time.Time
}

// previewMarker is where the head goes on behind what is written.
const previewMarker = `<meta name="canvas"`

// page is the page with what is written for a request; all, which has nothing of it, if the client causes too much work. Whatever
// the request says goes into it as a number, or as a host that is one.
func (p *previews) page(r *http.Request, all *answer.File, content string) *answer.File {
	head, body, found := strings.Cut(content, previewMarker)
	origin, base := answer.Where(p.public, r)
	if p.public == nil && !quota.IsHost(r.Host) || !found {
		return all
	}
	tags := p.tags(origin+base, p.placeOf(r.URL.Query()), p.open(r))
	p.mu.Lock()
	file := p.kept[tags]
	p.mu.Unlock()
	if file != nil {
		return file
	}
	if !p.allowed(r, pageWork) {
		return all
	}
	file = answer.NewFile(indexPage, []byte(head+tags+previewMarker+body))
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.kept) >= keptPreviews {
		clear(p.kept)
	}
	p.kept[tags] = file
	return file
}

// placeOf reads a link. What is no place is none.
func (p *previews) placeOf(query url.Values) place {
	x, badX := strconv.Atoi(query.Get("x"))
	y, badY := strconv.Atoi(query.Get("y"))
	zoom, badZoom := strconv.ParseFloat(cmp.Or(query.Get("z"), "8"), 64)
	if badX != nil || badY != nil || badZoom != nil || x < 0 || y < 0 || x >= p.geometry.Width || y >= p.geometry.Height || !(zoom > 0 && zoom <= maxScale*2) {
		return place{}
	}
	at, err := history.ParseTime("t", query.Get("t"))
	if err != nil || !p.past || at.Equal(history.Now()) {
		at = time.Time{}
	}
	return place{x, y, zoom, at}
}

// picture is what is shown of a place: as much as fits at its zoom, or at 1 if it is farther away. Of no place it is the whole
// canvas, or the middle of one that is too large.
func (p *previews) picture(at place) part {
	g := p.geometry
	if at.zoom == 0 && g.Width*g.Height <= smallWork {
		return part{0, 0, g.Width, g.Height, max(1, min(maxScale, previewWidth/max(g.Width, g.Height)))}
	}
	if at.zoom == 0 {
		at = place{x: g.Width / 2, y: g.Height / 2, zoom: 1}
	}
	scale := max(1, min(maxScale, int(math.Round(at.zoom))))
	width, height := min(g.Width, previewWidth/scale), min(g.Height, previewHeight/scale)
	return part{max(0, min(at.x-width/2, g.Width-width)), max(0, min(at.y-height/2, g.Height-height)), width, height, scale}
}

// tags are written into the head of the page, whose address site is.
func (p *previews) tags(site string, at place, open bool) string {
	var b strings.Builder
	tag := func(kind, name, content string) {
		fmt.Fprintf(&b, "<meta %s=%q content=\"%s\">\n  ", kind, name, html.EscapeString(content))
	}
	title, address, moment := "Pixel Playground", site, ""
	if at.zoom > 0 {
		title = fmt.Sprintf("Pixel Playground at %d, %d", at.x, at.y)
		address += fmt.Sprintf("?x=%d&y=%d&z=%s", at.x, at.y, strconv.FormatFloat(at.zoom, 'f', -1, 64))
		if !at.at.IsZero() {
			address += "&t=" + at.at.UTC().Format("2006-01-02T15:04:05.999Z")
			moment = fmt.Sprintf("&at=%d", at.at.UnixMilli())
		}
	}
	tag("property", "og:type", "website")
	tag("property", "og:site_name", "Pixel Playground")
	tag("property", "og:title", title)
	tag("property", "og:description", previewText)
	tag("property", "og:url", address)
	if !open {
		tag("name", "twitter:card", "summary")
		return b.String()
	}
	v := p.picture(at)
	tag("property", "og:image", fmt.Sprintf("%sapi/canvas.png?x=%d&y=%d&w=%d&h=%d&scale=%d%s", site, v.x, v.y, v.width, v.height, v.scale, moment))
	tag("property", "og:image:width", strconv.Itoa(v.width*v.scale))
	tag("property", "og:image:height", strconv.Itoa(v.height*v.scale))
	tag("property", "og:image:alt", "What is drawn there")
	tag("name", "twitter:card", "summary_large_image")
	return b.String()
}

// newPreviews makes them for the page of this server.
func (s *server) newPreviews() *previews {
	return &previews{
		geometry: s.Geometry, public: s.Public, past: s.past != nil, kept: make(map[string]*answer.File),
		allowed: func(r *http.Request, units int) bool {
			_, ok := s.costs.Take(answer.ClientOf(r), units, s.Now())
			return ok
		},
		open: func(r *http.Request) bool {
			return s.People == nil || s.People.MayWatch(auth.Shown{From: quota.AddressOf(r.RemoteAddr)}) == nil
		},
	}
}
