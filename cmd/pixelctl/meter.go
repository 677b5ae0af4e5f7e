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

// meter shows how far a drawing is: as a bar on a terminal, else a line for every tenth.
// What is written to it appears as lines of their own.
type meter struct {
	out      io.Writer
	terminal bool

	mu     sync.Mutex
	bar    *progressbar.ProgressBar // nil: not begun, ended, or no terminal
	done   int                      // pixels
	pixels int                      // in all
}

func newMeter(out io.Writer) *meter {
	file, ok := out.(*os.File)
	return &meter{out: out, terminal: ok && term.IsTerminal(int(file.Fd()))}
}

// start begins with pixels to draw.
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

// close takes the bar away. It may be called twice.
func (m *meter) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bar != nil {
		_ = m.bar.Clear()
		m.bar = nil
	}
}
