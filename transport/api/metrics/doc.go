// Package metrics shows Prometheus what the pod counts: its actors, its WebSockets, the answers of
// the HTTP API, and whatever else it is given.
package metrics
