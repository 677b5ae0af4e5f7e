package main

import (
	"io"
	"log/slog"
	"sync"
	"time"

	"pixelplayground/cmd/playground/settings"
)

// maxUnread bounds how much of the log waits to be read, in bytes.
const maxUnread = 1 << 20

// flushTime is how long the last lines may take when the server ends.
const flushTime = time.Second

// logWriter writes the log without making the server wait for the log's reader: a full pipe would
// stop every actor and connection that logs. It buffers maxUnread bytes, drops the lines after
// that, and later reports how many it dropped.
type logWriter struct {
	to      io.Writer
	dropped func(lines int) // reports them, to the same writer

	mu     sync.Mutex // guards:
	unread []byte
	lost   int // lines dropped since the last report
	closed bool

	more chan struct{} // cap 1; Write and Close send when there is something to do
	done chan struct{} // closed when everything is written after Close
}

func newLogWriter(to io.Writer, dropped func(lines int)) *logWriter {
	w := &logWriter{to: to, dropped: dropped, more: make(chan struct{}, 1), done: make(chan struct{})}
	go w.run()
	return w
}

// Write takes one line. It never fails.
func (w *logWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	if w.lost > 0 || len(w.unread)+len(line) > maxUnread {
		w.lost++
	} else {
		w.unread = append(w.unread, line...)
	}
	w.mu.Unlock()
	w.wake()
	return len(line), nil
}

func (w *logWriter) wake() {
	select {
	case w.more <- struct{}{}:
	default:
	}
}

func (w *logWriter) run() {
	defer close(w.done)
	for range w.more {
		for {
			lines, lost, closed := w.take()
			if len(lines) == 0 && lost == 0 {
				if closed {
					return
				}
				break
			}
			_, _ = w.to.Write(lines) // the reader may have gone: then only the log is lost
			if lost > 0 {
				w.dropped(lost)
			}
		}
	}
}

func (w *logWriter) take() (lines []byte, lost int, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines, lost = w.unread, w.lost
	w.unread, w.lost = nil, 0
	return lines, lost, w.closed
}

// Close waits until everything is written, for at most flushTime.
func (w *logWriter) Close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.wake()
	select {
	case <-w.done:
	case <-time.After(flushTime):
	}
}

// openLog returns the log of a server, and the function that closes it.
func openLog(cfg settings.Config, stderr io.Writer) (log *slog.Logger, close func()) {
	itself := cfg.NewLog(stderr)
	w := newLogWriter(stderr, func(lines int) {
		itself.Warn("lines of the log were dropped: whoever reads it was too slow", "lines", lines)
	})
	return cfg.NewLog(w), w.Close
}
