// Package settings reads how an operator wants the server: from flags, the environment and a file, in
// this order. It checks every value, says where a wrong one was written and what would do, and turns
// the settings into the configs of the other packages.
package settings

import (
	"cmp"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/bolt"
	"pixelplayground/actors/store/redis"
	"pixelplayground/cluster"
	"pixelplayground/cluster/peer"
	"pixelplayground/cluster/wire"
	"pixelplayground/cmd/commandline"
	"pixelplayground/codec"
	"pixelplayground/transport"
	"pixelplayground/transport/api"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/quota"
)

// Config is the options, parsed and checked.
type Config struct {
	Listen             string
	Origins            []string
	Frames             []string // origins whose pages may show the canvas in a frame
	Proxies            quota.Proxies
	Node               string
	Geometry           canvas.Geometry
	Data               string // directory
	Redis              string // URL; empty: the canvas is kept in data
	RedisPassword      string // empty: the URL's
	RedisPasswordFile  SecretFile
	RedisPrefix        string
	LogPixels          int
	Templates          *url.URL // of the list; nil: there is none
	Record             Record
	Join               []string // empty: this server is alone
	Gateway            bool
	Canvas             bool
	Gossip, Peer       string
	Advertise          string
	GossipKeys         [][]byte
	GossipKeyFile      SecretFile
	TLS                peer.Files
	Resolver           string
	Network            cluster.Network                   // nil but in tests
	Paces              [canvas.RoleOwner + 1]canvas.Pace // by role
	NetworkPace        canvas.Pace                       // of all guests of a network
	MaxConnections     int
	NetworkConnections int      // WebSockets of one network; 0: no bound
	Persons            People   // who may do what
	AdminTokens        []string // none: no dashboard
	AdminTokenFile     SecretFile
	AdminListen        string // empty: at listen
	Traces             string // URL of a collector, without a slash at its end; empty: none
	TracesEvery        int    // one op in so many
	DrainTimeout       time.Duration
	LogLevel           slog.Level
	LogJSON            bool
}

// Bounds of settings, far beyond any useful value: they catch typing errors and what would
// overflow.
const (
	maxBurst     = 1 << 26   // pixels: the largest canvas at once
	maxLogPixels = 1 << 26   // pixels per region
	maxSockets   = 1_000_000 // a file descriptor each
	maxDrain     = time.Hour

	maxTracesEvery = 1 << 30
)

// parse turns the options into a config. The error is the first *wrongValue, in the order of the
// help.
func (o Options) parse() (Config, error) {
	var r reader
	c := Config{
		Listen:             r.address("listen", o.Listen, "127.0.0.1:8080"),
		Origins:            r.origins("origins", o.Origins, "https://example.org"),
		Frames:             r.frames("frame-ancestors", o.FrameAncestors, "https://example.org"),
		Proxies:            r.proxies(o.Proxies, o.ProxyHeader),
		Node:               r.name("node", o.Node, "canvas-1"),
		Geometry:           r.geometry(o.Canvas, o.Region),
		Data:               r.path("data", o.Data, "./data"),
		Redis:              r.redis("redis", o.Redis, "redis://localhost:6379"),
		RedisPrefix:        r.redisPrefix("redis-prefix", o.RedisPrefix, "playground"),
		LogPixels:          r.count("log-pixels", o.LogPixels, maxLogPixels, "100000"),
		Templates:          r.listed("templates", o.Templates, "https://example.org/canvas/templates.json"),
		Join:               r.join("join", o.Join, o.Redis),
		Gossip:             r.address("gossip", o.Gossip, "127.0.0.1:7946"),
		Peer:               r.address("peer", o.Peer, "127.0.0.1:7947"),
		Advertise:          r.ip("advertise", o.Advertise, "10.1.2.3"),
		GossipKeys:         r.gossipKeys("gossip-key", o.GossipKey),
		TLS:                peer.Files{Cert: o.PeerCert, Key: o.PeerKey, CA: o.PeerCa},
		NetworkPace:        canvas.Pace{Rate: r.rate("network-rate", o.NetworkRate, "2000"), Burst: r.count("network-burst", o.NetworkBurst, maxBurst, "20000")},
		NetworkConnections: r.bound("network-connections", o.NetworkConnections, maxSockets, "50"),
		MaxConnections:     r.count("max-connections", o.MaxConnections, maxSockets, "20000"),
		Persons:            r.people(o.PeopleOptions),
		AdminTokens:        r.token("admin-token", o.AdminToken),
		AdminListen:        r.other("admin-listen", o.AdminListen, "127.0.0.1:9090"),
		Traces:             strings.TrimSuffix(o.Traces, "/"),
		TracesEvery:        r.count("traces-every", o.TracesEvery, maxTracesEvery, "1000"),
		DrainTimeout:       r.duration("drain-timeout", o.DrainTimeout, maxDrain, "10s"),
		LogLevel:           r.level("log-level", o.LogLevel, "info"),
		LogJSON:            r.choice("log-format", o.LogFormat, "text", "json") == "json",
	}
	r.web("traces", o.Traces, "http://otel-collector:4318")
	c.Record = r.record(o.RecordOptions, c)
	c.Paces = r.paces(o)
	c.Gateway, c.Canvas = r.roles("roles", o.Roles, len(c.Join) == 0)
	if c.Resolver = o.Resolver; o.Resolver != "" {
		r.address("resolver", o.Resolver, "127.0.0.1:53")
	}
	r.certificates(c.TLS)
	c.secrets(&r, o)
	if r.wrong != nil {
		return o.unread(nil), r.wrong
	}
	return c, nil
}

// secrets reads the secrets that are in files.
func (c *Config) secrets(r *reader, o Options) {
	if o.GossipKeyFile != "" {
		c.GossipKeys, c.GossipKeyFile = secretIn(r, "gossip-key-file", o.GossipKeyFile, o.GossipKey, ParseGossipKeys)
	}
	if o.AdminTokenFile != "" {
		c.AdminTokens, c.AdminTokenFile = secretIn(r, "admin-token-file", o.AdminTokenFile, o.AdminToken, ParseAdminTokens)
	}
	c.RedisPassword, c.RedisPasswordFile = secretIn(r, "redis-password-file", o.RedisPasswordFile, "", ParsePassword)
	r.redisPassword("redis-password-file", o.RedisPasswordFile, c.Redis, c.RedisPassword)
}

// guests is the pace of those who are nobody in particular.
func (c Config) guests() canvas.Pace { return c.Paces[canvas.RoleGuest] }

func (c Config) Actors() actors.Config {
	live := actors.DefaultConfig()
	live.Node, live.Geometry, live.Rate, live.Burst = c.Node, c.Geometry, c.guests().Rate, c.guests().Burst
	live.Gateway, live.Canvas = c.Gateway, c.Canvas
	return live
}

func (c Config) Cluster(log *slog.Logger) cluster.Config {
	others := cluster.DefaultConfig()
	others.Name, others.Version, others.Geometry, others.Gateway, others.Canvas = c.Node, commandline.Version(), c.Geometry, c.Gateway, c.Canvas
	others.Gossip, others.Peer, others.Advertise, others.Join, others.Resolver = c.Gossip, c.Peer, c.Advertise, c.Join, c.Resolver
	others.GossipKeys, others.TLS, others.Network, others.Log = c.GossipKeys, c.TLS, c.Network, log
	return others
}

func (c Config) Transport(log *slog.Logger) transport.Config {
	sockets := transport.DefaultConfig()
	sockets.Listen, sockets.Geometry, sockets.Log = c.Listen, c.Geometry, log
	sockets.AllowedOrigins, sockets.Proxies, sockets.MaxConnections = c.Origins, c.Proxies, c.MaxConnections
	sockets.NetworkConnections = c.NetworkConnections
	return sockets
}

// People is what is asked of whoever comes.
func (c Config) People() auth.Config {
	return auth.Config{
		Pace: c.guests(), Paces: c.Paces[:], NetworkPace: c.NetworkPace,
		SignIn: c.Persons.SignIn, Tokens: c.Persons.Tokens, Rights: c.Persons.Rights,
		Record: c.Record.Where != "", Templates: c.Templates != nil,
	}
}

// Versions are those of this program.
func Versions() api.Versions {
	return api.Versions{Program: commandline.Version(), Protocol: codec.Version, Data: store.Version, Peers: wire.Version}
}

func (c Config) API() api.Config {
	return api.Config{
		Node: c.Node, Pages: c.Gateway, Versions: Versions(), Geometry: c.Geometry, Rate: c.guests().Rate, Burst: c.guests().Burst,
		Proxies: c.Proxies, Public: c.Persons.SignIn.PublicURL, Frames: c.Frames, AdminTokens: c.AdminTokens, Apart: c.AdminListen != "",
	}
}

func (c Config) Embedded(log *slog.Logger) bolt.Config {
	embedded := bolt.DefaultConfig()
	embedded.Dir, embedded.Geometry, embedded.LogPixels, embedded.Log = c.Data, c.Geometry, c.LogPixels, log
	embedded.Buffer = c.Record.Kept()
	return embedded
}

func (c Config) Shared(log *slog.Logger) redis.Config {
	shared := redis.DefaultConfig()
	shared.URL, shared.Password, shared.Prefix, shared.Geometry, shared.LogPixels, shared.Log = c.Redis, c.RedisPassword, c.RedisPrefix, c.Geometry, c.LogPixels, log
	shared.Buffer = c.Record.Kept()
	return shared
}

// KeptIn says where the canvas is kept, for the log.
func (c Config) KeptIn() string { return cmp.Or(redis.Redact(c.Redis), c.Data) }
