// Package govern is what operators do about the rules of a canvas with pixelctl: they ban, protect,
// freeze, roll back, set the rules, see to reports, and audit what was decided. It asks servers over
// HTTP, as the dashboard does, and reads acts with actors/rules. Command pixelctl runs its commands.
package govern

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// Operator is who asks, and where what they are answered is written.
type Operator struct {
	Targets []string  // addresses as people write them; the next is asked when one does not answer
	Token   string    // the admin token of the servers
	Out     io.Writer // results
	Notes   io.Writer // all else
	Now     func() time.Time
}

// UsageError is the error for a command line that makes no sense.
type UsageError struct {
	error
	Command string // whose --help says more, followed by a space
}

func (e *UsageError) Unwrap() error { return e.error }

func misused(command, format string, args ...any) error {
	return &UsageError{fmt.Errorf(format, args...), command + " "}
}

const (
	// askLimit is how long one server may take: it waits up to 10 s until the others obey.
	askLimit = 20 * time.Second
	// mostWaits is how often it is asked again if it has been asked too much, and says when it would answer.
	mostWaits = 100
	// mostAnswer bounds an answer, in bytes: a thousand acts of the longest, or the pictures of a preview.
	mostAnswer = 64 << 20
)

// request is what a server is asked.
type request struct {
	method, path string // below /admin/api/
	body         []byte
	kind         string // of the body; "": JSON
	accept       string // "": JSON
}

// Ask asks the first server that answers for something that only operators may. said is sent as JSON.
func (o *Operator) Ask(ctx context.Context, method, path string, said any) ([]byte, error) {
	r := request{method: method, path: path}
	if said != nil {
		var err error
		if r.body, err = json.Marshal(said); err != nil {
			return nil, err
		}
	}
	return o.ask(ctx, r)
}

func (o *Operator) ask(ctx context.Context, r request) ([]byte, error) {
	targets, err := target.Parse(o.Targets)
	if err != nil {
		return nil, &UsageError{error: err}
	}
	if o.Token == "" {
		return nil, &UsageError{error: errors.New("the admin token is missing: set PIXELCTL_ADMIN_TOKEN to the server's")}
	}
	var failed error
	for _, url := range targets {
		body, answered, err := o.askUntil(ctx, target.Site(url), r)
		if answered {
			return body, err
		}
		failed = err
	}
	return nil, fmt.Errorf("%w; is the server running, and --target right?", failed)
}

// tooMuch says that a server has been asked too much, and when it would answer.
type tooMuch struct {
	error
	wait time.Duration
}

// askUntil asks one server, and again when it says that it would answer.
func (o *Operator) askUntil(ctx context.Context, site string, said request) (body []byte, answered bool, err error) {
	for range mostWaits {
		body, answered, err = o.askAt(ctx, site, said)
		var busy *tooMuch
		if !errors.As(err, &busy) {
			return body, answered, err
		}
		select {
		case <-time.After(busy.wait):
		case <-ctx.Done():
			return nil, true, ctx.Err()
		}
	}
	return body, answered, err
}

// askAt asks one server once. answered: it has said yes or no.
func (o *Operator) askAt(ctx context.Context, site string, said request) (body []byte, answered bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, said.method, site+"/admin/api/"+said.path, bytes.NewReader(said.body))
	if err != nil {
		return nil, true, err
	}
	r.Header.Set("Authorization", "Bearer "+o.Token)
	r.Header.Set("Content-Type", "application/json")
	if said.kind != "" {
		r.Header.Set("Content-Type", said.kind)
	}
	if said.accept != "" {
		r.Header.Set("Accept", said.accept)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, false, err
	}
	defer answer.Body.Close()
	if body, err = io.ReadAll(io.LimitReader(answer.Body, mostAnswer)); err != nil {
		return nil, false, err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		var why struct{ Error string }
		if json.Unmarshal(body, &why) != nil || why.Error == "" {
			why.Error = strings.TrimSpace(string(body))
		}
		err := fmt.Errorf("the server answers %s: %s", answer.Status, why.Error)
		if seconds, said := strconv.Atoi(answer.Header.Get("Retry-After")); said == nil && answer.StatusCode == http.StatusTooManyRequests {
			err = &tooMuch{err, time.Duration(seconds) * time.Second}
		}
		return nil, answer.StatusCode < http.StatusInternalServerError, err
	}
	return body, true, nil
}

// read reads an answer.
func read(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}
