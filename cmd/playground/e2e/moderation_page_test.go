//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth/openidtest"
)

// moderator is a page of somebody who moderates.
func moderator(t *testing.T, s *server, at string) *page {
	t.Helper()
	p := open(t, s.url+at, "")
	p.click("account-button")
	p.signIn("sign-in", openidtest.Moderator)
	p.shows("back on the page, as a moderator", `window.playground?.status === "online" && playground.state.me.moderates && `+visible("office-button"))
	return p
}

// press clicks the first element that fits a selector and can be seen, once it is not disabled.
func (p *page) press(selector string) {
	p.t.Helper()
	p.shows(selector, fmt.Sprintf(`[...document.querySelectorAll(%q)].some((each) => each.getClientRects().length > 0 && !each.disabled)`, selector))
	eval[bool](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].find((each) => each.getClientRects().length > 0 && !each.disabled).click() ?? true`, selector))
}

// countsSockets makes a page count the connections that it tries.
const countsSockets = `window.sockets = 0; window.WebSocket = class extends WebSocket { constructor(...all) { super(...all); window.sockets++; } }`

// Goal: whoever is banned is told within a moment why, until when and where to appeal; the page does not connect again by itself, not after a
// reload either; when the ban is lifted, one click leads back. Method: an operator bans a guest who draws; the guest's WebSockets are
// counted.
func TestBrowser_TellsTheBannedWhy(t *testing.T) {
	beside(t)
	s := start(t, operators()...)
	s.decide(`{"do":"appeal","text":"mods@example.org"}`)
	p := &page{t, browser(t)}
	p.run(before(countsSockets), chromedp.Navigate(s.url+"/#100,100,16"))
	p.until("connected", `playground.status === "online" && playground.state.me.known && playground.state.rules`)
	p.drag([2]int{95, 100}, [2]int{105, 100})
	p.until("one may draw", `playground.pending === 0 && playground.confirmed(100, 100) !== "#FFFFFF"`)
	user := eval[string](p, `playground.user.toString(16).padStart(12, "0")`)
	n := s.decide(fmt.Sprintf(`{"do":"ban","target":{"user":%q},"until":%d,"why":"Painted over <b>others</b>"}`, user, time.Now().Add(50*time.Hour).UnixMilli()))

	told := func() {
		t.Helper()
		p.shows("why, until when, and where to appeal", `(() => {
			const dialog = document.querySelector("dialog.banned[open]"), text = dialog?.innerText ?? "";
			return text.includes("Reason: Painted over <b>others</b>") && /Until .*\(in 2 days( \d h)?\)/.test(text) && dialog.querySelector("a").href === "mailto:mods@example.org" && playground.status === "stopped";
		})()`)
	}
	told()
	p.press("dialog.banned button")
	p.run(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape))
	told()
	if made := eval[int](p, `sockets`); made > 2 { // the second if the server was asked before the page knew why
		t.Errorf("%d WebSockets", made)
	}
	p.run(chromedp.Reload())
	told()
	if made := eval[int](p, `sockets`); made > 3 {
		t.Errorf("%d WebSockets after a reload", made)
	}
	s.decide(fmt.Sprintf(`{"do":"undo","of":%d}`, n))
	p.press("dialog.banned button")
	p.until("one is back", `playground.status === "online" && !document.querySelector("dialog.banned[open]")`)
	p.drag([2]int{95, 104}, [2]int{105, 104})
	p.until("and draws", `playground.pending === 0 && playground.confirmed(100, 104) !== "#FFFFFF"`)
}

// Goal: a moderator judges from the card of a pixel and works on areas by keyboard alone; others' pages and lists follow at
// once. Method: two moderators' pages and a guest's; keys only.
func TestBrowser_ModeratesByKeyboard(t *testing.T) {
	beside(t)
	s := signingIn(t, append(operators(), "--record", "on")...)
	drawsAs(t, s, "Vandal")(canvas.Color(0xE50025), [2]int{100, 100}, [2]int{101, 100})
	s.placed(101, 100)
	guest := open(t, s.url+"/#100,100,16", "Ada")
	p, other := moderator(t, s, "/#100,100,16"), moderator(t, s, "/#100,100,16")
	other.click("office-button")
	other.press("#tab-acts")

	p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("\r"), chromedp.KeyEvent("i"))
	p.until("the card says what can be done", `document.querySelector("#card .card-acts")?.innerText.includes("Ban…") && /Here now|Last seen|Not here/.test(document.getElementById("card").innerText)`)
	p.run(chromedp.KeyEvent("x"))
	p.until("the form", `document.querySelector("dialog.sanction[open] textarea") === document.activeElement`)
	p.run(chromedp.KeyEvent(kb.Escape))
	p.until("escape closes it", `!document.querySelector("dialog.sanction[open]")`)

	p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent("m"))
	p.until("the panel, and the focus in it", `document.activeElement.id === "tab-reports"`)
	p.run(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("\r"))
	p.until("a rectangle is chosen", `playground.state.selecting !== null && `+visible("stage")+` && !`+visible("office"))
	p.run(chromedp.KeyEvent("\r"), chromedp.KeyEvent("\r"))
	for range 4 {
		p.run(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowDown))
	}
	p.run(chromedp.KeyEvent("\r"))
	p.press(".choosing .primary")
	p.until("the form for its name", `document.activeElement.placeholder === "Town hall"`)
	p.run(chromedp.KeyEvent("Flag"), chromedp.KeyEvent("\r"))
	p.until("it is protected", `playground.state.rules?.areas[0]?.name === "Flag" && document.querySelector("#office .area")?.textContent === "Flag"`)
	if area := eval[string](p, `(({ width, height, least }) => [width, height, least].join())(playground.state.rules.areas[0])`); area != "5,5,moderator" {
		t.Errorf("the area is %s", area)
	}
	guest.until("others know", `playground.state.rules?.areas.length === 1`)
	other.until("the other moderator's list follows", `document.querySelector("#office .acts-list li")?.innerText.includes("Protected “Flag”")`)
	p.press(`#office button[aria-label="Unprotect Flag"]`)
	guest.until("and that it is not any more", `playground.state.rules?.areas.length === 0`)
	p.run(chromedp.KeyEvent(kb.Escape))
	p.until("escape closes the panel", `!`+visible("office")+` && document.activeElement.id === "office-button"`)
}
