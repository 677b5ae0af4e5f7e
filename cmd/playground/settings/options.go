package settings

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"pixelplayground/cmd/commandline"
)

// Options is the text of flags, environment and config file; parse reads its meaning. The help
// texts are the reference for operators: what a setting is, in which unit, and why one would change
// it.
type Options struct {
	Listen         string `group:"serve" placeholder:"HOST:PORT" default:"127.0.0.1:8080" help:"Address to serve at. The default is for this computer only; :8080 is for everyone, port 0 takes any free one."`
	Origins        string `group:"serve" placeholder:"URL,..." help:"Web sites, besides this server's own, whose pages may draw here, for example https://example.org. * is any site, null is pages that have none, as files and sandboxed frames."`
	FrameAncestors string `group:"serve" placeholder:"URL,..." help:"Web sites, besides this server's own, whose pages may show the canvas in a frame, for example https://example.org: to look at, as /?embed, and not to draw. * is any site."`
	Proxies        string `group:"serve" placeholder:"IP/BITS,..." help:"Networks of the proxies in front of this server, for example 10.0.0.0/8. They are believed when they say whom they ask for, and limits then apply to that client; otherwise to the proxy, for all. A proxy may use all places for connections, any other address half."`
	ProxyHeader    string `group:"serve" placeholder:"NAME,..." default:"X-Forwarded-For" help:"How they say it: X-Forwarded-For, Forwarded or X-Real-IP, whichever they append to or set themselves (what they only pass on is a stranger's word), or PROXY, the header of the PROXY protocol before the first request of a connection. PROXY,X-Forwarded-For is for a proxy that does the one, before another that does the other."`
	Node           string `group:"serve" placeholder:"NAME" help:"Name of this server as clients, logs and metrics show it. Default: the host's name."`

	Canvas            string `group:"canvas" placeholder:"WIDTHxHEIGHT" default:"1024x1024" help:"Size of the canvas in pixels, up to 16384 an edge and 67108864 in all. It is fixed when the data directory, or the prefix in Redis, is first used."`
	Region            string `group:"canvas" placeholder:"PIXELS" default:"256" help:"Edge of the squares that the canvas is cut into: what one actor owns and one commit covers; up to 256, and so that there are at most 4096 of them. Fixed like the size; smaller ones spread load, larger ones cost less."`
	Data              string `group:"canvas" placeholder:"DIR" default:"./data" help:"Directory that keeps the canvas. It is made if it does not exist; one server at a time can use it."`
	Redis             string `group:"canvas" placeholder:"URL" help:"Redis that keeps the canvas instead of the data directory, version 6.2 or later: redis://USER:PASSWORD@HOST:PORT/DB, rediss:// with TLS. For a Redis Cluster name more of its nodes with ?addr=HOST:PORT&addr=HOST:PORT, for Sentinels add &master_name=NAME. Give it in the environment if it holds a password."`
	RedisPasswordFile string `group:"canvas" placeholder:"FILE" help:"File with Redis' password, instead of one in the URL; Sentinels have the same one unless the URL has theirs before the @. It is read again when it changes, and used once Redis takes it."`
	RedisPrefix       string `group:"canvas" placeholder:"TEXT" default:"playground" help:"What the keys in Redis begin with. Canvases that share a Redis need one each."`
	LogPixels         string `group:"canvas" placeholder:"PIXELS" default:"100000" help:"Recent pixels kept per region besides the canvas itself: who drew what, and which strokes need not be repeated after a restart. Placed one at a time they take up to 150 bytes each, in strokes 5 to 10."`
	Templates         string `group:"canvas" placeholder:"URL" help:"List of templates, pictures of what is to be drawn where, that the page shows everybody: a JSON file on the web, for example https://example.org/canvas/templates.json, with its pictures beside it. Gateways ask for it once a second, and ask no other address."`

	RecordOptions

	Join          string `group:"cluster" placeholder:"HOST:PORT,..." help:"Gossip addresses of other servers of the same canvas, which makes them one cluster; their own may be among them. dns:NAME:PORT is every address of a name, looked up again and again: a headless service of Kubernetes. It needs --redis."`
	Roles         string `group:"cluster" placeholder:"ROLE,..." default:"gateway,canvas" help:"What this server does in the cluster: gateway has the users and serves the page, canvas carries regions."`
	Gossip        string `group:"cluster" placeholder:"HOST:PORT" default:"127.0.0.1:7946" help:"Address where servers find out about each other, by TCP and UDP."`
	Peer          string `group:"cluster" placeholder:"HOST:PORT" default:"127.0.0.1:7947" help:"Address where servers send each other pixels. Who reaches it can do anything: keep it to the servers, or set the peer certificates."`
	Advertise     string `group:"cluster" placeholder:"IP" help:"Address that other servers reach this one by. Default: the one that gossip and peer listen at, or a private one of this computer if that is all."`
	GossipKey     string `group:"cluster" placeholder:"BASE64" help:"Key that gossip is encrypted with, 16, 24 or 32 bytes in base64 and the same everywhere, for example from: openssl rand -base64 32. Of several, separated by commas, the first encrypts and all decrypt. Give it in the environment."`
	GossipKeyFile string `group:"cluster" placeholder:"FILE" help:"File with that key, or up to four on lines of their own. It is read again when it changes: to replace a key, add the new one at the end on all servers, then have it first, then drop the old one."`
	PeerCert      string `group:"cluster" placeholder:"FILE" help:"Certificate (PEM) that this server shows its peers, and with which it demands theirs. It needs peer-key and peer-ca; all three are read again when they change."`
	PeerKey       string `group:"cluster" placeholder:"FILE" help:"Its key (PEM)."`
	PeerCa        string `group:"cluster" placeholder:"FILE" help:"Authority (PEM) whose certificates make a peer, or several."`
	Resolver      string `group:"cluster" placeholder:"HOST:PORT" help:"DNS server to ask for the dns: names of join instead of the system's."`

	Rate               string `group:"limits" placeholder:"PIXELS" default:"200" help:"Pixels per second that one person may place in the long run, over all connections and HTTP together: a browser, an account or a key is a person, and all programs without a key at one address are one. 0 is no limit."`
	Burst              string `group:"limits" placeholder:"PIXELS" default:"2000" help:"Pixels that may be placed at once after a pause: the longest stroke that never stalls."`
	Cooldown           string `group:"limits" placeholder:"TIME" help:"Time for one more pixel, for example 5s, instead of rate and burst. If all that were saved take longer than 30s to come, they are kept in the store."`
	Stack              string `group:"limits" placeholder:"PIXELS" default:"1" help:"Pixels that may be saved up with a cooldown."`
	Allowance          string `group:"limits" placeholder:"ROLE=PACE,..." help:"What a role may place if it differs: member=20/s:200 is 20 pixels a second and 200 at once, moderator=2s:10 a pixel every 2 s of which 10 can be saved up, owner=0 is no limit. Roles without one have that of the role below."`
	NetworkRate        string `group:"limits" placeholder:"PIXELS" default:"0" help:"Pixels per second that all guests at one address, an IPv4 address or an IPv6 /64, may place together. 0 is no limit."`
	NetworkBurst       string `group:"limits" placeholder:"PIXELS" default:"20000" help:"Pixels that they may place at once after a pause."`
	NetworkConnections string `group:"limits" placeholder:"N" default:"0" help:"WebSockets of one network (an IPv4 address, an IPv6 /64; of those whom proxies name, not of the proxies) at the same time; more are turned away with status 503. 0 is no limit of its own."`
	MaxConnections     string `group:"limits" placeholder:"N" default:"20000" help:"WebSockets at the same time; more are turned away with status 503, and the last 32nd are for addresses that have less than an eighth of them. An idle one takes about 2 KB of memory."`

	PeopleOptions

	AdminToken     string `group:"operation" placeholder:"SECRET" help:"Turns on the dashboard at /admin and the profiler at /debug/pprof, and lets in who knows it: at least 16 characters, the same on all servers, for example from: openssl rand -hex 24. Give it in the environment."`
	AdminTokenFile string `group:"operation" placeholder:"FILE" help:"File with that token, or up to four on lines of their own: any of them lets in. It is read again when it changes; sessions end when the token that began them is gone."`
	AdminListen    string `group:"operation" placeholder:"HOST:PORT" help:"Address of its own for what operators need: /admin, /debug, /metrics and /api/cluster are then there and not at listen; health is at both."`

	Traces      string `group:"operation" placeholder:"URL" env:"PLAYGROUND_TRACES,OTEL_EXPORTER_OTLP_ENDPOINT" help:"Collector of OpenTelemetry traces, for example http://otel-collector:4318, which speaks OTLP over HTTP. It is sent how long some ops took at each step, on all servers: give all the same. Default: none."`
	TracesEvery string `group:"operation" placeholder:"N" default:"1000" help:"One op in so many is traced; the same on all servers."`

	DrainTimeout string `group:"operation" placeholder:"TIME" default:"10s" help:"Time for clients to be told and closed when the server is stopped, for example 10s. Keep it below what your supervisor waits before it kills."`
	LogLevel     string `group:"operation" placeholder:"LEVEL" default:"info" help:"What to log to stderr: debug, info, warn or error."`
	LogFormat    string `group:"operation" placeholder:"FORMAT" default:"text" help:"text for people, json for log collectors."`
	Config       string `group:"operation" placeholder:"FILE" help:"YAML file of these settings by their names here without the dashes, for example canvas: 2048x2048. Flags and environment come before it."`

	Version kong.VersionFlag `env:"-" help:"Show the version: of the program, of the protocol, of what is stored, and of what servers say to each other."`
}

const description = "A pixel canvas that anyone can draw on together, in a browser or with the binary protocol." +
	" It needs nothing else: start it and open the address it prints." +
	" playground doctor with the same settings says what is wrong where it is to run." +
	" playground backup --help and playground restore --help tell how to copy a canvas and bring it back."

// groups are the headings of the help, in its order.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "serve", Title: "Serving:"},
		{Key: "canvas", Title: "Canvas:"},
		{Key: "record", Title: "Record:"},
		{Key: "cluster", Title: "Cluster:"},
		{Key: "limits", Title: "Limits:"},
		{Key: "people", Title: "People:"},
		{Key: "operation", Title: "Operation:"},
	}
}

// ErrAnswered reports that the command line was a question (--help, --version), now answered.
var ErrAnswered = errors.New("answered")

// keepSecrets removes an unexpected argument from an error: it may be the second half of a secret
// with a space in it that was not quoted.
func keepSecrets(err error) error {
	const stray = "unexpected argument"
	if strings.HasPrefix(err.Error(), stray) {
		return errors.New(stray + ", not shown since it may be a part of a secret: what has spaces in it must be quoted, as in --admin-token 'A B'")
	}
	return err
}

// advise adds to an error about the command line what would do instead, if it does not say so yet.
func (p Program) advise(err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, `expected "<file>"`):
		return fmt.Errorf("no file is named: must be one, for example %s canvas.backup", p.Name)
	case strings.Contains(text, "for example"), strings.Contains(text, "did you mean"), strings.Contains(text, "must follow"), strings.Contains(text, "must be quoted"):
		return err
	case strings.HasPrefix(text, "unknown flag") && p.Shown == nil:
		return fmt.Errorf("%w: a setting is given as in --listen :8080 (all of them: %s --help)", err, p.Name)
	}
	return fmt.Errorf("%w (see: %s --help)", err, p.Name)
}

// Program is a program or command, as its help shows it.
type Program struct {
	Name, Description string
	Shown             []string // the server's settings in its help; nil: all
}

// Read reads the server's settings.
func Read(args []string, stdout io.Writer) (Config, error) {
	var given Options
	cfg, _, err := Program{Name: "playground", Description: description}.Read(&given, &given, args, stdout)
	return cfg, err
}

// Read reads flags, then environment, then config file; each sets only what those before it
// left open. The settings go into flags, which is given or embeds it. Errors are one line, and say
// how to fix what they refuse. Answers to --help and --version go to stdout, with errAnswered. A
// Config that is refused has only the log's format, so that the error can be written in it.
func (p Program) Read(flags any, given *Options, args []string, stdout io.Writer) (Config, Sources, error) {
	parsed, err := commandline.Parse(flags, args, stdout, stdout,
		kong.Vars{"version": Versions().String()}, kong.Name(p.Name), kong.Description(p.Description), kong.ExplicitGroups(groups()), kong.DefaultEnvars("PLAYGROUND"),
		kong.PostBuild(func(program *kong.Kong) error {
			for _, flag := range program.Model.Flags {
				flag.Hidden = p.Shown != nil && flag.Group != nil && !slices.Contains(p.Shown, flag.Name)
			}
			return nil
		}))
	if err != nil {
		return given.unread(args), nil, p.advise(keepSecrets(commandline.Explain(err)))
	}
	if parsed == nil {
		return Config{}, nil, ErrAnswered
	}
	from := make(Sources)
	for _, flag := range parsed.Model.Flags {
		for _, env := range flag.Envs {
			if _, ok := os.LookupEnv(env); ok {
				from[flag.Name] = Source{Environment: env}
			}
		}
	}
	for _, step := range parsed.Path {
		if step.Flag != nil {
			from[step.Flag.Name] = Source{Flag: true}
		}
	}
	if err := readFile(given.Config, parsed.Model.Flags, from); err != nil {
		return given.unread(nil), nil, err
	}
	cfg, err := given.parse()
	var wrong *wrongValue
	if errors.As(err, &wrong) {
		wrong.source = from[wrong.setting]
	}
	return cfg, from, err
}

// unread is the config for options that can't be used. If the arguments were not even understood,
// it looks at them itself. What an unreadable config file says is not known.
func (o Options) unread(args []string) Config {
	asked := strings.Join(args, " ") + " "
	json := strings.Contains(asked, "--log-format=json ") || strings.Contains(asked, "--log-format json ")
	return Config{LogJSON: json || cmp.Or(o.LogFormat, os.Getenv("PLAYGROUND_LOG_FORMAT")) == "json", LogLevel: slog.LevelInfo}
}
