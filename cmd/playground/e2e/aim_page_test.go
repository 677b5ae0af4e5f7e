//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// tap presses a finger on a canvas pixel and lifts it.
func (p *page) tap(x, y int) {
	p.t.Helper()
	left, top := p.at(x, y)
	p.touch(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: left, Y: top})
	p.touch(input.DispatchTouchEventTypeTouchEnd)
}

// Goal: on a phone and where a cooldown rules nothing is placed that was not confirmed. Method: Chromium as a phone, with fingers. A
// drag moves the canvas, two fingers zoom; taps stage; the button paints, first what is staged, then the pixel in the middle. The choice lasts over
// a reload. With a mouse the same canvas places at once.
func TestBrowser_AimsThenPaints(t *testing.T) {
	beside(t)
	s := start(t, "--cooldown", "50s", "--stack", "4")
	p := open(t, s.url+"/#100,100,16", "")
	p.size(390, 844, true)
	p.until("the button is there", `playground.idle && document.querySelector(".aim-bar .primary")?.getClientRects().length > 0`)
	const none, paint = `playground.unsent === 0 && playground.pending === 0 && playground.state.strokes.size === 0`, `document.querySelector(".aim-bar .primary").click()`

	left, top := p.at(100, 100)
	p.touch(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: left, Y: top})
	p.touch(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: left - 40, Y: top})
	p.touch(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: left - 64, Y: top})
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.until("a drag moves the canvas and places nothing", none+` && playground.view.x > 103 && playground.state.staged.size === 0`)
	one, two := 1.0, 2.0
	p.touch(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: left - 30, Y: top, ID: &one}, &input.TouchPoint{X: left + 30, Y: top, ID: &two})
	p.touch(input.DispatchTouchEventTypeTouchMove, &input.TouchPoint{X: left - 60, Y: top, ID: &one}, &input.TouchPoint{X: left + 60, Y: top, ID: &two})
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.until("two fingers zoom and place nothing", none+` && playground.view.zoom > 20 && playground.state.staged.size === 0`)

	middle := eval[[]int](p, `(v => [Math.floor(v.x), Math.floor(v.y)])(playground.view)`)
	p.until("the middle is aimed at", fmt.Sprintf(`playground.state.reticule?.x === %d && playground.state.reticule.y === %d`, middle[0], middle[1]))
	for dx := range 3 {
		p.tap(middle[0]+dx, middle[1]+2)
		p.until("a tap stages", fmt.Sprintf(`playground.state.staged.size === %d && document.querySelector(".aim-bar .primary").textContent === "Paint (%d)"`, dx+1, dx+1))
	}
	p.tap(middle[0]+1, middle[1]+2)
	p.until("another takes it away", `playground.state.staged.size === 2 && `+none)
	eval[any](p, paint)
	p.until("two are painted", fmt.Sprintf(`playground.pending === 0 && [0, 2].every((i) => playground.confirmed(%d + i, %d) !== "#FFFFFF") && playground.pixel(%d, %d) === "#FFFFFF"`,
		middle[0], middle[1]+2, middle[0]+1, middle[1]+2))
	p.until("the middle is aimed at again", `playground.state.reticule !== null`)
	eval[any](p, paint)
	p.until("it is painted alone", fmt.Sprintf(`playground.pending === 0 && playground.confirmed(%d, %d) !== "#FFFFFF"`, middle[0], middle[1]))
	p.tap(middle[0]+3, middle[1]+4)
	p.until("one is staged", `playground.state.staged.size === 1`)
	eval[any](p, `document.querySelector(".aim-bar .drop").click()`)
	p.until("and dropped", `playground.state.staged.size === 0 && playground.pending === 0`)

	eval[any](p, `document.getElementById("careful").click()`)
	p.until("it is off", `document.querySelector(".aim-bar").hidden`)
	p.run(chromedp.Navigate(s.url + "/"))
	p.until("it stays off", `playground.idle && playground.state.careful === false`)

	desk := open(t, s.url+"/#300,300,16", "")
	desk.drag([2]int{300, 300})
	desk.until("a mouse places at once", `playground.pending === 0 && playground.confirmed(300, 300) !== "#FFFFFF"`)
	desk.key("y")
	desk.until("unless its user chose otherwise", `document.querySelector(".aim-bar") !== null`)
	desk.drag([2]int{305, 300})
	desk.until("a click stages", `playground.state.staged.size === 1`)
	desk.key("\r", chromedp.ModifierCtrl)
	desk.until("Control Enter paints", `playground.pending === 0 && playground.confirmed(305, 300) !== "#FFFFFF"`)
}
