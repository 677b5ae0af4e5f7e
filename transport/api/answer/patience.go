package answer

import (
	"net/http"
	"time"
)

// How long a client may keep a request waiting. There is no limit for a whole request: a
// download of a large canvas may take minutes, as long as it makes progress.
const (
	SendPatience = 30 * time.Second // until it has taken one answer, or one buffer of a download
	bodyPatience = 20 * time.Second // until it has sent its body: 50 KB/s for the largest
	restPatience = 2 * time.Second  // to send the rest of a body that nobody has read
)

// Patient bounds the time that clients take. A writer without deadlines, such as a test's
// recorder, is not bounded.
func Patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		_ = rc.SetWriteDeadline(time.Now().Add(SendPatience))
		next.ServeHTTP(w, r)
		if r.Body != http.NoBody {
			// net/http reads the rest of the body, so that the connection can be used again.
			_ = rc.SetReadDeadline(time.Now().Add(restPatience))
		}
	})
}

// AwaitBody runs read with the time limit for bodies. The limit is lifted afterwards, since if
// a read fails later, net/http concludes that the client has gone.
func AwaitBody(w http.ResponseWriter, read func()) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyPatience))
	read()
	_ = rc.SetReadDeadline(time.Time{})
}
