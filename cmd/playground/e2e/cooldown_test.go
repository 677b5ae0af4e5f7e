//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Goal: where a cooldown rules, a user sees how many pixels there are and when the next one comes, and
// no pixel is shown that the server would refuse. Method: three pixels, one more every 50 s; a mouse
// drags over many.
func TestBrowser_CooldownDrawsWhatThereIs(t *testing.T) {
	s := start(t, "--rate", "0.02", "--burst", "3")
	p := open(t, s.url+"/#100,100,16", "Ada")
	p.until("three pixels are ready", `document.getElementById("cooldown-text").textContent === "3 pixels ready"`)
	p.drag([2]int{90, 100}, [2]int{110, 100})
	p.until("all that was drawn is confirmed", `playground.pending === 0 && playground.confirmed(92, 100) !== "#FFFFFF"`)
	for x := 93; x <= 110; x++ {
		if shown := eval[string](p, fmt.Sprintf(`playground.pixel(%d, 100)`, x)); shown != "#FFFFFF" {
			t.Errorf("pixel %d,100 is shown as %s", x, shown)
		}
	}
	p.until("the page counts down", `/^Next pixel in \d+ s$/.test(document.getElementById("cooldown-text").textContent)`)
	if hint := eval[string](p, `document.getElementById("toast-text").textContent`); !strings.Contains(hint, "next pixel is ready in") {
		t.Errorf("the user is told %q", hint)
	}
	// By the keyboard it is the same.
	p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("\r"))
	p.until("nothing was drawn", `playground.pending === 0 && playground.unsent === 0 && Math.floor(playground.allowance) === 0`)
}

// Goal: nothing of people shows where there are none. Method: a server without sign-in or cooldown.
func TestBrowser_NothingOfPeopleWithoutThem(t *testing.T) {
	s := start(t)
	p := open(t, s.url+"/", "Ada")
	for _, id := range []string{"account-button", "account", "ask-sign-in", "cooldown", "pencil-left", "bell-menu"} {
		if !eval[bool](p, fmt.Sprintf(`document.getElementById(%q).getClientRects().length === 0`, id)) {
			t.Errorf("#%s shows", id)
		}
	}
}
