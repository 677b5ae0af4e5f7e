//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// tab opens a page in another tab of a page's browser.
func (p *page) tab(url string) *page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	other := &page{p.t, ctx}
	other.run(chromedp.Navigate(url))
	other.until("connected", `playground.status === "online"`)
	return other
}

// toFront shows a tab: input goes to the one that is shown.
func (p *page) toFront() {
	p.t.Helper()
	p.run(func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, target, cdppage.BringToFront, cdp.Empty{})
		return none, err
	})
}

// Goal: two tabs of a browser are one person, to themselves and to others: what is drawn in one is the user's own in both, they
// count as two connections of one person, and so it is after a reload. Method: two tabs, and another browser that looks on; each
// page notes whose drawing it takes for another's.
func TestBrowser_TwoTabsAreOnePerson(t *testing.T) {
	beside(t)
	s := start(t)
	const at = "/#100,100,16"
	first := open(t, s.url+at, "")
	second := first.tab(s.url + at)
	counts := func(p *page, connections, people int) {
		t.Helper()
		p.until("how many are there", fmt.Sprintf(`playground.users === %d && playground.state.people.distinct === %d`, connections, people))
	}
	for _, p := range []*page{first, second} {
		counts(p, 2, 1)
	}
	user := eval[float64](first, `playground.user`)
	if other := eval[float64](second, `playground.user`); user == 0 || other != user {
		t.Errorf("the tabs are users %v and %v", user, other)
	}

	stranger := open(t, s.url+at, "")
	pages := map[string]*page{"first": first, "second": second, "stranger": stranger}
	for _, p := range pages {
		counts(p, 3, 2)
		eval[bool](p, `(() => {
			const { people } = playground.state, drew = people.drew;
			window.others = [];
			people.drew = (author, ...where) => (others.push(author), drew.call(people, author, ...where));
			return true;
		})()`)
	}
	for y, p := range map[int]*page{98: first, 102: second} {
		p.toFront()
		p.drag([2]int{90, y}, [2]int{94, y})
	}
	for what, p := range pages {
		p.until("both strokes are there", `playground.pending === 0 && [98, 102].every((y) => playground.confirmed(92, y) !== "#FFFFFF")`)
		if others, want := eval[[]float64](p, `[...new Set(others)]`), what == "stranger"; len(others) != 0 != want || want && others[0] != user {
			t.Errorf("%s takes the drawing for that of %v, and the user is %v", what, others, user)
		}
	}

	second.run(chromedp.Reload())
	second.until("connected", `playground.status === "online"`)
	counts(first, 3, 2)
	if after := eval[float64](second, `playground.user`); after != user {
		t.Errorf("after a reload the user is %v and was %v", after, user)
	}
}
