package transport

import (
	"strings"
	"testing"
	"time"
)

type numbered int

func (numbered) run(*shard) {}

func TestInbox_Bounds(t *testing.T) {
	var b inbox
	if b.post(numbered(0)) || b.offerBatch(numbered(0), 3, 1) {
		t.Error("took a command before it was open")
	}
	woken := 0
	b.open(8, func() { woken++ })
	for i := range 3 {
		if !b.offerBatch(numbered(i), 1, maxInboxFrames/3) {
			t.Errorf("refused number %d", i)
		}
	}
	if b.offerBatch(numbered(3), 5, maxInboxFrames/3) || b.offerBatch(numbered(4), 2, maxInboxFrames/3) || b.offer(numbered(5), maxInboxFrames/3) {
		t.Error("took more frames than fit")
	}
	if !b.post(numbered(6)) || woken != 1 {
		t.Errorf("refused what has no bound, or woke %d times", woken)
	}
	commands, lost := b.take(nil)
	if len(commands) != 4 || len(lost) != 2 || lost[0] != 2 || lost[1] != 5 {
		t.Errorf("took %v, lost %v", commands, lost)
	}
	if !b.offer(numbered(7), 2*maxInboxFrames) || woken != 2 {
		t.Error("a frame that is larger than the bound never gets through")
	}
	if commands, lost = b.take(commands); len(commands) != 1 || len(lost) != 0 {
		t.Errorf("took %v, lost %v", commands, lost)
	}
	b.post(numbered(8))
	if left := b.close(); len(left) != 1 || b.post(numbered(9)) {
		t.Errorf("left %v", left)
	}
}

func TestConfig_Validate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Config){
		"canvas":         func(c *Config) { c.Geometry.Width = 0 },
		"listen":         func(c *Config) { c.Listen = "" },
		"connections":    func(c *Config) { c.MaxConnections = 0 },
		"every duration": func(c *Config) { c.StallTimeout = 0 },
		"silence":        func(c *Config) { c.SilenceTimeout = c.PingEvery },
		"shards":         func(c *Config) { c.Shards = -1 },
		"send buffer":    func(c *Config) { c.SendBuffer = 0 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

func TestConfig_Jitter(t *testing.T) {
	c := DefaultConfig().withDefaults()
	if d := c.Jitter(0); d != 0 {
		t.Errorf("got %v of nothing", d)
	}
	for range 100 {
		if d := c.Jitter(time.Second); d < 0 || d >= time.Second {
			t.Errorf("got %v", d)
		}
	}
}
