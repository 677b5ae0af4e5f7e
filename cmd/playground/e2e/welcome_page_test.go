//go:build e2e

package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// Goal: who is new is told what this is, once, and is led to where something is drawn; and is asked for a name when there is something
// to sign. Method: Chromium with a fresh profile on a canvas with a drawing in a corner; then others, who draw at once or press Escape.
func TestBrowser_WelcomesOnce(t *testing.T) {
	beside(t)
	s := start(t)
	var blob []canvas.Dot
	for i := range 100 {
		blob = append(blob, canvas.Dot{X: uint16(800 + i%10), Y: uint16(200 + i/10), Color: 0xE50025})
	}
	if err := dial(t, client.Config{URLs: []string{s.ws()}}).Place(t.Context(), blob); err != nil {
		t.Fatal(err)
	}
	const card, welcomed = `document.querySelector(".welcome")`, `playground.idle && document.querySelector(".welcome")?.getClientRects().length > 0`
	fresh := func(place string) *page {
		p := &page{t, browser(t)}
		p.run(chromedp.Navigate(s.url + place))
		p.until("the card is there", welcomed)
		return p
	}

	p := fresh("/")
	p.until("it says how many are here", card+`.textContent.includes("2 people are here now")`)
	if !eval[bool](p, `document.getElementById("prompt").hidden && !document.querySelector("dialog[open]")`) {
		t.Error("something is asked before anything is drawn")
	}
	p.run(chromedp.Click(chromedp.CSS(`.welcome .primary`)))
	p.until("it leads to the drawing", `playground.idle && playground.view.zoom === 8 && Math.hypot(playground.view.x - 805, playground.view.y - 205) < 40 && !`+card)
	p.drag([2]int{790, 210}, [2]int{795, 210})
	p.until("a name is asked for after the first stroke", `!document.getElementById("prompt").hidden`)
	p.run(chromedp.Navigate(s.url))
	p.until("again", `playground.idle`)
	p.run(chromedp.Focus(chromedp.CSS(`#stage`)))
	if eval[bool](p, `Boolean(`+card+`)`) {
		t.Error("the card comes twice")
	}

	p = fresh("/#100,100,16")
	p.drag([2]int{100, 100}, [2]int{104, 100})
	p.until("who draws at once draws, and the card is gone", `playground.pending === 0 && playground.confirmed(104, 100) !== "#FFFFFF" && !`+card)

	p = fresh("/#300,300,4")
	p.run(chromedp.Focus(chromedp.CSS(`#stage`)))
	p.key(kb.Escape)
	p.until("Escape closes it, and the link's place stays", `!`+card+` && playground.view.x === 300.5`)
}
