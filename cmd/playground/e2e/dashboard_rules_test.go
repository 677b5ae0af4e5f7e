//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// rowsShown is an expression: the texts of each row of a table.
func rowsShown(table string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#%s-body tr")].map((row) => [...row.cells].map((cell) => cell.innerText.trim()).join("|")).join(" & ")`, table)
}

// decided waits until the dialog says what became of an act, and closes it.
func (d *dashboard) decided(said string) {
	d.t.Helper()
	d.page.shows(said, fmt.Sprintf(`document.getElementById("decide-result").textContent === %q`, said))
	d.run(chromedp.KeyEvent(kb.Escape))
	d.page.shows("no dialog", `!document.getElementById("decide").open`)
}

// Goal: an operator bans somebody on the dashboard, finds them among the banned, sees the act in the audit, proves the chain in the
// browser, and takes the ban back; all of it counts. Method: Chromium, from the keyboard where that is usual; a guest draws over HTTP.
func TestDashboard_BansProvesAndUndoes(t *testing.T) {
	beside(t)
	s := start(t, operators()...)
	guest := s.guest()
	var me struct{ User string }
	if said := s.asks("GET", "/api/me", "", nil, guest); json.Unmarshal([]byte(said.body), &me) != nil || len(me.User) != 12 {
		t.Fatalf("who the guest is: %+v", said)
	}
	draws := func(want int) {
		t.Helper()
		if said := s.asks("PUT", "/api/pixel", `{"x":3,"y":4,"color":"#FF0000"}`, nil, guest); said.status != want {
			t.Errorf("the guest's pixel: %d %s, want %d", said.status, said.body, want)
		}
	}
	draws(http.StatusOK)

	d := watch(t, s)
	d.run(chromedp.KeyEvent("6"))
	d.page.shows("that nothing was decided", visible("rules")+` && document.getElementById("rules-note").textContent.startsWith("Nothing was decided yet") && location.hash === "#/rules"`)
	d.click(`#sanctions-new`)
	d.write(`#field-whom`, me.User+kb.Enter)
	d.page.shows("what is missing", `document.getElementById("decide-result").textContent === "Say why: the banned see it." && document.activeElement.id === "field-why"`)
	draws(http.StatusOK)
	d.run(chromedp.KeyEvent("Scribbles" + kb.Enter))
	d.decided("Act 1 is in force on all pods.")
	draws(http.StatusForbidden)
	d.page.shows("the ban", rowsShown("sanctions")+fmt.Sprintf(`.match(/^user %s\|Ban\|Scribbles\|operator\|[^|]+\|in (23 h 59 min|1 d)\|Undo…$/)`, me.User))
	d.write(`#sanctions-search`, "ffffffffffff"+kb.Enter)
	d.page.shows("nobody", `!`+visible("sanctions-table")+` && document.getElementById("sanctions-note").textContent.startsWith("0 of 1 act")`)
	d.write(`#sanctions-search`, kb.End+strings.Repeat(kb.Backspace, 12)+me.User[2:8]+kb.Enter)
	d.page.shows("the ban again", rowsShown("sanctions")+`.startsWith("user ")`)
	d.run(chromedp.KeyEvent(kb.Tab)) // out of the field
	d.run(chromedp.KeyEvent("7"))
	d.page.shows("the act", rowsShown("audit")+fmt.Sprintf(`.match(/^1\|[-0-9: ]+\|operator\|Ban user %s, until [-0-9: ]+\|Scribbles\|Undo…$/)`, me.User))
	d.click(`#audit-verify`)
	d.page.shows("that the chain holds", `document.getElementById("audit-result").textContent.startsWith("1 act verified: ") && document.getElementById("audit-head").value.match(/^1:[0-9a-f]{64}$/)`)

	d.click(`#audit-body button`)
	d.page.shows("the question", `document.getElementById("decide-title").textContent === "Undo act 1?" && document.activeElement.id === "field-why"`)
	d.run(chromedp.KeyEvent("A mistake" + kb.Enter))
	d.decided("Act 2 is in force on all pods.")
	draws(http.StatusOK)
	d.page.shows("both acts", rowsShown("audit")+`.match(/^2\|[-0-9: ]+\|operator\|Undo act 1\|A mistake\|Undo… & 1\|.*\|undone by 2$/)`)
	d.click(`#audit-verify`)
	d.page.shows("that it is the same chain", `document.getElementById("audit-result").textContent.startsWith("2 acts verified: ") && document.getElementById("audit-result").textContent.includes("act 1 is the one that was noted")`)
	d.run(chromedp.Evaluate[chromedp.Void](`document.getElementById("audit-head").value = "2:" + "0".repeat(64)`))
	d.click(`#audit-verify`)
	d.page.shows("where it is another", `document.getElementById("audit-result").textContent.startsWith("Broken at act 2: it was changed") && `+visible("audit-broken"))
	d.click(`#to-rules`)
	d.page.shows("that nobody is banned", `!`+visible("sanctions-table")+` && document.getElementById("rules-note").textContent === "Version 2."`)
}
