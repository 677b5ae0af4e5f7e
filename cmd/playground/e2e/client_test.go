//go:build e2e

package e2e

import (
	"context"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// seconds is how long a load lasts: briefly as a test, longer when E2E_SECONDS is set, to get the
// figures.
func seconds(t *testing.T, brief int) time.Duration {
	t.Helper()
	if s := os.Getenv("E2E_SECONDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("E2E_SECONDS=%q: must be a number of seconds", s)
		}
		return time.Duration(n) * time.Second
	}
	return time.Duration(brief) * time.Second
}

// dial opens a client that follows the whole canvas and waits until it has all of it.
func dial(t *testing.T, cfg client.Config) *client.Client {
	t.Helper()
	if cfg.Regions == nil {
		cfg.Regions = client.AllRegions
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := c.Open(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Synced(ctx); err != nil {
		t.Fatal(err)
	}
	return c
}

// gate is a connection whose reads can be held up, as if the program had stopped reading.
type gate struct {
	net.Conn
	mu   sync.Mutex // held while the gate is shut
	size int        // of the receive buffer, in bytes
}

func (g *gate) Read(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.Conn.Read(p)
}

// dialer dials a client's connection through the gate.
func (g *gate) dialer(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if err := conn.(*net.TCPConn).SetReadBuffer(g.size); err != nil {
		return nil, err
	}
	g.Conn = conn
	return g, nil
}

// load places single pixels, each with a colour of its own and at a place of its own, at
// a steady rate: pixel n is due at start + n/rate, late or not.
type load struct {
	width, height int
	stride        int         // from one pixel's place to the next, in pixels; prime to width*height
	sent          []time.Time // by colour; written before the pixel is sent
}

func newLoad(rate int, d time.Duration) *load {
	return &load{width: 1024, height: 1024, stride: 1, sent: make([]time.Time, int(float64(rate)*d.Seconds()))}
}

// place returns where pixel n goes.
func (l *load) place(n int) (x, y int) {
	at := n * l.stride % (l.width * l.height)
	return at % l.width, at / l.width
}

// run places all pixels through placers in turn, and returns when each is acknowledged.
func (l *load) run(t *testing.T, rate int, placers ...*client.Client) {
	t.Helper()
	var open sync.WaitGroup
	start := time.Now()
	for n := range l.sent {
		due := start.Add(time.Duration(n) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due)) // paces the load; not a wait for something
		l.sent[n] = time.Now()
		open.Add(1)
		x, y := l.place(n)
		dots := []canvas.Dot{{X: uint16(x), Y: uint16(y), Color: canvas.Color(n)}}
		_, err := placers[n%len(placers)].PlaceAsync(context.Background(), dots, func(err error) {
			if err != nil {
				t.Errorf("pixel %d: %v", n, err)
			}
			open.Done()
		})
		if err != nil {
			t.Fatalf("pixel %d: %v", n, err)
		}
	}
	open.Wait()
}
