// Package templates shows people the operator's list of templates: pictures of what is to be drawn where. It
// asks the operator's URL for the list once a second, and for the pictures beside it, checks everything, and
// gives both to whoever asks this server. It asks no other address, whatever the list says, and follows no redirection. What
// pages do with templates is theirs; the package knows neither canvas nor actors. The server's main starts it on gateways.
package templates

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"pixelplayground/transport/api/answer"
)

// When the URL is asked. The list and whatever changes with it is there within a second or two; a
// picture that changes under its old name, while the list stays the same, within picturesAgain.
const (
	listAgain     = time.Second
	longestPause  = 30 * time.Second // after failures, each of which doubles the pause
	picturesAgain = 30 * time.Second
	askTimeout    = 5 * time.Second  // one answer
	roundTimeout  = 20 * time.Second // the list and all its pictures
)

// Follower follows the operator's list. Its zero value is not usable.
type Follower struct {
	url     *url.URL
	http    *http.Client
	log     *slog.Logger
	changed func() // there is another list
	latest  atomic.Pointer[edition]

	// Only Run's goroutine uses these:
	list     *fetched
	pictures map[string]*fetched // by address
	looked   time.Time           // when the pictures were asked for last
	failed   string              // why the last round failed; empty: it did not
}

// badAnswer says what is wrong with an answer. Everybody may know.
type badAnswer string

func (e badAnswer) Error() string { return string(e) }

// fetched is the last answer of an address.
type fetched struct {
	body          []byte
	tag, modified string // what it is asked with again
}

// New makes one that has no templates yet, and starts nothing. changed is called by Run when there is another list.
func New(at *url.URL, changed func(), log *slog.Logger) *Follower {
	f := &Follower{url: at, changed: changed, log: log, pictures: make(map[string]*fetched)}
	transport := http.DefaultTransport.(*http.Transport).Clone() // net/http promises that it is one
	transport.MaxResponseHeaderBytes = maxHead
	f.http = &http.Client{Transport: transport, Timeout: askTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	f.latest.Store(newDraft("").finish())
	return f
}

// Run follows the list until ctx ends.
func (f *Follower) Run(ctx context.Context) {
	defer f.http.CloseIdleConnections()
	pause := listAgain
	for ctx.Err() == nil {
		err := f.look(ctx, time.Now())
		pause = f.note(err, pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// note logs what a round has come to, once each, and says how long to wait for the next one.
func (f *Follower) note(err error, pause time.Duration) time.Duration {
	if err == nil {
		if f.failed != "" {
			f.failed = ""
			f.log.Info("the list of templates can be read again")
		}
		return listAgain
	}
	if why := err.Error(); why != f.failed {
		f.failed = why
		f.log.Warn("the list of templates can't be read: the one before stays", "err", err)
	}
	return min(2*pause, longestPause)
}

// look asks for the list and, if it or the time asks for it, for its pictures.
func (f *Follower) look(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	body, err := f.ask(ctx, f.url, f.list, maxList)
	if err != nil {
		return err
	}
	same := f.list != nil && slices.Equal(body.body, f.list.body)
	if same && now.Sub(f.looked) < picturesAgain {
		return nil
	}
	l, err := readList(body.body)
	if err != nil {
		return err
	}
	f.list, f.looked = body, now
	f.publish(f.gather(ctx, l))
	return nil
}

// gather gets what a list names.
func (f *Follower) gather(ctx context.Context, l list) *edition {
	d, kept := newDraft(l.Name), make(map[string]*fetched)
	for _, t := range l.Templates {
		content, err := f.picture(ctx, t.Picture, kept)
		d.add(t, content, err)
	}
	f.pictures = kept
	return d.finish()
}

// picture gets a picture, once for all that show it. If its address does not answer, it is as it was.
func (f *Follower) picture(ctx context.Context, name string, kept map[string]*fetched) ([]byte, error) {
	if content, ok, err := inList(name); ok {
		return content, err
	}
	at, err := beside(f.url, name)
	if err != nil {
		return nil, err
	}
	key := at.String()
	if kept[key] == nil {
		before := f.pictures[key]
		if kept[key], err = f.ask(ctx, at, before, maxPicture); err != nil && before == nil {
			delete(kept, key)
			f.log.Debug("no picture of a template", "url", key, "err", err)
			if unfit := badAnswer(""); errors.As(err, &unfit) {
				return nil, fmt.Errorf("no picture: %w", err)
			}
			return nil, errors.New("no picture: its host does not answer") // what is between here and there is not for everybody
		} else if err != nil {
			kept[key] = before
		}
	}
	return kept[key].body, nil
}

// publish shows people an edition, if it differs from the last one.
func (f *Follower) publish(e *edition) {
	if answer.Same(e.list, f.latest.Load().list) {
		return
	}
	f.latest.Store(e)
	f.log.Info("there are other templates", "shown", e.shown)
	f.changed()
}

// ask gets what is at an address, of which at most so many bytes are read.
func (f *Follower) ask(ctx context.Context, at *url.URL, before *fetched, most int64) (*fetched, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "pixel-playground")
	if before != nil && before.tag != "" {
		r.Header.Set("If-None-Match", before.tag)
	} else if before != nil && before.modified != "" {
		r.Header.Set("If-Modified-Since", before.modified)
	}
	response, err := f.http.Do(r)
	if err != nil {
		if wrapped := new(url.Error); errors.As(err, &wrapped) {
			err = wrapped.Err // without the address, of which the operator knows
		}
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusNotModified && before != nil:
		return before, nil
	case response.StatusCode/100 == 3:
		return nil, badAnswer("the answer is " + status(response) + ": give the address that it leads to")
	case response.StatusCode != http.StatusOK:
		return nil, badAnswer("the answer is " + status(response))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > most {
		return nil, badAnswer(fmt.Sprintf("the answer has more than %d MiB", most>>20))
	}
	return &fetched{body, response.Header.Get("ETag"), response.Header.Get("Last-Modified")}, nil
}

// status is what a status is called in general: what its host calls it can be of any length, and everybody would be told.
func status(response *http.Response) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", response.StatusCode, http.StatusText(response.StatusCode)))
}
