//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"pixelplayground/transport/auth/openidtest"
)

// signingIn starts a server whose people sign in with a provider.
func signingIn(t *testing.T, more ...string) *server {
	provider := openidtest.Start(t)
	return start(t, append([]string{
		"--oidc-issuer", provider.Issuer, "--oidc-client-id", openidtest.ClientID, "--oidc-client-secret", openidtest.ClientSecret,
		"--roles-claim", "groups", "--members", "artists", "--moderators", "moderators",
	}, more...)...)
}

// shows polls an expression of whatever page is shown until it is true.
func (p *page) shows(what, expression string) {
	p.t.Helper()
	eventually(p.t, what, func() error {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`Boolean(`+expression+`)`))
		if err == nil && !ok {
			err = fmt.Errorf("%s is false", expression)
		}
		return err
	})
}

// visible is an expression that is true if an element can be seen.
func visible(id string) string {
	return fmt.Sprintf(`document.getElementById(%q)?.getClientRects().length > 0`, id)
}

// click clicks an element by its id.
func (p *page) click(id string) {
	p.t.Helper()
	p.shows("#"+id, visible(id))
	eval[bool](p, fmt.Sprintf(`document.getElementById(%q).click() ?? true`, id))
}

// signIn follows a link to the provider and fills in its form.
func (p *page) signIn(link, account string) {
	p.t.Helper()
	p.click(link)
	p.shows("the provider's form", `document.querySelector("input[name=password]")`)
	eval[bool](p, fmt.Sprintf(`(() => {
		document.querySelector("input[name=username]").value = %q;
		document.querySelector("input[name=password]").value = %q;
		document.querySelector("form").submit();
		return true;
	})()`, account, openidtest.Password))
}

// withKey places a pixel over HTTP with a key.
func withKey(t *testing.T, s *server, key string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+"/api/pixel", strings.NewReader(`{"x":7,"y":7,"color":"#123456"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// Goal: where only members draw, the page says so before one does, leads to signing in and back to the
// place, shows who one is, makes and revokes keys, and signs out. Method: Chromium and a real OpenID
// provider; a key is used over HTTP.
func TestBrowser_SignsInMakesAKeyAndSignsOut(t *testing.T) {
	beside(t)
	s := signingIn(t, "--draw", "member")
	p := open(t, s.url+"/#100,100,16", "Ada")
	p.until("one is told to sign in", `playground.state.asksSignIn && `+visible("ask-sign-in"))
	p.drag([2]int{90, 100}, [2]int{95, 100})
	if shown := eval[string](p, `playground.pixel(92, 100)`); shown != "#FFFFFF" {
		t.Errorf("drawn without the right to: %s", shown)
	}
	guest := eval[float64](p, `playground.user`)

	p.signIn("ask-sign-in-link", openidtest.Moderator)
	p.shows("back on the page", `window.playground?.status === "online" && playground.state.me.signedIn`)
	if hash := eval[string](p, `location.hash`); hash != "#100,100,16" {
		t.Errorf("came back to %s", hash)
	}
	if user := eval[float64](p, `playground.user`); user == guest || user == 0 {
		t.Errorf("signed in, the user is %v", user)
	}
	p.drag([2]int{90, 100}, [2]int{95, 100})
	p.until("the stroke is confirmed", `playground.pending === 0 && playground.confirmed(92, 100) !== "#FFFFFF"`)
	p.click("account-button")
	p.until("who one is", `document.getElementById("account-name").textContent === "Test User" && document.getElementById("account-role").textContent.startsWith("Moderator ·")`)

	p.click("keys-button")
	p.until("there are no keys", visible("no-keys"))
	eval[bool](p, `(document.getElementById("key-name").value = "Clock", document.getElementById("make-key").requestSubmit(), true)`)
	p.until("the key is shown", visible("key-made")+` && document.querySelectorAll("#key-list li").length === 1`)
	key := eval[string](p, `document.getElementById("key-text").value`)
	if status := withKey(t, s, key); status != http.StatusOK {
		t.Errorf("with the key: status %d", status)
	}
	p.until("the bot's pixel is shown", `playground.confirmed(7, 7) === "#123456"`)
	eval[bool](p, `document.querySelector("#key-list li button").click() ?? true`)
	p.until("revoking asks once more", `document.querySelectorAll("#key-list li").length === 1 && document.activeElement.textContent === "Keep"`)
	eval[bool](p, `document.querySelector("#key-list .danger").click() ?? true`)
	p.until("the key is gone", visible("no-keys"))
	if status := withKey(t, s, key); status != http.StatusUnauthorized {
		t.Errorf("with the revoked key: status %d", status)
	}
	eval[bool](p, `document.getElementById("keys").close() ?? true`)
	p.until("the key is nowhere on the page", `!document.documentElement.outerHTML.includes("pp_") && document.getElementById("key-text").value === ""`)

	p.click("account-button")
	p.click("sign-out")
	p.shows("signed out", `window.playground?.status === "online" && playground.state.me.known && !playground.state.me.signedIn && !playground.state.me.draws`)
	if user := eval[float64](p, `playground.user`); user != guest {
		t.Errorf("signed out, the user is %v and was %v", user, guest)
	}
}

// Goal: who may not even look is asked to sign in, and the server is left alone meanwhile. Method: a
// guest and then a member; the page's WebSockets are counted.
func TestBrowser_WatchingNeedsASignIn(t *testing.T) {
	beside(t)
	s := signingIn(t, "--watch", "member")
	p := &page{t, browser(t)}
	p.run(before(countsSockets), chromedp.Navigate(s.url))
	p.until("the page stops and says why", `playground.status === "stopped" && document.getElementById("ask-sign-in-text").textContent === "Sign in to see this canvas" && !`+visible("banner"))
	if made := eval[int](p, `window.sockets`); made > 3 {
		t.Errorf("%d WebSockets", made)
	}
	var me map[string]any
	if err := json.Unmarshal([]byte(eval[string](p, `JSON.stringify(playground.state.me)`)), &me); err != nil || me["watches"] != false {
		t.Errorf("who one is: %v, %v", me, err)
	}
	p.signIn("ask-sign-in-link", openidtest.Moderator)
	p.shows("the canvas", `window.playground?.status === "online"`)
}
