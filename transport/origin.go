package transport

import "net/http"

// Allows tells whether the page that sent a request may use this server: the rule for
// WebSockets, for the HTTP API to share.
func (c Config) Allows(r *http.Request) bool { return c.allows(r.Header.Get("Origin"), r.Host) }
