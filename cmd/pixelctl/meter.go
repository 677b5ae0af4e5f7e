package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// meter shows the progress of a drawing: a bar on a terminal, else a line for every tenth. Text
// that is written to it appears on lines of its own.
type meter struct {
	out      io.Writer
	terminal bool

	mu     sync.Mutex
	bar    *progressbar.ProgressBar // nil: not begun, ended, or not on a terminal
	done   int                      // pixels
	pixels int                      // in all
}

func newMeter(out io.Writer) *meter {
	file, ok := out.(*os.File)
	return &meter{out: out, terminal: ok && term.IsTerminal(int(file.Fd()))}
}

// start begins to show the progress of so many pixels.
func (m *meter) start(pixels int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pixels = pixels
	if m.terminal && pixels > 0 {
		m.bar = progressbar.NewOptions(pixels, progressbar.OptionSetWriter(m.out), progressbar.OptionSetDescription("drawing"),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("px"),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
}

// add says that more pixels are drawn.
func (m *meter) add(pixels int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.done
	m.done += pixels
	if m.bar != nil {
		_ = m.bar.Add(pixels)
	} else if 10*m.done/m.pixels > 10*before/m.pixels {
		fmt.Fprintf(m.out, "%d of %d pixels\n", m.done, m.pixels)
	}
}

// Write shows a line or more, above the bar.
func (m *meter) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bar != nil {
		_ = m.bar.Clear()
	}
	return m.out.Write(p)
}

// close removes the bar. It may be called twice.
func (m *meter) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bar != nil {
		_ = m.bar.Clear()
		m.bar = nil
	}
}
