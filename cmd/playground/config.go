package main

import (
	"log/slog"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/transport"
	"pixelplayground/transport/api"
)

// config is the options with their meaning, checked.
type config struct {
	listen         string
	origins        []string
	node           string
	geometry       canvas.Geometry
	data           string // directory
	redis          string // URL; empty: the canvas is kept in data
	redisPrefix    string
	logPixels      int
	rate           float64 // pixels per second; 0: no limit
	burst          int     // pixels
	maxConnections int
	drainTimeout   time.Duration
	logLevel       slog.Level
	logJSON        bool
}

// Bounds of settings, far from what is of use: they catch slips and what would overflow.
const (
	maxBurst     = 1 << 26   // pixels: the largest canvas at once
	maxLogPixels = 1 << 26   // pixels per region
	maxSockets   = 1_000_000 // a file descriptor each
	maxDrain     = time.Hour
)

// parse reads the meaning. The error is a *wrongValue: the first in the order of the help.
func (o options) parse() (config, error) {
	var r reader
	c := config{
		listen:         r.address("listen", o.Listen, "127.0.0.1:8080"),
		origins:        r.origins("origins", o.Origins, "https://example.org"),
		node:           r.name("node", o.Node, "canvas-1"),
		geometry:       r.geometry(o.Canvas, o.Region),
		data:           r.path("data", o.Data, "./data"),
		redis:          r.redis("redis", o.Redis, "redis://localhost:6379"),
		redisPrefix:    r.redisPrefix("redis-prefix", o.RedisPrefix, "playground"),
		logPixels:      r.count("log-pixels", o.LogPixels, maxLogPixels, "100000"),
		rate:           r.rate("rate", o.Rate, "200"),
		burst:          r.count("burst", o.Burst, maxBurst, "2000"),
		maxConnections: r.count("max-connections", o.MaxConnections, maxSockets, "20000"),
		drainTimeout:   r.duration("drain-timeout", o.DrainTimeout, maxDrain, "10s"),
		logLevel:       r.level("log-level", o.LogLevel, "info"),
		logJSON:        r.choice("log-format", o.LogFormat, "text", "json") == "json",
	}
	if r.wrong != nil {
		return config{}, r.wrong
	}
	return c, nil
}

func (c config) actors() actors.Config {
	live := actors.DefaultConfig()
	live.Node, live.Geometry, live.Rate, live.Burst = c.node, c.geometry, c.rate, c.burst
	return live
}

func (c config) transport(log *slog.Logger) transport.Config {
	sockets := transport.DefaultConfig()
	sockets.Listen, sockets.Geometry, sockets.Log = c.listen, c.geometry, log
	sockets.AllowedOrigins, sockets.MaxConnections = c.origins, c.maxConnections
	return sockets
}

func (c config) api() api.Config {
	return api.Config{Node: c.node, Version: programVersion(), Geometry: c.geometry, Rate: c.rate, Burst: c.burst}
}
