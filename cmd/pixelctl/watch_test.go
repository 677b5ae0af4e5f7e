package main

import (
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
	"pixelplayground/transport/client/clienttest"
)

func TestWatch_PrintsPixelsAndWhoseTheyAre(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{})
	server.Paint(9, canvas.Dot{X: 1, Y: 1, Color: 1}) // before: not printed
	ann := dial(t, server, "Ann")
	c := start(t, nil, "watch", "--target", server.URL())
	c.err.waitFor(t, "watching a canvas of 40x24")
	if err := ann.Place(t.Context(), []canvas.Dot{{X: 17, Y: 3, Color: 0xFF8000}, {X: 18, Y: 3, Color: 2}}); err != nil {
		t.Fatal(err)
	}
	c.out.waitFor(t, "#000002")
	server.Drop()
	c.err.waitFor(t, "connected again, to test")
	server.Paint(4711, canvas.Dot{X: 31, Y: 15, Color: 3}) // in a region of which watch already holds something
	c.out.waitFor(t, "#000003")
	c.stop()
	c.expect(t, exitDone, "3 pixels in 0s, 1 reconnect\n")
	want := regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3}     17     3  #FF8000  Ann
\d\d:\d\d:\d\d\.\d{3}     18     3  #000002  Ann
\d\d:\d\d:\d\d\.\d{3}     31    15  #000003  user 4711
$`)
	if !want.MatchString(c.out.String()) {
		t.Errorf("printed:\n%s", &c.out)
	}
}

func TestWatch_JSON(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{})
	c := start(t, nil, "watch", "--json", "--target", server.URL())
	c.err.waitFor(t, "watching")
	before := time.Now()
	server.Paint(4711, canvas.Dot{X: 39, Y: 23, Color: 0xABCDEF})
	c.out.waitFor(t, "\n")
	c.stop()
	c.wait(t)
	var line map[string]any
	if err := json.Unmarshal([]byte(c.out.String()), &line); err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339Nano, line["time"].(string))
	if err != nil || at.Before(before.Add(-time.Second)) {
		t.Errorf("time %v, %v", at, err)
	}
	delete(line, "time")
	if got, _ := json.Marshal(line); string(got) != `{"color":"#ABCDEF","user":4711,"x":39,"y":23}` {
		t.Errorf("line %s", got)
	}
}

func TestWatch_EndsWhenTheServerDoesNotWantIt(t *testing.T) {
	server := clienttest.Listen(t)
	c := start(t, nil, "watch", "--target", server.URL())
	conn := server.Accept()
	conn.Next()
	conn.Close(4004, "")
	c.expect(t, exitFailed, "code 4004 (disconnected by an operator)")
}

// brokenPipe is an output that nobody reads any more.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWatch_EndsWhenNobodyReads(t *testing.T) {
	server := clienttest.NewCanvas(t, testLimits(), clienttest.Faults{})
	var notes output
	code := make(chan int, 1)
	go func() {
		code <- run(t.Context(), []string{"watch", "--target", server.URL()}, streams{out: brokenPipe{}, err: &notes})
	}()
	notes.waitFor(t, "watching")
	server.Paint(1, canvas.Dot{})
	select {
	case got := <-code:
		if got != exitFailed || !strings.Contains(notes.String(), "print pixels") {
			t.Errorf("exit code %d: %s", got, &notes)
		}
	case <-time.After(limit):
		t.Fatal("goes on")
	}
}

// dial connects another user.
func dial(t *testing.T, server *clienttest.Canvas, name string) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{URLs: []string{server.URL()}, Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}
