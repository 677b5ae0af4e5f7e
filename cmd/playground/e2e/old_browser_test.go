//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// Goal: a browser that can't show the canvas says so, and leaves the server alone. Method: Chromium
// without a DecompressionStream, and with one that always fails; the page's WebSockets are counted.
func TestBrowser_TooOldIsToldOnce(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "0")
	drawer := dial(t, client.Config{URLs: []string{s.ws()}})
	for row := range 64 { // so much of a region that a newcomer gets a snapshot of it
		var line []canvas.Dot
		for x := range 256 {
			line = append(line, canvas.Dot{X: uint16(256 + x), Y: uint16(256 + row), Color: canvas.Color(1 + row*x)})
		}
		if err := drawer.Place(t.Context(), line); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		script, says string
		sockets      int
	}{
		"none":  {`delete window.DecompressionStream`, "too old", 0},
		"fails": {`window.DecompressionStream = class { constructor() { throw new TypeError("deflate") } }`, "newer browser", 5},
	} {
		t.Run(name, func(t *testing.T) {
			p := &page{t, browser(t)}
			p.run(before(test.script+`; window.sockets = 0; window.WebSocket = class extends WebSocket { constructor(...all) { super(...all); window.sockets++; } }`),
				chromedp.Navigate(s.url))
			p.until("it stops", `playground.status === "stopped"`)
			p.until("it says so", fmt.Sprintf(`!document.getElementById("banner").hidden && document.getElementById("banner-text").textContent.includes(%q)`, test.says))
			if made := eval[int](p, `window.sockets`); made != test.sockets {
				t.Errorf("%d WebSockets, want %d", made, test.sockets)
			}
		})
	}
}

// before makes a script run before the scripts of the pages that are opened next.
func before(script string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, target, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return none, err
	}
}
