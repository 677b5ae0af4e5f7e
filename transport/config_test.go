package transport

import (
	"strings"
	"testing"
	"time"
)

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
