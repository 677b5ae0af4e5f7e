package storetest

import (
	"bytes"
	"strings"
	"sync"
)

// Lines is a log that a test reads while a store writes to it.
type Lines struct {
	mu   sync.Mutex
	text bytes.Buffer
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
