//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Goal: where a cooldown rules, a user sees how many pixels there are and when the next one comes, and
// nothing is shown that the server would refuse. Method: three pixels, one more every 100 s, which no machine is too slow for;
// when they have been placed, the mouse drags over more, and the keyboard tries. A pixel of which the server can't say whether it
// was placed (its store was slow) is used up like the others.
func TestBrowser_CooldownDrawsWhatThereIs(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "0.01", "--burst", "3")
	p := open(t, s.url+"/#100,100,16", "Ada")
	p.until("three pixels are ready", `playground.view.x === 100.5 && playground.idle && document.getElementById("cooldown-text").textContent === "3 pixels ready"`)
	const placed = `[...Array(40).keys()].filter(i => playground.confirmed(80 + i, 95) !== "#FFFFFF").length`
	tried := 0
	eventually(t, "three pixels are used up", func() error {
		if n := eval[float64](p, `playground.pending > 0 ? -1 : Math.floor(playground.allowance)`); n != 0 {
			if n > 0 && tried < 40 { // one that was certainly not placed is given back
				p.drag([2]int{80 + tried, 95})
				tried++
			}
			return fmt.Errorf("%v are left, of %d tries (-1: the last has no answer)", n, tried)
		}
		metrics, err := get(s.url + "/metrics")
		if err != nil {
			return err
		}
		var unsure int
		_, line, _ := strings.Cut(string(metrics), `pixelplayground_ops_refused_total{reason="unsure"} `)
		if _, err := fmt.Sscan(line, &unsure); err != nil {
			return err
		}
		if n := eval[int](p, placed); n > 3 || n+unsure < 3 {
			return fmt.Errorf("%d are placed, %d unsure", n, unsure)
		}
		return nil
	})
	p.until("the page counts down", `/^Next pixel in (\d+ s|\d:\d\d)$/.test(document.getElementById("cooldown-text").textContent)`)
	p.drag([2]int{90, 100}, [2]int{110, 100})
	p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("\r"))
	p.until("nothing was drawn", `playground.pending === 0 && playground.unsent === 0 && Math.floor(playground.allowance) === 0`)
	for x := 90; x <= 110; x++ {
		if shown := eval[string](p, fmt.Sprintf(`playground.pixel(%d, 100)`, x)); shown != "#FFFFFF" {
			t.Errorf("pixel %d,100 is shown as %s", x, shown)
		}
	}
	if hint := eval[string](p, `document.getElementById("toast-text").textContent`); !strings.Contains(hint, "next pixel is ready in") {
		t.Errorf("the user is told %q", hint)
	}
}

// Goal: nothing of people shows where there are none. Method: a server without sign-in or cooldown.
func TestBrowser_NothingOfPeopleWithoutThem(t *testing.T) {
	beside(t)
	s := start(t)
	p := open(t, s.url+"/", "Ada")
	for _, id := range []string{"account-button", "account", "ask-sign-in", "cooldown", "pencil-left", "bell-menu"} {
		if !eval[bool](p, fmt.Sprintf(`document.getElementById(%q).getClientRects().length === 0`, id)) {
			t.Errorf("#%s shows", id)
		}
	}
}

// Goal: with a reader's own colours for everything, the colours to draw with still show, and so does
// which tool is in hand. Method: Chromium is told that forced colours are on, and says how it draws.
func TestBrowser_PaletteShowsWithForcedColours(t *testing.T) {
	beside(t)
	s := start(t)
	p := open(t, s.url+"/", "Ada")
	p.run(func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		forced := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}}}
		_, err = cdp.Call(ctx, target, emulation.SetEmulatedMedia, forced)
		return none, err
	})
	p.until("forced colours are on", `matchMedia("(forced-colors: active)").matches`)
	if adjusted := eval[string](p, `getComputedStyle(document.querySelector('.palette .swatch')).forcedColorAdjust`); adjusted != "none" {
		t.Errorf("the palette's colours are replaced: %s", adjusted)
	}
	if inHand, other := eval[string](p, `getComputedStyle(document.getElementById("pencil")).backgroundColor`), eval[string](p, `getComputedStyle(document.getElementById("hand")).backgroundColor`); inHand == other {
		t.Errorf("the tool in hand looks like the others: %s", inHand)
	}
}
