package answer

import (
	"net/http"
	"slices"
	"strings"
)

// Methods is what can be done with one resource. If it is empty, the resource does not exist.
type Methods map[string]http.HandlerFunc

// Allow lists the methods for the Allow header.
func (m Methods) Allow() string {
	names := []string{"OPTIONS"}
	for name := range m {
		names = append(names, name)
		if name == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// For is what answers a method; nil: nothing does.
func (m Methods) For(method string) http.HandlerFunc {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return m[method]
}

// Counted remembers the status for the metrics.
type Counted struct {
	http.ResponseWriter
	Status int
}

func (c *Counted) WriteHeader(status int) {
	c.Status = status
	c.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (c *Counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }
