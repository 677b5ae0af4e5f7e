//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// leaves tells whether the page lets the user leave it without asking.
const leaves = `window.dispatchEvent(new Event("beforeunload", {cancelable: true}))`

func (p *page) key(key string, held ...chromedp.Modifier) {
	p.t.Helper()
	p.run(chromedp.KeyEvent(key, chromedp.KeyModifiers(held...)))
}

// doubleClick clicks twice at once: between two events from here, time may pass.
const doubleClick = `(() => {
	const stage = document.getElementById("stage");
	stage.setPointerCapture = () => {}; // there is no such pointer
	for (const type of ["pointerdown", "pointerup", "pointerdown", "pointerup"]) {
		stage.dispatchEvent(new PointerEvent(type, {clientX: 500, clientY: 300, pointerType: "mouse", bubbles: true}));
	}
	delete stage.setPointerCapture;
	return true;
})()`

// white is true while none of the pixels from x to x+9 of a row is painted.
func white(x, y int) string {
	return fmt.Sprintf(`[...Array(10).keys()].every((i) => playground.pixel(%d + i, %d) === "#FFFFFF")`, x, y)
}

// Goal: the page places what the user means, and says what became of it. A double click on the whole canvas only zooms in; a
// mouse shows no focus ring and the keyboard does; who passes the name by is still asked for it; the wheel works over the map;
// the list of people closes; a stroke is taken back and drawn again; a line is drawn; and nobody leaves with unsaved pixels unasked. Method: one
// Chromium with a real mouse and keyboard; in the end the server is killed.
func TestBrowser_DoesWhatIsMeant(t *testing.T) {
	beside(t)
	s := start(t)
	p := open(t, s.url, "")
	eval[bool](p, doubleClick)
	p.until("the view is there", `playground.view.zoom === 8 && playground.idle`)
	if drawn := eval[int](p, `playground.state.strokes.size`); drawn != 0 {
		t.Errorf("a double click far out placed %d pixels", drawn)
	}
	p.run(chromedp.MouseClickXY(600, 300, chromedp.ButtonMiddle))
	const ring = `getComputedStyle(document.getElementById("stage")).boxShadow !== "none"`
	if eval[bool](p, ring) {
		t.Error("a click shows the ring for keyboards")
	}
	p.run(chromedp.Focus(chromedp.CSS(`#name`)))
	p.key(kb.Tab)
	if !eval[bool](p, `playground.state.asksName`) {
		t.Error("who passes the name field is not asked for a name any more")
	}
	p.run(chromedp.Focus(chromedp.CSS(`#stage`)))
	p.key(kb.ArrowLeft)
	p.until("the ring shows to the keyboard", ring)

	zoom := func(what string, wheel func()) {
		before := eval[float64](p, `playground.view.zoom`)
		wheel()
		p.until("the wheel zooms over "+what, fmt.Sprintf(`playground.view.zoom > %v && !playground.state.flight`, before))
	}
	for _, id := range []string{"minimap", "dock"} {
		at := eval[[]float64](p, fmt.Sprintf(`(b => [b.x + b.width / 2, b.y + 4])(document.getElementById(%q).getBoundingClientRect())`, id))
		zoom("#"+id, func() {
			p.run(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseWheel, at[0], at[1], func(e *input.DispatchMouseEventParams) { e.DeltaX, e.DeltaY = 1, -120 }))
		})
	}

	p.run(chromedp.Navigate(s.url + "/#100,100,16"))
	p.until("the place is shown", `playground.view.x === 100.5 && playground.idle`)
	p.run(chromedp.Click(chromedp.CSS(`#people-button`)))
	p.until("the list of people is open", `!document.getElementById("people").hidden`)
	p.drag([2]int{90, 100}, [2]int{99, 100})
	p.until("the list of people is closed", `document.getElementById("people").hidden`)
	p.until("the stroke is confirmed", `playground.pending === 0 && playground.confirmed(99, 100) !== "#FFFFFF"`)
	p.key("z", chromedp.ModifierCtrl)
	p.until("the stroke is taken back", `playground.pending === 0 && `+white(90, 100))
	p.key("z", chromedp.ModifierCtrl, chromedp.ModifierShift)
	p.until("it is drawn again", `playground.pending === 0 && playground.confirmed(90, 100) !== "#FFFFFF"`)
	p.run(chromedp.Click(chromedp.CSS(`#undo`)))
	p.until("the button takes it back too", `playground.pending === 0 && `+white(90, 100))

	p.key("l")
	p.drag([2]int{90, 100}, [2]int{95, 105})
	p.until("the line is drawn when it is let go", `playground.pending === 0 && [0, 3, 5].every((i) => playground.confirmed(90 + i, 100 + i) !== "#FFFFFF")`)
	p.key("b")

	if !eval[bool](p, leaves) {
		t.Error("the page asks before it is left with nothing unsaved")
	}
	s.kill()
	p.until("the loss is noticed", `playground.status !== "online"`)
	p.drag([2]int{90, 110}, [2]int{94, 110})
	p.until("the banner counts", `document.getElementById("banner-text").textContent.includes("5 pixels not saved yet")`)
	if eval[bool](p, leaves) {
		t.Error("the page lets the user leave without 5 pixels")
	}
	if shown := eval[string](p, `document.getElementById("count").textContent`); shown != "–" {
		t.Errorf("%s people are here, without a connection", shown)
	}
	p.key("z", chromedp.ModifierCtrl)
	p.until("what was not sent is not sent", `playground.unsent === 0 && `+white(90, 110))
}
