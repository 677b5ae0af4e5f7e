//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// Goal: without its server the page is there all the same and says what is wrong; with its server it is always the server's own, of
// the version that it has now. Method: Chromium visits a server below a path, by a proxy that goes away, comes back, and then has
// another page.
func TestBrowser_IsThereWithoutANetwork(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "0")
	var newer atomic.Bool
	front := behind(t, s.url, func(r *http.Response) error {
		if !newer.Load() || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
			return nil
		}
		page, err := io.ReadAll(r.Body)
		r.Header.Del("ETag")
		say(r, bytes.Replace(page, []byte("<html "), []byte(`<html data-newer="" `), 1))
		return err
	})
	p := open(t, front.URL, "")
	p.until("the page is kept", `(async () => {
		const cache = await caches.open("shell"), names = (await cache.keys()).map(({ url }) => url);
		window.kept = names.includes(location.origin + "/") && names.length >= 4 && names.every((name) => name === location.origin + "/" || name.includes("/js/bundle/"));
	})() && window.kept && navigator.serviceWorker.controller`)

	front.gone.Store(true)
	front.CloseClientConnections()
	p.run(chromedp.Navigate(front.URL))
	p.until("the page says that nothing answers", `document.querySelector("#banner-text").textContent.startsWith("The server can’t be reached") && !document.querySelector("#banner").hidden`)
	if !eval[bool](p, `document.documentElement.dataset.kept === "" && getComputedStyle(document.querySelector("#dock")).display !== "none"`) {
		t.Error("that is not the kept page")
	}
	p.until("what is below /api does not come from the worker", `fetch("api/canvas").catch(() => window.refused = true) && window.refused`)

	front.gone.Store(false)
	newer.Store(true)
	p.until("the server's new page is there by itself", `document.documentElement.dataset.newer === "" && playground.status === "online"`)
	newer.Store(false)
	p.run(chromedp.Navigate(front.URL))
	p.until("a server of another version is shown at once", `document.documentElement.dataset.newer === undefined && document.documentElement.dataset.kept === undefined && playground.status === "online"`)

	p.run(chromedp.Navigate(front.URL + "/?sources"))
	p.until("whoever works on the page is rid of it", `navigator.serviceWorker.getRegistration().then((there) => (window.registered = Boolean(there))) && window.registered === false`)
}
