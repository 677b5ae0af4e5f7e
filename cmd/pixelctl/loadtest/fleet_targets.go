package loadtest

import (
	"errors"
	"fmt"
	"net/url"
)

// Targets makes WebSocket URLs of what people write: http and https become ws and wss, and a URL
// without a path means /ws.
func Targets(given []string) ([]string, error) {
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

// turned is the order in which a client tries servers: each is someone's first, and those who lose the same one
// do not all go to the same next.
func turned(urls []string, index int) []string {
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
