//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Goal: it takes three clicks from a report to a picture that is as it was and a vandal who is out, and one to take the rollback back. The vandal
// is told why, until when and where to appeal, and does not connect again by itself; when the ban is lifted they can
// draw. Method: one paints a flag, another paints over it, a third paints over that; a report; a moderator's Chromium; the
// vandal's WebSockets are counted.
func TestBrowser_FromAReportToRolledBackAndBannedInThreeClicks(t *testing.T) {
	beside(t)
	s := signingIn(t, append(operators(), "--record", "on")...)
	s.decide(`{"do":"appeal","text":"mods@example.org"}`)
	var flag [][2]int
	for n := range 60 {
		flag = append(flag, [2]int{100 + n%10, 100 + n/10})
	}
	drawsAs(t, s, "Ada")(0x1F4FE0, flag...)
	s.placed(100, 100)

	vandal := &page{t, browser(t)}
	vandal.run(before(countsSockets), chromedp.Navigate(s.url+"/#104,103,16"))
	vandal.until("connected", `playground.status === "online" && playground.state.me.known`)
	vandal.rename("Vandal")
	vandal.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("3"))
	for y := 100; y < 106; y++ {
		vandal.drag([2]int{100, y}, [2]int{109, y})
	}
	vandal.until("the flag is gone", `playground.pending === 0 && [100, 105].every((y) => playground.confirmed(105, y) === "#E50025")`)
	drawsAs(t, s, "Cleo")(0x00A651, [2]int{104, 102}) // what others have painted since stays
	user := eval[string](vandal, `playground.user.toString(16).padStart(12, "0")`)
	told, err := request(http.MethodPost, s.url+"/api/reports", fmt.Sprintf(`{"x":104,"y":103,"user":%q,"words":"Somebody paints over our flag"}`, user), operatorHeader())
	if err != nil || told.status != http.StatusCreated {
		t.Fatalf("%d %s %v", told.status, told.body, err)
	}

	p := moderator(t, s, "/#104,103,16")
	p.until("the canvas is there", `playground.idle && playground.confirmed(105, 105) === "#E50025"`)
	p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("\r"), chromedp.KeyEvent("i"))
	p.until("the card says what can be done", `document.querySelector("#card .card-acts")?.innerText.includes("All by this person")`)
	p.run(chromedp.KeyEvent("v"))
	p.until("all by this person are lit up", `playground.state.toast?.text.startsWith("59 pixels here are by Vandal") && document.querySelector("#card .all").getAttribute("aria-pressed") === "true"`)
	p.run(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape))
	p.click("office-button")
	p.until("the queue", `document.querySelectorAll("#office .queued").length === 1 && document.querySelector("#office-button .badge").textContent === "1"`)
	p.press("#office .queued") // the first click
	p.until("all about it is on one screen", `(() => {
		const text = document.querySelector("dialog.report-view[open]")?.innerText ?? "";
		return ["Somebody paints over our flag", "Vandal", "This pixel", "What they drew last", "What was decided about them"].every((each) => text.includes(each)) && document.querySelector(".report-picture img").complete;
	})()`)
	p.press("dialog.report-view[open] .both") // the second
	p.until("what would change is shown", `document.querySelector("dialog.rollback[open] .counts")?.textContent === "59 pixels by one person" && [...document.querySelectorAll(".pictures img")].every((each) => each.complete && each.naturalWidth > 0)`)
	p.press("dialog.rollback[open] button[type=submit]") // the third
	p.until("it is done", `document.querySelector("dialog.rollback .done")?.textContent.includes("They are banned. The report is dealt with.")`)
	restored := `Array.from({ length: 60 }, (_, n) => playground.confirmed(100 + n % 10, 100 + Math.floor(n / 10))).join()`
	want := make([]string, 60)
	for n := range want {
		want[n] = "#1F4FE0"
	}
	want[24] = "#00A651"
	p.until("the flag is back, and what was painted since", fmt.Sprintf(`%s === %q`, restored, strings.Join(want, ",")))

	vandal.shows("the vandal is out and told why", `document.querySelector("dialog.banned[open]")?.innerText.includes("Vandalism, after a report")`)
	if text := eval[string](vandal, `document.querySelector("dialog.banned").innerText`); !strings.Contains(text, "Until ") || !strings.Contains(text, "mods@example.org") {
		t.Errorf("the vandal is told:\n%s", text)
	}
	vandal.shows("and has given up", `playground.status === "stopped"`)
	sockets := eval[int](vandal, `sockets`)
	vandal.press("dialog.banned button")
	vandal.shows("asking again changes nothing", `document.querySelector("dialog.banned[open]") && playground.status === "stopped"`)
	if now := eval[int](vandal, `sockets`); now != sockets {
		t.Errorf("%d WebSockets since", now-sockets)
	}

	p.press("dialog.rollback[open] .done-row button")
	p.until("one click gives the canvas back", `playground.confirmed(105, 105) === "#E50025" && playground.confirmed(104, 102) === "#00A651"`)
	p.run(chromedp.KeyEvent(kb.Escape))
	p.until("the queue is empty", `document.querySelectorAll("#office .queued").length === 0`)
	p.press("#tab-acts")
	p.press(`#office button[aria-label*="Banned"]`)
	p.until("it is taken back", `[...document.querySelectorAll("#office .undone")].some((each) => each.textContent.startsWith("Banned"))`)
	vandal.press("dialog.banned button")
	vandal.shows("the ban is lifted", `playground.status === "online" && !document.querySelector("dialog.banned[open]")`)
}
