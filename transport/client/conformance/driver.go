// Package conformance is the suite that every client of the pixel protocol passes, whatever language
// it is written in. A client is a program behind a line protocol, which CONFORMANCE.md describes; the
// suite plays the server, and judges. Tests that need clients against a real server use Driver too.
package conformance

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"os/exec"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

// Patience is how long a test waits for what must happen.
const Patience = time.Minute

// Args are the fields of a question besides "id" and "do".
type Args map[string]any

// Line is what a driver says: an answer, or an event.
type Line struct {
	ID    int
	Event string

	Width, Height int
	Colors        []*canvas.Color // nil: not held
	Refused       *Refused
	Ended         *Ended
	Error         string

	Code   int // of events
	Reason string
	Retry  float64 // ms
	Text   string
	Pixels []any
}

// Refused says that an op was refused.
type Refused struct {
	Code  canvas.Refusal
	Retry float64 // ms
}

// Ended says why a client has ended.
type Ended struct {
	Code   codec.CloseCode
	Reason string
	Status int
}

// Driver is a client behind the line protocol.
type Driver struct {
	t  testing.TB
	in io.Writer

	mu      sync.Mutex
	last    int
	answers map[int]chan Line
	events  chan Line
}

// Start starts a driver, and ends it with the test.
func Start(t testing.TB, command []string) *Driver {
	t.Helper()
	d := &Driver{t: t, answers: make(map[int]chan Line), events: make(chan Line, 10_000)}
	cmd := exec.Command(command[0], command[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errors := &said{}
	cmd.Stderr = errors
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.in = in
	read := make(chan struct{})
	go func() {
		defer close(read)
		d.read(out)
	}()
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill() // a driver ends when its input does, but a test need not wait for that
		<-read
		_ = cmd.Wait()
		if text := errors.String(); text != "" {
			t.Errorf("%v has said: %s", command, text)
		}
	})
	return d
}

func (d *Driver) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var l Line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			d.t.Errorf("driver says %q: %v", lines.Bytes(), err)
			continue
		}
		if l.Event != "" {
			d.events <- l
			continue
		}
		d.mu.Lock()
		answer := d.answers[l.ID]
		d.mu.Unlock()
		if answer == nil {
			d.t.Errorf("driver answers what was not asked: %s", lines.Bytes())
			continue
		}
		answer <- l
	}
}

// Go asks the driver to do something. It does not wait for the answer.
func (d *Driver) Go(do string, args Args) <-chan Line {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last++
	answer := make(chan Line, 1)
	d.answers[d.last] = answer
	line := Args{"id": d.last, "do": do}
	maps.Copy(line, args)
	if err := json.NewEncoder(d.in).Encode(line); err != nil {
		d.t.Fatalf("%s: %v", do, err)
	}
	return answer
}

// Answer waits for an answer.
func (d *Driver) Answer(answer <-chan Line) Line {
	d.t.Helper()
	select {
	case l := <-answer:
		return l
	case <-time.After(Patience):
		d.t.Fatal("the driver has not answered")
		panic("unreachable")
	}
}

// Do asks the driver to do something, which must succeed.
func (d *Driver) Do(do string, args Args) Line {
	d.t.Helper()
	l := d.Answer(d.Go(do, args))
	d.Succeeded(do, l)
	return l
}

// Succeeded fails the test if an answer says that something went wrong.
func (d *Driver) Succeeded(do string, l Line) {
	d.t.Helper()
	if l.Refused != nil || l.Ended != nil || l.Error != "" {
		d.t.Fatalf("%s: refused %+v, ended %+v, error %s", do, l.Refused, l.Ended, l.Error)
	}
}

// Event waits for an event of a kind, and drops those before it.
func (d *Driver) Event(kind string) Line {
	d.t.Helper()
	timeout := time.After(Patience)
	for {
		select {
		case l := <-d.events:
			if l.Event == kind {
				return l
			}
		case <-timeout:
			d.t.Fatalf("the driver has not said %s", kind)
		}
	}
}

// Read is the colours of a part of the canvas, row by row.
func (d *Driver) Read(x, y, width, height int) []*canvas.Color {
	d.t.Helper()
	return d.Do("read", Args{"x": x, "y": y, "width": width, "height": height}).Colors
}

// Shows fails the test unless a pixel has a colour.
func (d *Driver) Shows(x, y int, want canvas.Color) {
	d.t.Helper()
	got := d.Read(x, y, 1, 1)
	if len(got) != 1 || got[0] == nil || *got[0] != want {
		d.t.Errorf("pixel %d, %d is %v, want %v", x, y, got, want)
	}
}

// said keeps what a process writes, which it does from a goroutine of its own.
type said struct {
	mu   sync.Mutex
	text []byte
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, p...)
	return len(p), nil
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text)
}
