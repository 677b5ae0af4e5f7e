//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
)

// proxy stands before a server, changes what it answers, and can be gone for a while: then it closes what connects.
type proxy struct {
	*httptest.Server
	gone atomic.Bool
}

// behind puts a server behind a proxy. change may be called by several goroutines.
func behind(t *testing.T, server string, change func(*http.Response) error) *proxy {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	onward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			for _, asks := range []string{"Accept-Encoding", "If-None-Match"} { // what is answered must be whole, to be changed
				r.Out.Header.Del(asks)
			}
		},
		ModifyResponse: change,
	}
	p := &proxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.gone.Load() {
			onward.ServeHTTP(w, r)
			return
		}
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// say gives an answer another body.
func say(r *http.Response, body []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
}
