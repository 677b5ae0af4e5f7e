package moderation

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"pixelplayground/actors/rules"
	"pixelplayground/transport/api/answer"
)

// published is the answer about the rules, which is made once for all who ask: when rules change, every
// page does.
type published struct{ latest atomic.Pointer[edition] }

// edition is the answer for as long as the rules stay what they are. It is immutable.
type edition struct {
	of         *rules.Rules
	until      time.Time // they change by themselves then; zero: never
	tag        string
	body, gzip []byte
}

// at returns the edition of some rules at a time. Two callers may make it at the same time.
func (p *published) at(r *rules.Rules, now time.Time) (*edition, error) {
	if e := p.latest.Load(); e != nil && e.of == r && (e.until.IsZero() || now.Before(e.until)) {
		return e, nil
	}
	e := &edition{of: r, until: r.Next(now)}
	body, err := json.Marshal(r.Shown(now))
	if err != nil {
		return nil, fmt.Errorf("encode the rules: %w", err)
	}
	// Not the number of the last act alone: the rules also change by themselves, and a store may lose an act.
	sum := sha256.Sum256(body)
	e.tag = fmt.Sprintf(`W/"%d.%x"`, r.Version(), sum[:6])
	e.body = append(body, '\n')
	var packed bytes.Buffer
	to := gzip.NewWriter(&packed)
	_, _ = to.Write(e.body) // a buffer takes everything
	_ = to.Close()
	e.gzip = packed.Bytes()
	p.latest.Store(e)
	return e, nil
}

func (d *Desk) getRules(w http.ResponseWriter, r *http.Request, _ caller) {
	e, err := d.public.at(d.Canvas.Rules(), d.Now())
	if err != nil {
		d.failed(w, err)
		return
	}
	header := w.Header()
	header.Set("ETag", e.tag)
	header.Set("Cache-Control", "no-cache") // may be kept, but whether it is current must be asked
	header.Add("Vary", "Accept-Encoding")
	if answer.Matches(r.Header.Get("If-None-Match"), e.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := e.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && len(e.gzip) < len(body) {
		header.Set("Content-Encoding", "gzip")
		body = e.gzip
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that is gone has nobody to tell
	}
}
