//go:build e2e

package e2e

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// violations asks axe-core what of a page keeps people out; the answer is in window.violations.
const violations = `void axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => {
	window.violations = violations.map(({ id, help, nodes }) => id + ": " + help + ": " + nodes.map(({ html }) => html.slice(0, 200)).join(" | "));
})`

// accessible judges what is shown now, in both themes.
func (p *page) accessible(what, axe string) {
	p.t.Helper()
	for _, theme := range []string{"light", "dark"} {
		p.run(func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}}
			_, err = cdp.Call(ctx, target, emulation.SetEmulatedMedia, media)
			return none, err
		})
		p.run(chromedp.Evaluate[chromedp.Void](`delete window.violations; void 0`), chromedp.Evaluate[chromedp.Void](axe+"\nvoid 0"), chromedp.Evaluate[chromedp.Void](violations))
		p.shows("axe has looked", `window.violations`)
		if found := eval[[]string](p, `window.violations`); len(found) > 0 {
			p.t.Errorf("%s, %s:\n%s", what, theme, strings.Join(found, "\n"))
		}
	}
}

// Goal: nobody is kept out by how the pages are written. Method: axe-core looks at what there is to see, in the light and the dark.
func TestBrowser_KeepsNobodyOut(t *testing.T) {
	beside(t)
	source, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	axe := string(source)
	s := signingIn(t, append(operators(), "--draw", "member", "--record", t.TempDir())...)
	p := &page{t, browser(t)}
	p.run(chromedp.Navigate(s.url + "/#512,512,8"))
	p.until("it asks to sign in", `playground.status === "online" && playground.idle && !document.querySelector("#ask-sign-in").hidden`)
	p.accessible("the page of somebody who may sign in", axe)
	p.run(chromedp.Evaluate[chromedp.Void](`void document.querySelector("#account-button").click()`), chromedp.Evaluate[chromedp.Void](`void document.querySelector("#people-button").click()`))
	p.accessible("account and people", axe)
	p.run(chromedp.Evaluate[chromedp.Void](`void document.querySelector("#help-button").click()`))
	p.shows("help", visible("help"))
	p.accessible("help", axe)
	p.key("Escape")

	p.run(chromedp.Navigate(s.url + "/admin/login"))
	p.shows("the login form", visible("token"))
	p.accessible("the dashboard's login", axe)
	p.run(chromedp.SendKeys(chromedp.CSS(`#token`), operatorsToken+"\r"), chromedp.WaitVisible(chromedp.CSS(`#overview`)))
	p.accessible("the dashboard", axe)
	for _, view := range []string{"actors", "connections", "people", "keys", "rules", "audit", "reports", "roles"} {
		p.run(chromedp.Evaluate[chromedp.Void](`void (location.hash = "#/` + view + `")`))
		p.shows(view, `document.querySelector('nav a[aria-current]')?.hash === "#/`+view+`"`)
		p.accessible("the dashboard's "+view, axe)
	}
}
