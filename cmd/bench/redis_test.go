//go:build linux

package main

import (
	"bufio"
	"strings"
	"testing"
)

func TestAppendCommand(t *testing.T) {
	if got := string(appendCommand(nil, "INFO", "", "a b")); got != "*3\r\n$4\r\nINFO\r\n$0\r\n\r\n$3\r\na b\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestReadReply(t *testing.T) {
	r := bufio.NewReader(strings.NewReader("+OK\r\n:42\r\n$4\r\na\r\nb\r\n$0\r\n\r\n"))
	for _, want := range []string{"OK", "42", "a\r\nb", ""} {
		if got, err := readReply(r); err != nil || got != want {
			t.Errorf("got %q, %v; not %q", got, err, want)
		}
	}
	for _, wrong := range []string{"", "+OK", "-ERR no\r\n", "$5\r\nab\r\n", "$x\r\n", "$-1\r\n", "*1\r\n+OK\r\n"} {
		if got, err := readReply(bufio.NewReader(strings.NewReader(wrong))); err == nil {
			t.Errorf("%q: got %q", wrong, got)
		}
	}
}

func TestParseProcessID(t *testing.T) {
	if got, err := parseProcessID("# Server\r\nredis_version:7.0.15\r\nprocess_id:4711\r\nrun_id:x\r\n"); err != nil || got != 4711 {
		t.Errorf("got %d, %v", got, err)
	}
	for _, wrong := range []string{"", "process_id:x\r\n", "run_id:1\r\n"} {
		if got, err := parseProcessID(wrong); err == nil {
			t.Errorf("%q: got %d", wrong, got)
		}
	}
}

func TestSite_RedisURL(t *testing.T) {
	s := site{Arg: []string{"--log-pixels=5", "--redis=redis://127.0.0.1:6399"}}
	if got := s.redisURL(); got != "redis://127.0.0.1:6399" {
		t.Errorf("got %q", got)
	}
	if got := (&site{}).redisURL(); got != "" {
		t.Errorf("got %q", got)
	}
}
