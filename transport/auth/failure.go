package auth

import (
	"fmt"
	"html"
	"net/http"
	"time"

	"pixelplayground/transport/api/answer"
)

// failurePage is shown to a browser whose sign-in failed. It needs no script.
const failurePage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign-in</title>
<h1>You are not signed in</h1>
<p>%s</p>
<p><a href="%sauth/login">Sign in</a> · <a href="%s">Back to the canvas</a></p>
</html>
`

func showFailure(w http.ResponseWriter, here site, status int, text string, retry time.Duration) {
	if retry > 0 {
		answer.RetryAfter(w, retry)
		text += fmt.Sprintf(" Try again in %d s.", max(1, int((retry+time.Second-1)/time.Second)))
	}
	base := html.EscapeString(here.base)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, failurePage, html.EscapeString(text), base, base) // a client that is gone has nobody to tell
}
