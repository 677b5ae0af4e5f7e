package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"pixelplayground/transport/quota"
)

// Goal: strangers who reach the operators' port and send nothing, or half a request, keep no operator
// and no probe out, and are bounded.
// Method: three networks open more connections than there are places; who is closed reads the end.
func TestOperators_PlacesAreBounded(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	o := newOperators("127.0.0.1:0", quota.Proxies{}, log)
	if err := o.Listen(); err != nil {
		t.Fatal(err)
	}
	o.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }))
	defer o.Close()
	const strangers = operatorsMost + 100
	closed := make(chan struct{}, strangers)
	for i := range strangers {
		from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%3))}
		c, err := (&net.Dialer{LocalAddr: from}).Dial("tcp4", o.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			fmt.Fprint(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n")
		}
		go func() {
			_, _ = io.Copy(io.Discard, c)
			closed <- struct{}{}
		}()
	}
	for range strangers - operatorsMost {
		select {
		case <-closed:
		case <-time.After(30 * time.Second):
			t.Fatalf("more than %d connections stay open", operatorsMost)
		}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	for _, path := range []string{"/readyz", "/metrics", "/admin/", "/ws"} {
		answer, err := client.Get("http://" + o.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK || string(body) != path {
			t.Errorf("%s: %d %q", path, answer.StatusCode, body)
		}
	}
}
