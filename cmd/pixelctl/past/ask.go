package past

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// refusal is an answer that asking again does not change.
type refusal struct{ error }

// ask gets a resource and has read take it. A server that is busy, or ends, is asked again, so read may
// be called again, too.
func (s *fromServer) ask(ctx context.Context, path, accept string, read func(io.Reader) error) (err error) {
	for try := range tries {
		pause := time.Duration(0)
		if pause, err = s.askOnce(ctx, path, accept, read); err == nil {
			return nil
		}
		var final *refusal
		if errors.As(err, &final) || ctx.Err() != nil || try == tries-1 {
			return err
		}
		if pause == 0 {
			pause = 100 * time.Millisecond << try
		}
		select {
		case <-time.After(min(pause, longestPause)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// askOnce asks once; wait is how long the server asks to wait.
func (s *fromServer) askOnce(ctx context.Context, path, accept string, read func(io.Reader) error) (wait time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.site+path, nil)
	if err != nil {
		return 0, &refusal{err}
	}
	r.Header.Set("Accept", accept)
	if s.key != "" {
		r.Header.Set("Authorization", "Bearer "+s.key)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		return 0, read(answer.Body)
	}
	const mostText = 4096
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostText))
	if err != nil {
		return 0, err
	}
	var why struct{ Error string }
	if json.Unmarshal(body, &why) != nil || why.Error == "" {
		why.Error = string(body)
	}
	err = fmt.Errorf("the server answers %s: %s", answer.Status, why.Error)
	if answer.StatusCode != http.StatusTooManyRequests && answer.StatusCode < http.StatusInternalServerError {
		return 0, &refusal{err}
	}
	seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	return time.Duration(seconds) * time.Second, err
}
