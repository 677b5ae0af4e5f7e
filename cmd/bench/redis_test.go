//go:build linux

package main

import (
	"testing"
)

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
