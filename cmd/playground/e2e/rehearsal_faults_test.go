//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// Goal: while nobody can draw, people are let in to look, and those who look are left alone,
// however many gateways there are. A gateway that has nothing to show lets nobody in. Method: as in
// the rehearsal. First Redis stalls for longer than any probe waits, then there are no canvas pods.
// Clients watch all of the canvas at each gateway, and none may be moved.
func TestKubernetes_LetsPeopleInToLook(t *testing.T) {
	k := startKube(t)
	k.startRedis()
	k.scale("canvas", 2)
	k.scale("gateway", 2)
	gateways := k.running("gateway")
	var watchers []*client.Client
	for _, p := range gateways {
		watchers = append(watchers, dial(t, client.Config{URLs: []string{"ws://" + p.ip + ":8080/ws"}, Regions: client.AllRegions, Replica: true}))
	}
	service := "ws://" + k.service.Addr().String() + "/ws"
	dots := []canvas.Dot{{X: 5, Y: 5, Color: 0x123456}}
	place := func(c *client.Client) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return c.Place(ctx, dots)
	}
	if err := place(watchers[0]); err != nil {
		t.Fatal(err)
	}
	newcomer := func(when string) *client.Client {
		t.Helper()
		c := dial(t, client.Config{URLs: []string{service}, Regions: client.AllRegions, Replica: true})
		if color, ok := c.At(5, 5); !ok || color != dots[0].Color {
			t.Errorf("%s: a newcomer is shown %v, %v", when, color, ok)
		}
		return c
	}
	newcomer("before")

	for _, p := range k.redises {
		p.signal(sigStop)
	}
	stalled := time.Now()
	seen := k.watchReady(gateways, 4*time.Second)
	for _, p := range gateways {
		eventually(t, p.ip+" says that nobody can draw", func() error { return ready(p, "?for=drawing", http.StatusServiceUnavailable, nil) })
		if err := ready(p, "", http.StatusOK, func(drawing bool) bool { return !drawing }); err != nil {
			t.Errorf("while Redis stalls: %v", err)
		}
	}
	newcomer("while Redis stalls")
	if lost := seen(); lost > 0 {
		t.Errorf("gateways were not ready %d times while Redis stalled for %v", lost, time.Since(stalled))
	}
	for _, p := range k.redises {
		p.signal(sigCont)
	}
	eventually(t, "drawing goes on", func() error { return place(watchers[1]) })

	k.scale("canvas", 0)
	began := time.Now()
	blank := k.create("gateway") // it has nothing to show
	seen = k.watchReady(gateways, 3500*time.Millisecond)
	guest := newcomer("without canvas pods")
	var refused *client.RefusedError
	if err := place(guest); !errors.As(err, &refused) || refused.Code != canvas.RefusedUnavailable {
		t.Errorf("without canvas pods: a pixel got %v, want a refusal: unavailable", err)
	}
	if lost := seen(); lost > 0 {
		t.Errorf("gateways were not ready %d times in %v without canvas pods", lost, time.Since(began))
	}
	if err := ready(blank, "", http.StatusServiceUnavailable, nil); err != nil {
		t.Errorf("a gateway that has nothing to show: %v", err)
	}
	k.scale("canvas", 2)
	k.await(blank)
	eventually(t, "drawing goes on", func() error { return place(guest) })
	for i, c := range append(watchers, guest) {
		if n := c.Stats().Reconnects; n > 0 {
			t.Errorf("client %d was moved %d times", i, n)
		}
	}
}

// watchReady counts how often one of these pods is not ready. lost waits until the time is over,
// and returns the count.
func (k *kube) watchReady(pods []*kubePod, over time.Duration) (lost func() int) {
	n, until := 0, time.Now().Add(over)
	var watching sync.WaitGroup
	watching.Go(func() {
		for time.Now().Before(until) {
			k.mu.Lock()
			for _, p := range pods {
				if !p.ready {
					n++
				}
			}
			k.mu.Unlock()
			time.Sleep(20 * time.Millisecond) // between looks
		}
	})
	return func() int {
		watching.Wait()
		return n
	}
}

// ready checks what a pod says about itself.
func ready(p *kubePod, query string, status int, drawing func(bool) bool) error {
	response, err := http.Get("http://" + p.ip + ":8080/readyz" + query)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var said struct{ Drawing bool }
	if json.Unmarshal(body, &said) != nil || response.StatusCode != status || drawing != nil && !drawing(said.Drawing) {
		return fmt.Errorf("%s says %d %s", p.ip, response.StatusCode, body)
	}
	return nil
}
