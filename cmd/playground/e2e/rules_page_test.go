//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// decide has an operator decide something, and returns the number of the act.
func (s *server) decide(act string) uint64 {
	s.t.Helper()
	var said struct{ Act struct{ N uint64 } }
	a, err := request(http.MethodPost, s.url+"/api/acts", act, operatorHeader())
	if err != nil || a.status != http.StatusOK {
		s.t.Fatalf("%s: %d %s %v", act, a.status, a.body, err)
	}
	if err := json.Unmarshal([]byte(a.body), &said); err != nil {
		s.t.Fatal(err)
	}
	return said.Act.N
}

// loaded is an expression that is true if the page has loaded something whose address matches.
func loaded(pattern string) string {
	return fmt.Sprintf(`performance.getEntriesByType("resource").some((each) => %s.test(each.name))`, pattern)
}

// Goal: where nothing was decided nothing of the rules is loaded or shown to who is nobody; a first act is
// followed without a reload. A palette limits what can be chosen: the swatches, the picker and
// the dropper, which takes the nearest; taken back, all colours are there again. Method: an operator decides while
// Chromium looks on.
func TestBrowser_FollowsThePalette(t *testing.T) {
	beside(t)
	s := start(t, operators()...)
	drawsAs(t, s, "Bob")(0xC4C9D1, [2]int{100, 100})
	p := open(t, s.url+"/#100,100,16", "Ada")
	p.until("all is known", `playground.state.me.known && playground.pixel(100, 100) === "#C4C9D1"`)
	const swatches = `[...document.querySelectorAll("#palette input")].map((each) => each.value).join()`
	all := eval[string](p, swatches)
	for _, id := range []string{"ruled", "office-button", "office", "rules-keys"} {
		if eval[bool](p, visible(id)) {
			t.Errorf("#%s shows", id)
		}
	}
	if eval[bool](p, loaded(`/\/rules\/|rules\.css|moderation\.css|evidence\.css/`)) {
		t.Error("parts of the rules are loaded")
	}

	n := s.decide(`{"do":"palette","colors":["#E50025","#FFFFFF","#1F4FE0"]}`)
	p.until("the palette", swatches+` === "#E50025,#FFFFFF,#1F4FE0"`)
	if eval[bool](p, loaded(`/moderat|evidence/`)) {
		t.Error("what only moderators need is loaded")
	}
	p.until("the colour in hand is one of them", `[0xe50025, 0xffffff, 0x1f4fe0].includes(playground.state.colour)`)
	p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("\r"), chromedp.KeyEvent("3"))
	p.until("digits choose among them", `playground.state.colour === 0x1f4fe0`)
	p.run(chromedp.KeyEvent("p"))
	p.until("the dropper takes the nearest", `playground.state.colour === 0xffffff && playground.state.toast.text.includes("nearest")`)
	eval[bool](p, `(() => { const picker = document.getElementById("picker"); picker.value = "#dd1030"; picker.dispatchEvent(new Event("change")); return true; })()`)
	p.until("so does the picker", `playground.state.colour === 0xe50025 && document.getElementById("picker").value === "#e50025"`)
	p.drag([2]int{100, 100}, [2]int{102, 100})
	p.until("a colour of it is placed", `playground.pending === 0 && playground.confirmed(101, 100) === "#E50025"`)

	s.decide(fmt.Sprintf(`{"do":"undo","of":%d}`, n))
	p.until("all colours are there again", fmt.Sprintf(`%s === %q`, swatches, all))
}

// Goal: a frozen canvas says so where cooldowns are said, with the time by the server's clock, and nothing appears that would be
// taken back; it opens without a reload. Method: an operator freezes the canvas while Chromium draws.
func TestBrowser_SaysThatTheCanvasIsFrozen(t *testing.T) {
	beside(t)
	s := start(t, operators()...)
	p := open(t, s.url+"/#100,100,16", "Ada")
	p.drag([2]int{90, 100}, [2]int{92, 100})
	p.until("it is open", `playground.pending === 0 && playground.confirmed(91, 100) !== "#FFFFFF"`)
	s.decide(fmt.Sprintf(`{"do":"freeze","until":%d}`, time.Now().Add(90*time.Minute).UnixMilli()))
	p.until("it is said, with the time", visible("ruled")+` && /^Frozen · opens in 1:(29|30):\d\d$/.test(document.getElementById("ruled-text").textContent)`)
	p.until("it is read aloud", `document.getElementById("said").textContent.includes("frozen")`)
	p.drag([2]int{90, 104}, [2]int{95, 104})
	p.until("trying is answered", `playground.state.toast?.text.startsWith("The canvas is frozen: it opens in 1:")`)
	if shown := eval[string](p, `playground.pixel(92, 104)`); shown != "#FFFFFF" {
		t.Errorf("drawn on a frozen canvas: %s", shown)
	}
	s.decide(`{"do":"open"}`)
	p.until("it is open again", `!`+visible("ruled"))
	p.drag([2]int{90, 108}, [2]int{95, 108})
	p.until("and takes pixels", `playground.pending === 0 && playground.confirmed(92, 108) !== "#FFFFFF"`)
}

// Goal: a protected part is outlined where one points at it and where one tries, a stroke ends at its edge, and who draws there is
// said. Method: Chromium draws into it; the overlay's own pixels are read.
func TestBrowser_OutlinesWhatIsProtected(t *testing.T) {
	beside(t)
	s := start(t, operators()...)
	p := open(t, s.url+"/#100,100,16", "Ada")
	s.decide(`{"do":"protect","area":{"name":"Town hall","x":100,"y":96,"width":12,"height":8,"least":"moderator"}}`)
	p.until("it is known", `playground.state.rules?.areas.length === 1`)
	// Whether the overlay has drawn something in the middle of the area's left edge, which is between grid lines.
	const edge = `(() => {
		const stage = document.getElementById("stage"), { x, y } = playground.screen(100, 100), half = playground.view.zoom / 2, density = devicePixelRatio;
		const { data } = stage.getContext("2d").getImageData(Math.round((x - half) * density) - 1, Math.round((y + 3) * density), 2, 2);
		return data[3] > 200;
	})()`
	x, y := p.at(94, 100)
	p.run(chromedp.MouseEvent("mouseMoved", x, y))
	p.until("beside it there is nothing to see", `playground.state.reticule?.x === 94 && !`+edge)
	p.drag([2]int{96, 100}, [2]int{106, 100})
	p.until("the stroke ends at its edge", `playground.pending === 0 && playground.confirmed(99, 100) !== "#FFFFFF" && playground.pixel(100, 100) === "#FFFFFF"`)
	p.until("who draws there is said", `playground.state.toast?.text === "“Town hall” is protected: only moderators draw there"`)
	p.until("it is outlined", `playground.state.reticule?.x === 106 && `+edge)
	p.run(chromedp.MouseEvent("mouseMoved", x, y))
	p.until("and no longer, a while later", `playground.state.reticule?.x === 94 && !`+edge)
}

// Goal: anybody can report a place, by key and from the card, and is told what becomes of it; limits are told kindly. Method: Chromium
// reports, an operator reads.
func TestBrowser_ReportsAPlace(t *testing.T) {
	beside(t)
	s := start(t, append(operators(), "--record", "on")...)
	drawsAs(t, s, "Vandal")(0xE50025, [2]int{100, 100})
	s.placed(100, 100)
	p := open(t, s.url+"/#100,100,16", "Ada")
	p.until("the server takes reports", `playground.state.me.record && !document.getElementById("rules-keys").hidden`)
	const trouble = `document.querySelector("dialog.report .trouble").textContent`
	report := func(words string) {
		t.Helper()
		p.shows("the form", `document.querySelector("dialog.report[open] textarea") === document.activeElement`)
		p.run(chromedp.KeyEvent(words), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("\r"))
		p.until("it is sent", `!document.querySelector("dialog.report[open]") && playground.state.toast?.text === "Thank you: moderators will look at it"`)
		eval[bool](p, `(playground.state.toast = null, true)`)
	}
	p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("\r"), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent("r"))
	report("Something is wrong here")
	p.run(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent("i"))
	p.until("the card", `playground.state.inspected?.phase === "known" && document.querySelector("#card .report")`)
	eval[bool](p, `document.querySelector("#card .report").click() ?? true`)
	report("Painted over my flag")

	a, err := request(http.MethodGet, s.url+"/api/reports", "", operatorHeader())
	if err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %s %v", a.status, a.body, err)
	}
	var said struct {
		Reports []struct {
			X, Y            int
			User, By, Words string
		}
	}
	if err := json.Unmarshal([]byte(a.body), &said); err != nil || len(said.Reports) != 2 {
		t.Fatalf("%s: %v", a.body, err)
	}
	first, second := said.Reports[0], said.Reports[1]
	if first.X != 101 || first.Y != 100 || first.User != "" || first.Words != "Something is wrong here" || len(first.By) != 12 {
		t.Errorf("by key: %+v", first)
	}
	if second.X != 100 || len(second.User) != 12 || second.User == second.By || second.Words != "Painted over my flag" {
		t.Errorf("from the card: %+v", second)
	}

	if strings.Contains(eval[string](p, `document.getElementById("card").innerText`), "Ban…") {
		t.Error("somebody who is nobody is offered to ban")
	}

	for n := 0; ; n++ {
		p.run(chromedp.Focus(chromedp.CSS(`#stage`)), chromedp.KeyEvent("r"))
		p.shows("the form", `document.querySelector("dialog.report[open] textarea") === document.activeElement`)
		p.run(chromedp.KeyEvent("Again"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("\r"))
		p.until("it is answered", `!document.querySelector("dialog.report[open]") || `+trouble+` !== ""`)
		if text := eval[string](p, trouble); text != "" {
			if !strings.HasPrefix(text, "That is too much at once: try again in ") || !strings.HasSuffix(eval[string](p, `document.querySelector("dialog.report textarea").value`), "Again") {
				t.Errorf("told %q", text)
			}
			break
		}
		if n == 20 {
			t.Fatal("there is no limit to reports")
		}
	}
}
