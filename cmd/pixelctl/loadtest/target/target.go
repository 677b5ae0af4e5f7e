// Package target understands the addresses of servers as people write them, and asks servers over HTTP.
package target

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Parse turns addresses as people write them into WebSocket URLs: http and https become ws and wss,
// and a URL without a path gets /ws.
func Parse(given []string) ([]string, error) {
	if len(given) == 0 {
		return nil, errors.New("target: must be given, for example ws://127.0.0.1:8080/ws")
	}
	targets := make([]string, len(given))
	for i, text := range given {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("target %q: must be like ws://127.0.0.1:8080/ws or https://example.org", text)
		}
		switch u.Scheme {
		case "http":
			u.Scheme = "ws"
		case "https":
			u.Scheme = "wss"
		case "ws", "wss":
		default:
			return nil, fmt.Errorf("target %q: must begin with ws, wss, http or https", text)
		}
		if u.Path == "" || u.Path == "/" {
			u.Path = "/ws"
		}
		targets[i] = u.String()
	}
	return targets, nil
}

// Site is the HTTP URL of a target's server, without a path.
func Site(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return target
	}
	scheme := "http"
	if u.Scheme == "wss" {
		scheme = "https"
	}
	return scheme + "://" + u.Host
}

// Turned is the order in which a client tries servers. Every server is some client's first, and
// clients that lose the same server do not all go to the same next one.
func Turned(urls []string, index int) []string {
	n := len(urls)
	step := 1
	if index/n%2 == 1 {
		step = n - 1 // backwards
	}
	order := make([]string, n)
	for i := range order {
		order[i] = urls[(index+i*step)%n]
	}
	return order
}

// Guest asks for the page of a target's server as a browser does, and returns what makes whoever shows
// it a person of their own: the cookie that came with the page. Nil: there was none.
func Guest(ctx context.Context, target string) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, httpPatience)
	defer cancel()
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	page := Site(target) + strings.TrimSuffix(u.EscapedPath(), "ws")
	response, err := ask(ctx, page)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20)) // so that the connection can be used again
	var pairs []string
	for _, c := range response.Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	return http.Header{"Cookie": {strings.Join(pairs, "; ")}}, nil
}

// httpPatience is how long one answer may take.
const httpPatience = 30 * time.Second

// Get asks a server over HTTP and passes the answer to read.
func Get(ctx context.Context, url string, read func(io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, httpPatience)
	defer cancel()
	response, err := ask(ctx, url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		const kept = 1000
		said, _ := io.ReadAll(io.LimitReader(response.Body, kept))
		return fmt.Errorf("GET %s: %s: %s", url, response.Status, bytes.TrimSpace(said))
	}
	if err := read(response.Body); err != nil {
		return fmt.Errorf("GET %s: %w", url, err)
	}
	return nil
}

func ask(ctx context.Context, url string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(r)
}

// GetJSON asks a server over HTTP and decodes its answer.
func GetJSON(ctx context.Context, url string, into any) error {
	return Get(ctx, url, func(body io.Reader) error { return json.NewDecoder(body).Decode(into) })
}

// metricsLimit is how long a server may take to answer with its metrics.
const metricsLimit = 5 * time.Second

// metricsBytes bounds how much of such an answer is read.
const metricsBytes = 16 << 20

// Metrics reads a server's gauges and counters as Prometheus does. If one has labels, it returns the
// first series.
func Metrics(ctx context.Context, url string) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, metricsLimit)
	defer cancel()
	values := make(map[string]float64)
	err := Get(ctx, url, func(body io.Reader) error {
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(io.LimitReader(body, metricsBytes))
		for name, f := range families {
			if m := f.GetMetric(); len(m) > 0 && (m[0].Gauge != nil || m[0].Counter != nil) {
				values[name] = m[0].GetGauge().GetValue() + m[0].GetCounter().GetValue() // one of them is 0
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return values, nil
}
