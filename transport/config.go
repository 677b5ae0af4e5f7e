package transport

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/journey"
	"pixelplayground/transport/quota"
	"pixelplayground/transport/upgrade"
)

// Config is what an operator may choose about the transport of a pod.
type Config struct {
	Listen   string          // TCP address, for example ":3000"; port 0: any free one
	Geometry canvas.Geometry // of the whole canvas

	// AllowedOrigins are the web pages that may connect besides the server's own.
	AllowedOrigins upgrade.Origins
	// Proxies are in front of the server. The client behind a proxy is not known before its request
	// is read, so the limits for one network's places and memory until then do not apply to
	// proxies.
	Proxies quota.Proxies
	// People tells who is who; nil: nobody is anybody in particular.
	People People
	// MaxConnections bounds the WebSockets. An idle one takes about 2 KB, its actor included,
	// besides what the kernel needs for it. A stalled one takes up to 400 KB more.
	MaxConnections int

	// NetworkConnections bounds the WebSockets of one network (an IPv4 address, an IPv6 /64) that is
	// not a proxy's; 0: no bound.
	NetworkConnections int

	HandshakeTimeout time.Duration // from accepting to the end of the request's head
	HelloTimeout     time.Duration // from the handshake to HELLO
	PingEvery        time.Duration // how long a client may be quiet before it is sent a ping
	SilenceTimeout   time.Duration // how long a client may be quiet before it is disconnected
	StallTimeout     time.Duration // how long a client may take nothing of what is to be written
	MessageTimeout   time.Duration // from the beginning of a client's message to its end

	// Shards is the number of goroutines that own the connections; 0: one per CPU.
	Shards int
	// MaxTick bounds the pause after a round of writing to all who have something due.
	MaxTick time.Duration
	// Plain uses the portable sockets, which take two goroutines each, even on systems with
	// better ones.
	Plain bool
	// SendBuffer is the kernel's buffer per connection, in bytes; Linux doubles it.
	SendBuffer int

	Follower *journey.Follower // is told when some ops have been written to their viewers; nil: it is told nothing

	Log    *slog.Logger                             // nil: none
	Now    func() time.Time                         // the time that clients are sent; nil: time.Now
	Jitter func(spread time.Duration) time.Duration // at least 0, less than spread; nil: random
}

// DefaultConfig suits a pod with two cores and a canvas of 1024x1024.
func DefaultConfig() Config {
	return Config{
		Listen:           ":3000",
		Geometry:         canvas.Geometry{Width: 1024, Height: 1024, Region: 256},
		Proxies:          quota.Proxies{Header: quota.XForwardedFor},
		MaxConnections:   20_000,
		HandshakeTimeout: 5 * time.Second,
		HelloTimeout:     5 * time.Second,
		PingEvery:        20 * time.Second,
		SilenceTimeout:   60 * time.Second,
		StallTimeout:     60 * time.Second,
		MessageTimeout:   20 * time.Second, // of 64 KB: 26 kbit/s
		MaxTick:          50 * time.Millisecond,
		SendBuffer:       64 << 10,
	}
}

// Descriptors is how many file descriptors the transport may have open. Each shard has three.
func (c Config) Descriptors() int {
	return c.MaxConnections + upgrade.MaxPlaces + 3*c.withDefaults().Shards
}

// Validate says what is wrong and how to fix it.
func (c Config) Validate() error {
	if err := c.Geometry.Validate(); err != nil {
		return err
	}
	switch {
	case c.Listen == "":
		return fmt.Errorf("listen: must be an address, for example :3000")
	case c.MaxConnections < 1:
		return fmt.Errorf("max connections %d: must be at least 1, for example 20000", c.MaxConnections)
	case c.NetworkConnections < 0:
		return fmt.Errorf("connections of a network %d: must be 0 (no bound) or more, for example 50", c.NetworkConnections)
	case c.HandshakeTimeout <= 0 || c.HelloTimeout <= 0 || c.PingEvery <= 0 || c.StallTimeout <= 0 || c.MessageTimeout <= 0 || c.MaxTick <= 0:
		return fmt.Errorf("times: every duration must be positive")
	case c.SilenceTimeout <= c.PingEvery:
		return fmt.Errorf("silence timeout %v: must be longer than the ping interval %v, for example three times as long",
			c.SilenceTimeout, c.PingEvery)
	case c.Shards < 0 || c.Shards > maxShards:
		return fmt.Errorf("shards %d: must be 0 (one per CPU) to %d", c.Shards, maxShards)
	case c.SendBuffer < 4<<10:
		return fmt.Errorf("send buffer %d: must be at least 4096 bytes, for example 65536", c.SendBuffer)
	}
	return nil
}

// maxShards is more than there are cores to run them.
const maxShards = 256

// withDefaults fills in what may be left out.
func (c Config) withDefaults() Config {
	if c.Shards == 0 {
		c.Shards = min(runtime.GOMAXPROCS(0), maxShards)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Jitter == nil {
		c.Jitter = func(spread time.Duration) time.Duration {
			if spread <= 0 {
				return 0
			}
			return rand.N(spread)
		}
	}
	return c
}

// sweepEvery is the time between two checks of the timeouts: a quarter of the shortest
// timeout, and at most a second.
func (c Config) sweepEvery() time.Duration {
	shortest := min(c.HelloTimeout, c.PingEvery, c.SilenceTimeout, c.StallTimeout, c.MessageTimeout)
	return max(min(shortest/4, time.Second), time.Millisecond)
}
