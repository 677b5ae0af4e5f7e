package main

import (
	"log/slog"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/cluster"
	"pixelplayground/cluster/peer"
	"pixelplayground/cmd/commandline"
	"pixelplayground/transport"
	"pixelplayground/transport/api"
	"pixelplayground/transport/quota"
)

// config is the options, parsed and checked.
type config struct {
	listen            string
	origins           []string
	proxies           quota.Proxies
	node              string
	geometry          canvas.Geometry
	data              string // directory
	redis             string // URL; empty: the canvas is kept in data
	redisPassword     string // empty: the URL's
	redisPasswordFile secretFile
	redisPrefix       string
	logPixels         int
	join              []string // empty: this server is alone
	gateway           bool
	canvas            bool
	gossip, peer      string
	advertise         string
	gossipKeys        [][]byte
	gossipKeyFile     secretFile
	tls               peer.Files
	resolver          string
	network           cluster.Network // nil but in tests
	rate              float64         // pixels per second; 0: no limit
	burst             int             // pixels
	maxConnections    int
	adminTokens       []string // none: no dashboard
	adminTokenFile    secretFile
	adminListen       string // empty: at listen
	drainTimeout      time.Duration
	logLevel          slog.Level
	logJSON           bool
}

// Bounds of settings, far beyond any useful value: they catch typing errors and what would
// overflow.
const (
	maxBurst     = 1 << 26   // pixels: the largest canvas at once
	maxLogPixels = 1 << 26   // pixels per region
	maxSockets   = 1_000_000 // a file descriptor each
	maxDrain     = time.Hour
)

// parse turns the options into a config. The error is the first *wrongValue, in the order of the
// help.
func (o options) parse() (config, error) {
	var r reader
	c := config{
		listen:         r.address("listen", o.Listen, "127.0.0.1:8080"),
		origins:        r.origins("origins", o.Origins, "https://example.org"),
		proxies:        r.proxies(o.Proxies, o.ProxyHeader),
		node:           r.name("node", o.Node, "canvas-1"),
		geometry:       r.geometry(o.Canvas, o.Region),
		data:           r.path("data", o.Data, "./data"),
		redis:          r.redis("redis", o.Redis, "redis://localhost:6379"),
		redisPrefix:    r.redisPrefix("redis-prefix", o.RedisPrefix, "playground"),
		logPixels:      r.count("log-pixels", o.LogPixels, maxLogPixels, "100000"),
		join:           r.join("join", o.Join, o.Redis),
		gossip:         r.address("gossip", o.Gossip, "127.0.0.1:7946"),
		peer:           r.address("peer", o.Peer, "127.0.0.1:7947"),
		advertise:      r.ip("advertise", o.Advertise, "10.1.2.3"),
		gossipKeys:     r.gossipKeys("gossip-key", o.GossipKey),
		tls:            peer.Files{Cert: o.PeerCert, Key: o.PeerKey, CA: o.PeerCa},
		rate:           r.rate("rate", o.Rate, "200"),
		burst:          r.count("burst", o.Burst, maxBurst, "2000"),
		maxConnections: r.count("max-connections", o.MaxConnections, maxSockets, "20000"),
		adminTokens:    r.token("admin-token", o.AdminToken),
		adminListen:    r.other("admin-listen", o.AdminListen, "127.0.0.1:9090"),
		drainTimeout:   r.duration("drain-timeout", o.DrainTimeout, maxDrain, "10s"),
		logLevel:       r.level("log-level", o.LogLevel, "info"),
		logJSON:        r.choice("log-format", o.LogFormat, "text", "json") == "json",
	}
	c.gateway, c.canvas = r.roles("roles", o.Roles, len(c.join) == 0)
	if c.resolver = o.Resolver; o.Resolver != "" {
		r.address("resolver", o.Resolver, "127.0.0.1:53")
	}
	r.certificates(c.tls)
	c.secrets(&r, o)
	if r.wrong != nil {
		return o.unread(nil), r.wrong
	}
	return c, nil
}

// secrets reads the secrets that are in files.
func (c *config) secrets(r *reader, o options) {
	if o.GossipKeyFile != "" {
		c.gossipKeys, c.gossipKeyFile = secretIn(r, "gossip-key-file", o.GossipKeyFile, o.GossipKey, parseGossipKeys)
	}
	if o.AdminTokenFile != "" {
		c.adminTokens, c.adminTokenFile = secretIn(r, "admin-token-file", o.AdminTokenFile, o.AdminToken, parseAdminTokens)
	}
	c.redisPassword, c.redisPasswordFile = secretIn(r, "redis-password-file", o.RedisPasswordFile, "", parsePassword)
	r.redisPassword("redis-password-file", o.RedisPasswordFile, c.redis, c.redisPassword)
}

func (c config) actors() actors.Config {
	live := actors.DefaultConfig()
	live.Node, live.Geometry, live.Rate, live.Burst = c.node, c.geometry, c.rate, c.burst
	live.Gateway, live.Canvas = c.gateway, c.canvas
	return live
}

func (c config) cluster(log *slog.Logger) cluster.Config {
	others := cluster.DefaultConfig()
	others.Name, others.Version, others.Geometry, others.Gateway, others.Canvas = c.node, commandline.Version(), c.geometry, c.gateway, c.canvas
	others.Gossip, others.Peer, others.Advertise, others.Join, others.Resolver = c.gossip, c.peer, c.advertise, c.join, c.resolver
	others.GossipKeys, others.TLS, others.Network, others.Log = c.gossipKeys, c.tls, c.network, log
	return others
}

func (c config) transport(log *slog.Logger) transport.Config {
	sockets := transport.DefaultConfig()
	sockets.Listen, sockets.Geometry, sockets.Log = c.listen, c.geometry, log
	sockets.AllowedOrigins, sockets.Proxies, sockets.MaxConnections = c.origins, c.proxies, c.maxConnections
	return sockets
}

func (c config) api() api.Config {
	return api.Config{
		Node: c.node, Pages: c.gateway, Version: commandline.Version(), Geometry: c.geometry, Rate: c.rate, Burst: c.burst,
		Proxies: c.proxies, AdminTokens: c.adminTokens, Apart: c.adminListen != "",
	}
}
