//go:build e2e

package e2e

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keysShown is an expression: the texts of each key's row.
const keysShown = `[...document.querySelectorAll("#keys-body tr")].map((row) => [...row.cells].map((cell) => cell.textContent.trim()).join("|")).join(" ")`

// Goal: an operator makes a key on the dashboard, gets it once, sees who uses it, and revokes it. Method:
// Chromium, from the keyboard where that is usual; the key is used over HTTP.
func TestDashboard_Keys(t *testing.T) {
	beside(t)
	s := start(t, operators()...)
	d := watch(t, s)
	d.run(chromedp.KeyEvent("5"))
	d.page.shows("there are none", visible("keys-none")+` && !`+visible("keys-table")+` && location.hash === "#/keys"`)

	d.click(`#keys-first`)
	d.run(chromedp.KeyEvent(kb.Enter)) // in the field for the name, which is empty
	d.page.shows("what is missing", `document.getElementById("new-key-result").textContent === "Say what the key is for." && document.activeElement.id === "new-key-name"`)
	d.run(chromedp.KeyEvent("Clock" + kb.Enter))
	d.page.shows("the key", visible("new-key-made")+` && document.activeElement.id === "new-key-text" && !`+visible("new-key-form"))
	key := eval[string](d.page, `document.getElementById("new-key-text").value`)
	d.run(chromedp.KeyEvent(kb.Escape))
	d.page.shows("it is not lost by Esc", visible("new-key-made")+` && document.activeElement.id === "new-key-done" && document.getElementById("new-key-said").textContent.startsWith("It is not copied yet")`)
	d.run(chromedp.KeyEvent(kb.Enter))
	d.page.shows("the key is nowhere on the page any more", `!document.getElementById("new-key").open && document.getElementById("new-key-text").value === "" && !document.documentElement.outerHTML.includes(`+"`"+key+"`"+`)`)
	d.page.shows("it is listed", keysShown+`.match(/^Clock\|draw\|as its role\|operator\|[0-9-]+\|in (29 d 23 h|30 d)\|never\|Revoke…$/)`)

	if status := withKey(t, s, key); status != http.StatusOK {
		t.Errorf("with the key: status %d", status)
	}
	d.page.shows("it is in use", keysShown+`.includes("|now|")`)

	d.click(`#keys-body button`)
	d.confirm("Clock was revoked.")
	d.page.shows("there are none again", visible("keys-none")+` && !`+visible("keys-table"))
	if status := withKey(t, s, key); status != http.StatusUnauthorized {
		t.Errorf("with the revoked key: status %d", status)
	}
}
