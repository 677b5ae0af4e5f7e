//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
	"pixelplayground/transport/client/conformance"
)

// Goal: the clients of all languages go on over a kill of the server, without a gap and without drawing anything twice.
// Method: each draws a part of its own while the server is killed and started again; then each sees the canvas as it is, and
// the regions' sequence numbers count each pixel once.
func TestClients_OverAKill(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "400", "--burst", "400")
	watcher := dial(t, client.Config{URLs: []string{s.ws()}, Replica: true})
	const width, rows = 100, 6
	color := func(x, y int) canvas.Color { return canvas.Color(1 + x + width*y) }
	clients := conformance.Clients(t, t.TempDir())
	var drivers []*conformance.Driver
	var drawn []<-chan conformance.Line
	for i, c := range clients {
		d := conformance.Start(t, c.Command)
		d.Do("connect", conformance.Args{"url": s.ws(), "name": c.Name})
		var pixels [][]any
		for y := i * rows; y < (i+1)*rows; y++ {
			for x := range width {
				pixels = append(pixels, []any{x, y, color(x, y)})
			}
		}
		drivers = append(drivers, d)
		drawn = append(drawn, d.Go("draw", conformance.Args{"pixels": pixels}))
	}
	for kills := range 2 {
		seen := watcher.Stats().SeqCovered
		eventually(t, "somebody draws", func() error {
			if got := watcher.Stats().SeqCovered; got < seen+100 {
				return fmt.Errorf("%d pixels more, kill %d", got-seen, kills)
			}
			return nil
		})
		s.kill()
		s.restart()
	}
	for i, d := range drivers {
		d.Succeeded(clients[i].Name, d.Answer(drawn[i]))
	}
	for i, d := range drivers {
		d.Do("sync", nil)
		for at, got := range d.Read(0, 0, width, rows*len(drivers)) {
			if want := color(at%width, at/width); got == nil || *got != want {
				t.Fatalf("%s sees %v at %d, %d, want %v", clients[i].Name, got, at%width, at/width, want)
			}
		}
	}
	if err := watcher.Synced(t.Context()); err != nil {
		t.Fatal(err)
	}
	sum := uint64(0)
	for _, m := range watcher.Positions() {
		sum += m.Position.Seq
	}
	if want := uint64(width * rows * len(drivers)); sum != want {
		t.Errorf("%d pixels were drawn, want %d", sum, want)
	}
}

// Goal: a page can draw with the client that its server has. Method: a browser imports it and places a pixel.
func TestClients_InABrowser(t *testing.T) {
	beside(t)
	s := start(t)
	p := open(t, s.url, "")
	eval[string](p, `(async () => {
		const { connect } = await import("/client.js");
		const canvas = await connect(location.href, { name: "Embedded" });
		await canvas.draw({ x: 3, y: 4, color: "#123456" });
		await canvas.sync();
		window.seen = canvas.pixel(3, 4) + " " + canvas.image({ x: 3, y: 4, width: 1, height: 1 }).data.join();
	})().catch((error) => (window.seen = String(error))), ""`)
	p.until("the client has drawn", `window.seen !== undefined`)
	if got := eval[string](p, `window.seen`); got != "#123456 18,52,86,255" {
		t.Errorf("the client in a browser: %s", got)
	}
	if body, err := get(s.url + "/api/pixel/3/4"); err != nil || !strings.Contains(string(body), `"#123456"`) {
		t.Errorf("the canvas has %s, %v", body, err)
	}
}
