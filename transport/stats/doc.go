// Package stats is what transport counts and measures of itself: its counters, and the panics that were
// caught. transport and transport/upgrade write them, transport/api
// shows them as metrics.
package stats
