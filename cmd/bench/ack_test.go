//go:build linux

package main

import (
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	d := newDurations()
	for n := range 100 {
		d.add(time.Duration(1+n*37%100)*time.Millisecond, 1) // 1 to 100 ms, in no order
	}
	want := "server                         50.004ms  90.046ms  99.025ms 100.008ms" // to three digits
	if got := d.line("server"); got != want || len(got) != len(acksHeader) {
		t.Errorf("got\n%s\nwant\n%s\nunder\n%s", got, want, acksHeader)
	}
}
