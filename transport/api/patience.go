package api

import (
	"net/http"
	"time"
)

// How long a client may keep a request waiting. The server itself has no limit for whole
// requests: a download of a large canvas may take minutes, as long as it goes on.
const (
	sendPatience = 30 * time.Second // until it has taken one answer, or one buffer of a download
	bodyPatience = 20 * time.Second // until it has sent its body: 50 KB/s for the largest
	restPatience = 2 * time.Second  // to send what of its body nobody wanted
)

// patient bounds the time that clients take. A writer that has no deadlines, as a test's
// recorder, has none to set.
func patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		_ = rc.SetWriteDeadline(time.Now().Add(sendPatience))
		next.ServeHTTP(w, r)
		if r.Body != http.NoBody {
			// net/http reads what is left, so that the connection can be used again.
			_ = rc.SetReadDeadline(time.Now().Add(restPatience))
		}
	})
}

// awaitBody runs read with the time limit for bodies. It is lifted afterwards: net/http
// takes a read that fails later for a client that has gone.
func awaitBody(w http.ResponseWriter, read func()) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyPatience))
	read()
	_ = rc.SetReadDeadline(time.Time{})
}
