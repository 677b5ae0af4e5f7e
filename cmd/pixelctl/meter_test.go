package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestMeter_LinesForEveryTenth(t *testing.T) {
	var out output
	m := newMeter(&out)
	m.start(200)
	for range 50 {
		m.add(4)
	}
	m.close()
	if got := strings.Count(out.String(), "\n"); got != 10 || !strings.HasSuffix(out.String(), "200 of 200 pixels\n") {
		t.Errorf("%d lines:\n%s", got, &out)
	}
}

func TestMeter_BarMakesWayForLines(t *testing.T) {
	var out output
	m := newMeter(&out)
	m.terminal = true
	m.start(100)
	m.add(50)
	fmt.Fprintln(m, "hello")
	m.add(49)
	m.close()
	m.close()
	if text := out.String(); !strings.Contains(text, "drawing") || !strings.Contains(text, "\rhello\n") {
		t.Errorf("written: %q", text)
	}
	var nothing output
	m = newMeter(&nothing)
	m.terminal = true
	m.start(0)
	m.close()
	if nothing.String() != "" {
		t.Errorf("written for nothing: %q", &nothing)
	}
}
