//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// slowly makes a browser's network that of a slow phone: 1.4 Mbit/s, and 560 ms until a request is answered. With PHONE set it has a
// quarter of this processor as well, whose figures are for a machine that does nothing else.
func slowly(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
	if _, err = cdp.Call(ctx, target, network.Enable, network.EnableParams{}); err != nil {
		return none, err
	}
	slow := network.Conditions{Latency: 560, DownloadThroughput: 180_000, UploadThroughput: 84_000}
	if _, err = cdp.Call(ctx, target, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{&slow}}); err != nil {
		return none, err
	}
	if os.Getenv("PHONE") == "" {
		return none, nil
	}
	_, err = cdp.Call(ctx, target, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4})
	return none, err
}

// traffic is what a page asks for until it has drawn, and what of that has arrived. All of it is heard in the order in which the page did it.
type traffic struct {
	mu     sync.Mutex
	drawn  bool // the page has said so to the console
	needed map[network.RequestID]string
	bytes  map[network.RequestID]float64
}

func (a *traffic) heard(event any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch event := event.(type) {
	case *runtime.EventConsoleAPICalled:
		a.drawn = a.drawn || slices.ContainsFunc(event.Args, func(said *runtime.RemoteObject) bool { return string(said.Value) == `"drawn"` })
	case *network.EventRequestWillBeSent:
		if url := event.Request.URL; !a.drawn && !strings.Contains(url, "favicon") && !strings.Contains(url, "manifest") {
			a.needed[event.RequestID] = url
		}
	case *network.EventLoadingFinished:
		a.bytes[event.RequestID] = event.EncodedDataLength
	}
}

// arrived counts what the first pixel needed, once it is there.
func (a *traffic) arrived() (requests []string, bytes float64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, url := range a.needed {
		if a.bytes[id] == 0 {
			err = fmt.Errorf("nothing has come of %s", url)
		}
		requests, bytes = append(requests, url), bytes+a.bytes[id]
	}
	if !a.drawn {
		err = errors.New("the page has not drawn")
	}
	return requests, bytes, err
}

// Goal: the page is light. Method: Chromium as a slow phone opens a canvas with a drawing on it, and notes when the stage first
// draws a region. What is judged is what the page has asked for until then, however much has come when the test gets to look (icon and
// manifest are the browser's affair); how long it takes depends on the machine, and is logged. Then it is opened again, and asks for
// nothing that it has.
func TestBrowser_LoadsLightly(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "0")
	drawer := dial(t, client.Config{URLs: []string{s.ws()}})
	for row := range 16 {
		var line []canvas.Dot
		for x := range 256 {
			line = append(line, canvas.Dot{X: uint16(384 + x), Y: uint16(480 + row), Color: canvas.Color(0x1000 * (row / 8 * x / 8))})
		}
		if err := drawer.Place(t.Context(), line); err != nil {
			t.Fatal(err)
		}
	}
	p := &page{t, browser(t)}
	seen := traffic{needed: map[network.RequestID]string{}, bytes: map[network.RequestID]float64{}}
	p.run(slowly, before(`{
		const draw = CanvasRenderingContext2D.prototype.drawImage;
		CanvasRenderingContext2D.prototype.drawImage = function (...all) {
			if (this.canvas.id === "pixels" && !window.drawn) {
				window.drawn = performance.now();
				console.log("drawn");
			}
			return draw.apply(this, all);
		};
		window.sockets = 0;
		window.WebSocket = class extends WebSocket { constructor(...all) { super(...all); window.sockets++; } };
	}`))
	if err := chromedp.Listen(p.ctx, seen.heard); err != nil {
		t.Fatal(err)
	}
	p.run(chromedp.Navigate(s.url))
	p.until("all is there, by one connection", `window.drawn > 0 && playground.idle && playground.pixel(384, 480) === "#000000" && sockets === 1`)
	var needed []string
	var received float64
	eventually(t, "what the first pixel needed is counted", func() (err error) {
		needed, received, err = seen.arrived()
		return err
	})
	first, requests := eval[float64](p, `drawn`), len(needed)+1 // the connection
	p.run(chromedp.Navigate(s.url))
	p.until("it draws again", `window.drawn > 0`)
	again := eval[int](p, `performance.getEntriesByType("resource").filter((e) => e.startTime < drawn && e.name.includes("/bundle/") && e.transferSize > 0).length`)
	t.Logf("first pixel after %.0f ms, %d requests, %.0f bytes; again after %.0f ms", first, requests, received, eval[float64](p, `drawn`))
	if requests > 6 || received > 60_000 || again > 0 {
		t.Errorf("%d requests (at most 6: a connection and %q), %.0f bytes (at most 60,000), %d of them again", requests, needed, received, again)
	}
}
