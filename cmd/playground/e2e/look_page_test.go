//go:build e2e

package e2e

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Goal: in small windows nothing covers what asks, and fingers find targets of 44 px; light or dark is the user's choice, and lasts.
func TestBrowser_FitsSmallWindows(t *testing.T) {
	beside(t)
	s := start(t)
	p := &page{t, browser(t)}
	size := func(width, height int64) chromedp.Action[chromedp.Void] {
		return func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
			if _, err = cdp.Call(ctx, target, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true}); err != nil {
				return none, err
			}
			_, err = cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: true})
			return none, err
		}
	}
	p.run(size(568, 320), chromedp.Navigate(s.url))
	p.until("connected", `playground.status === "online" && (playground.state.drew = true)`) // so the page asks for a name
	const uncovered = `(() => {
		const button = document.querySelector("#prompt .primary"), { left, top, width, height } = button.getBoundingClientRect();
		return document.elementFromPoint(left + width / 2, top + height / 2) === button && height >= 44;
	})()`
	for _, window := range [][2]int64{{568, 320}, {360, 225}, {320, 568}, {390, 844}} {
		p.run(size(window[0], window[1]))
		p.until("Join can be touched", uncovered)
		p.until("so can tools and colours, and nothing leaves the dock", `(() => {
			const dock = document.getElementById("dock").getBoundingClientRect(), box = document.querySelector("#dock .colours").getBoundingClientRect();
			const large = [...document.querySelectorAll("#dock .tools button:not([hidden]), #palette .swatch")].filter((each) => each.getClientRects().length > 0).every((each) => each.offsetWidth >= 44 && each.offsetHeight >= 44);
			return large && dock.right <= innerWidth && box.right <= dock.right + 1;
		})()`)
		p.until("no field makes a browser zoom in", `[...document.querySelectorAll("input:not([type=radio], [type=color], [type=checkbox], [type=range])")].every((each) => parseFloat(getComputedStyle(each).fontSize) >= 16)`)
	}
	// On the phone bars take little, and what has no room in them is in the menu. In the help what fingers do comes first.
	p.until("bars take at most 15 % of a phone", `(document.getElementById("top").getBoundingClientRect().bottom + innerHeight - document.getElementById("dock").getBoundingClientRect().top) / innerHeight <= 0.15`)
	eval[bool](p, `(document.getElementById("shapes").click(), true)`)
	p.until("the menu has every tool", `[..."pencil hand pick line rectangle fill".split(" ")].every((id) => [...document.querySelectorAll("#shapes-menu button")].some((each) => each.getClientRects().length > 0 && each.offsetHeight >= 44 && each.textContent.trim() === (document.getElementById(id).getAttribute("aria-label") ?? document.getElementById(id).textContent.trim())))`)
	eval[bool](p, `([...document.querySelectorAll("#shapes-menu .twin")].find((each) => each.textContent === "Hand").click(), true)`)
	p.until("the hand is in hand, and the menu is closed", `playground.state.tool === "hand" && document.getElementById("shapes-menu").hidden && document.getElementById("shapes-icon").getAttribute("href") === "#i-hand"`)
	eval[bool](p, `([...document.querySelectorAll("#shapes-menu .twin")].find((each) => each.textContent.startsWith("Help")).click(), true)`)
	p.until("the gestures come first", `(() => {
		const top = (selector) => document.querySelector(selector).getBoundingClientRect().top, gestures = top("#help .keys section:last-child");
		return document.getElementById("help").open && gestures < top("#help .keys section:first-child") && gestures < top("#look");
	})()`)
	eval[bool](p, `(document.getElementById("help").close(), true)`)
	eval[bool](p, `(document.querySelector('#look input[value="dark"]').click(), true)`)
	const dark = `getComputedStyle(document.body).backgroundColor === "rgb(19, 20, 24)"`
	p.until("it is dark", dark)
	p.run(chromedp.Navigate(s.url))
	p.until("and stays so", dark)
}
