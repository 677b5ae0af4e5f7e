// Package logtest is a log that tests read while the tested code writes to it.
package logtest

import (
	"strings"
	"sync"
)

// Lines is the log. Its zero value is empty and ready to be written to.
type Lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Count returns how often a text is in the log.
func (l *Lines) Count(text string) int { return strings.Count(l.String(), text) }
