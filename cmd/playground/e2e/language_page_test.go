//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// unmarked finds what the page shows, or has read aloud, that did not come out of a catalogue: names of keys ids, times as the browser says them, and what is written
// in all languages alike are not texts.
const unmarked = `(() => {
	const found = [], says = (text) => /\p{L}.*\p{L}/su.test(text) && !/⟦|^·|^Pixel Playground$|^vor \d/.test(text);
	const skipped = 'script, style, noscript, title, [translate="no"], [lang]:not(html), #place, #server, bdi';
	for (const element of document.body.querySelectorAll("*")) {
		if (element.closest(skipped)) continue;
		const text = [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data).join("");
		if (says(text)) found.push(text.trim());
		for (const name of ["title", "aria-label", "placeholder", "aria-roledescription", "alt", "aria-valuetext"]) {
			const read = element.getAttribute(name);
			if (read && says(read)) found.push(name + ": " + read);
		}
	}
	return found;
})()`

// translated hands a server on, whose German is marked: each text is its key in brackets.
func translated(t *testing.T, server string) string {
	t.Helper()
	catalogue := regexp.MustCompile(`/de\.[0-9a-f]+\.json$`)
	return behind(t, server, func(r *http.Response) error {
		if !catalogue.MatchString(r.Request.URL.Path) {
			return nil
		}
		var words map[string]any
		if err := json.NewDecoder(r.Body).Decode(&words); err != nil {
			return err
		}
		for key, forms := range words {
			words[key] = "⟦" + key + "⟧"
			if _, counts := forms.(map[string]any); counts {
				words[key] = map[string]string{"one": "⟦" + key + "⟧", "other": "⟦" + key + "⟧"}
			}
		}
		marked, err := json.Marshal(words)
		say(r, marked)
		return err
	}).URL
}

// Goal: nothing that the page shows goes past the catalogues. Method: Chromium asks for German, gets a catalogue whose texts are
// marked, and uses what there is; whatever is then in the page without a mark was not translated.
func TestBrowser_LeavesNothingUntranslated(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "0.2", "--burst", "5", "--record", t.TempDir())
	p := &page{t, browser(t, chromedp.Flag("accept-lang", "de-AT,en"))}
	p.run(chromedp.Navigate(translated(t, s.url) + "/#512,512,8"))
	p.until("connected", `playground.status === "online" && playground.idle`)
	p.until("the language is German", `document.documentElement.lang === "de" && document.documentElement.dir === "ltr"`)
	look := func(when string) {
		t.Helper()
		if found := eval[[]string](p, unmarked); len(found) > 0 {
			t.Errorf("%s, untranslated: %s", when, strings.Join(found, " | "))
		}
	}
	look("at first")
	p.rename("Ann")
	p.run(chromedp.Evaluate[chromedp.Void](`void document.querySelector("#people-button").click()`))
	p.drag([2]int{510, 510}, [2]int{514, 510})
	p.until("it is drawn", `playground.pending === 0 && playground.pixel(512, 510) === "#000000"`)
	look("after drawing")
	p.key("i")
	x, y := p.at(512, 510)
	p.run(chromedp.MouseClickXY(x, y))
	p.until("the card is open", `document.querySelector("#card .card-when")`)
	look("with a card")
	p.key("t")
	p.until("the past is shown", `!document.querySelector("#past").hidden`)
	look("in the past")
}

// Goal: the page is read from right to left where the language is, its canvas is not, and a choice in the page outlives a reload.
// Method: Chromium asks for Arabic; then Japanese is chosen.
func TestBrowser_SpeaksTheReadersLanguage(t *testing.T) {
	beside(t)
	s := start(t, "--rate", "0")
	p := &page{t, browser(t, chromedp.Flag("accept-lang", "ar-EG,en"))}
	p.run(chromedp.Navigate(s.url))
	p.until("connected", `playground.status === "online" && playground.idle`)
	p.until("it is Arabic", `document.documentElement.dir === "rtl" && document.querySelector("#prompt-skip").textContent === "البقاء مجهولًا"`)
	if requests := eval[int](p, `performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".json")).length`); requests != 1 {
		t.Errorf("%d catalogues are loaded, one is needed", requests)
	}
	mirrored := `(() => {
		const left = (id) => document.getElementById(id).getBoundingClientRect().left;
		return left("people-button") > left("link") && left("pencil") > left("hand") && left("minimap") < 200;
	})()`
	if !eval[bool](p, mirrored) {
		t.Error("the controls are not mirrored")
	}
	p.key("o")
	p.until("the templates are where the people are, away from the map", `innerWidth - document.querySelector("#templates")?.getBoundingClientRect().right < 20`)
	if a, b := eval[float64](p, `playground.screen(0, 0).x`), eval[float64](p, `playground.screen(1023, 0).x`); a >= b {
		t.Errorf("the canvas is mirrored: %v to %v", a, b)
	}
	p.run(chromedp.Evaluate[chromedp.Void](`void (() => {
		const select = document.querySelector("#language");
		select.value = "ja";
		select.dispatchEvent(new Event("change"));
	})()`))
	japanese := `document.documentElement.lang === "ja" && document.documentElement.dir === "ltr" && document.querySelector("#language").value === "ja" && document.querySelector("#prompt-skip").textContent === "匿名のまま"`
	p.until("it is Japanese", japanese)
	p.run(chromedp.Navigate(s.url))
	p.until("it stays Japanese", japanese)
}
