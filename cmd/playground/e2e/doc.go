// Package e2e holds the end-to-end tests: real processes, real signals, real sockets and a real
// Chromium, against a server that is started as a user starts it. `make e2e` runs them.
package e2e
