package history

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"pixelplayground/transport/api/answer"
)

// settledAge is how old a moment must be before an answer about it is called immutable, although all
// of it is recorded: a failover of Redis may lose the last pixels that were.
const settledAge = time.Minute

// Cacheable says for how long an answer may be kept. settled: the record says that it can't change.
func (h *History) Cacheable(w http.ResponseWriter, settled bool, to time.Time) {
	who := "public"
	if h.Private() {
		who = "private"
	}
	if settled && h.Now().Sub(to) >= settledAge {
		w.Header().Set("Cache-Control", who+", max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", who+", no-cache") // browsers may keep it, but must ask whether it is still current
	}
}

// tagOf is the ETag of an answer that is settled by these.
func tagOf(parts ...any) string {
	sum := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprint(sum, part, "\n") // a hash takes everything
	}
	return `"` + hex.EncodeToString(sum.Sum(nil)[:12]) + `"`
}

// known sets an answer's tag, and answers 304 if the client has it.
func known(w http.ResponseWriter, r *http.Request, tag string) bool {
	w.Header().Set("ETag", tag)
	if !answer.Matches(r.Header.Get("If-None-Match"), tag) {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

// give answers with a small JSON body, whose tag is that of its bytes.
func give(w http.ResponseWriter, r *http.Request, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		answer.Fail(w, http.StatusInternalServerError, "The answer can't be written")
		return
	}
	if known(w, r, tagOf(string(text))) {
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(append(text, '\n')) // if it fails, the client is gone
}
