package settings

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/bolt"
	"pixelplayground/actors/store/redis"
	"pixelplayground/cluster"
	"pixelplayground/cmd/commandline"
	"pixelplayground/transport"
	"pixelplayground/transport/auth"
	"pixelplayground/transport/quota"
)

// TestConfig_Refusals: every wrong value is refused in one line, which says what would do and names
// the setting as it was written.
func TestConfig_Refusals(t *testing.T) {
	tests := []struct{ flag, value, want string }{
		{"canvas", "50by50", `--canvas "50by50": must be WIDTHxHEIGHT in pixels, for example --canvas 1024x1024`},
		{"canvas", "0x10", `--canvas "0x10": each edge must be 1 to 16384 pixels, for example --canvas 1024x1024`},
		{"canvas", "16384x16384", `--canvas "16384x16384": at most 67108864 pixels in all, for example --canvas 1024x1024`},
		{"region", "257", `--region "257": must be a whole number from 1 to 256, for example --region 256`},
		{"region", "1", `--region "1": cuts a canvas of 1024x1024 into 1048576 regions, at most 4096: choose a larger region, for example --region 256`},
		{"listen", "8080", `--listen "8080": must be HOST:PORT or :PORT with a port from 0 to 65535, for example --listen 127.0.0.1:8080`},
		{"listen", ":http", `--listen ":http": must be HOST:PORT or :PORT with a port from 0 to 65535, for example --listen 127.0.0.1:8080`},
		{"listen", ":65536", `--listen ":65536": must be HOST:PORT or :PORT with a port from 0 to 65535, for example --listen 127.0.0.1:8080`},
		{"origins", "*,example.org", `--origins "*,example.org": must be *, null or sites as http://HOST or https://HOST, without a path or a pattern, for example --origins https://example.org`},
		{"origins", "https://a.example/", `--origins "https://a.example/": must be *, null or sites as http://HOST or https://HOST, without a path or a pattern, for example --origins https://example.org`},
		{"origins", "https://*.example.org", `--origins "https://*.example.org": must be *, null or sites as http://HOST or https://HOST, without a path or a pattern, for example --origins https://example.org`},
		{"origins", "https://a.example:99999", `--origins "https://a.example:99999": must be *, null or sites as http://HOST or https://HOST, without a path or a pattern, for example --origins https://example.org`},
		{"frame-ancestors", "null", `--frame-ancestors "null": must be * or sites as http://HOST or https://HOST, without a path, a pattern or an IPv6 address, for example --frame-ancestors https://example.org`},
		{"frame-ancestors", "https://a.example;script-src", `--frame-ancestors "https://a.example;script-src": must be * or sites as http://HOST or https://HOST, without a path, a pattern or an IPv6 address, for example --frame-ancestors https://example.org`},
		{"frame-ancestors", "https://[::1]:8080", `--frame-ancestors "https://[::1]:8080": must be * or sites as http://HOST or https://HOST, without a path, a pattern or an IPv6 address, for example --frame-ancestors https://example.org`},
		{"frame-ancestors", "https://a.example/x", `--frame-ancestors "https://a.example/x": must be * or sites as http://HOST or https://HOST, without a path, a pattern or an IPv6 address, for example --frame-ancestors https://example.org`},
		{"origins", ",", `--origins ",": must be *, null or sites as http://HOST or https://HOST, without a path or a pattern, for example --origins https://example.org`},
		{"proxies", "10.0.0.0/8,nginx", `--proxies "10.0.0.0/8,nginx": must be addresses or networks, separated by commas, for example --proxies 10.0.0.0/8`},
		{"proxy-header", "X-Client", `--proxy-header "X-Client": must be one of X-Forwarded-For, Forwarded and X-Real-IP, or PROXY, or PROXY and one of them, for example --proxy-header X-Forwarded-For`},
		{"proxy-header", "Forwarded,X-Real-IP", `--proxy-header "Forwarded,X-Real-IP": must be one of X-Forwarded-For, Forwarded and X-Real-IP, or PROXY, or PROXY and one of them, for example --proxy-header X-Forwarded-For`},
		{"proxies", "10.0.0.0/33", `--proxies "10.0.0.0/33": must be addresses or networks, separated by commas, for example --proxies 10.0.0.0/8`},
		{"node", "a b", `--node "a b": must be at most 63 letters, digits, dots, dashes and underscores, for example --node canvas-1`},
		{"data", "", `--data "": must be a directory, for example --data ./data`},
		{"redis", "localhost:6379", `--redis "localhost:6379": must be redis://HOST:PORT, or rediss:// for TLS (invalid URL scheme: localhost), for example --redis redis://localhost:6379`},
		{"redis", "redis://me:secret@host:6379?color=red", `--redis "redis://***@host:6379?color=red": must be redis://HOST:PORT, or rediss:// for TLS (unexpected option: color), for example --redis redis://localhost:6379`},
		{"redis-prefix", "{a}", `--redis-prefix "{a}": must be 1 to 63 letters, digits, dots, dashes, underscores and colons, for example --redis-prefix playground`},
		{"join", "10.1.2.3", `--join "10.1.2.3": must be HOST:PORT or dns:NAME:PORT, separated by commas, for example --join 10.1.2.3:7946,10.1.2.4:7946`},
		{"join", "dns:canvas:7946", `--join "dns:canvas:7946": needs a store that all servers share: set redis as well, for example --join 10.1.2.3:7946,10.1.2.4:7946 --redis redis://10.1.2.5:6379`},
		{"gossip", "7946", `--gossip "7946": must be HOST:PORT or :PORT with a port from 0 to 65535, for example --gossip 127.0.0.1:7946`},
		{"peer", "7947", `--peer "7947": must be HOST:PORT or :PORT with a port from 0 to 65535, for example --peer 127.0.0.1:7947`},
		{"advertise", "canvas-1", `--advertise "canvas-1": must be an IP address that other servers reach, for example --advertise 10.1.2.3`},
		{"advertise", "0.0.0.0", `--advertise "0.0.0.0": must be an IP address that other servers reach, for example --advertise 10.1.2.3`},
		{"gossip-key", "c2hvcnQ=", `--gossip-key "(hidden)": must be 16, 24 or 32 bytes in base64, for example --gossip-key $(openssl rand -base64 32)`},
		{"roles", "gateway", `--roles "gateway": must be both for a server that is alone: set join to make it one of a cluster, for example --roles gateway,canvas`},
		{"roles", "gateway,king", `--roles "gateway,king": must be gateway, canvas or both, separated by a comma, for example --roles gateway,canvas`},
		{"resolver", "dns", `--resolver "dns": must be HOST:PORT or :PORT with a port from 0 to 65535, for example --resolver 127.0.0.1:53`},
		{"peer-cert", "pod.pem", `--peer-key "": must be a file: peer-cert, peer-key and peer-ca go together, for example --peer-key peer-key.pem`},
		{"log-pixels", "some", `--log-pixels "some": must be a whole number from 1 to 67108864, for example --log-pixels 100000`},
		{"templates", "templates.json", `--templates "templates.json": must be a URL with https:// (or http://), without user and fragment, for example --templates https://example.org/canvas/templates.json`},
		{"templates", "https://me:secret@example.org/a.json", `--templates "https://***@example.org/a.json": must be a URL with https:// (or http://), without user and fragment, for example --templates https://example.org/canvas/templates.json`},
		{"record", "s3://b", `--record "s3://b": must be a bucket and a path in it, for example --record s3://my-bucket/record`},
		{"record", "https://s3.example.org", `--record "https://s3.example.org": must be off, on, a directory or s3://BUCKET/PATH, for example --record on`},
		{"record-keep", "100", `--record-keep "100": must be an age of 1h or more, a size of 1MB or more, or both, for example --record-keep 365d,100GB`},
		{"record-keep", "1d,2d", `--record-keep "1d,2d": must be an age of 1h or more, a size of 1MB or more, or both, for example --record-keep 365d,100GB`},
		{"record-keep", "365d", `--record-keep "365d": must go with a record, and --record is off, for example --record-keep 365d --record on`},
		{"record-buffer", "0", `--record-buffer "0": must be a whole number from 1 to 67108864, for example --record-buffer 400000`},
		{"rate", "-1", `--rate "-1": must be pixels per second from 0.01 to 1000000000, or 0 for no limit, for example --rate 200`},
		{"cooldown", "5", `--cooldown "5": must be a time with its unit, more than 0 and at most 24h, for example --cooldown 5s`},
		{"stack", "0", `--stack "0": must be a whole number from 1 to 67108864, for example --stack 6`},
		{"network-rate", "x", `--network-rate "x": must be pixels per second from 0.01 to 1000000000, or 0 for no limit, for example --network-rate 2000`},
		{"network-burst", "0", `--network-burst "0": must be a whole number from 1 to 67108864, for example --network-burst 20000`},
		{"allowance", "member=5", `--allowance "member=5": must be of guest, member, moderator and owner, each with =PIXELS/s:BURST, =TIME:STACK or =0, for example --allowance member=20/s:200,moderator=2s:10`},
		{"rate", "NaN", `--rate "NaN": must be pixels per second from 0.01 to 1000000000, or 0 for no limit, for example --rate 200`},
		{"burst", "0", `--burst "0": must be a whole number from 1 to 67108864, for example --burst 2000`},
		{"network-connections", "-1", `--network-connections "-1": must be a whole number from 1 to 1000000, or 0 for no limit, for example --network-connections 50`},
		{"max-connections", "1e3", `--max-connections "1e3": must be a whole number from 1 to 1000000, for example --max-connections 20000`},
		{"drain-timeout", "10", `--drain-timeout "10": must be a time with its unit, more than 0 and at most 1h, for example --drain-timeout 10s`},
		{"drain-timeout", "0s", `--drain-timeout "0s": must be a time with its unit, more than 0 and at most 1h, for example --drain-timeout 10s`},
		{"draw", "nobody", `--draw "nobody": must be guest or member or moderator, for example --draw guest`},
		{"watch", "guest", `--watch "guest": must be everyone or member, for example --watch everyone`},
		{"sign-in", "never", `--sign-in "never": must be optional or required, for example --sign-in optional`},
		{"sign-in", "required", `--sign-in "required": must have a way to sign in: set oidc-issuer, or take tokens, for example --sign-in optional`},
		{"log-level", "loud", `--log-level "loud": must be debug, info, warn or error, for example --log-level info`},
		{"traces", "otel:4318", `--traces "otel:4318": must be a URL with https:// (or http://), without user, query and fragment, for example --traces http://otel-collector:4318`},
		{"traces-every", "0", `--traces-every "0": must be a whole number from 1 to 1073741824, for example --traces-every 1000`},
		{"log-format", "xml", `--log-format "xml": must be text or json, for example --log-format text`},
	}
	for _, test := range tests {
		t.Run(test.flag+" "+test.value, func(t *testing.T) {
			_, err := Read([]string{"--" + test.flag + "=" + test.value}, io.Discard)
			if err == nil || err.Error() != test.want {
				t.Errorf("flag: got  %v\nwant %s", err, test.want)
			}

			variable := "PLAYGROUND_" + strings.ToUpper(strings.ReplaceAll(test.flag, "-", "_"))
			file := filepath.Join(t.TempDir(), "p.yaml")
			if err := os.WriteFile(file, []byte("# all settings\n"+test.flag+": '"+test.value+"'\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			flagName, flagExample := "--"+test.flag+" \"", "for example --"+test.flag+" "
			inFile := strings.Replace(test.want, flagName, file+":2: "+test.flag+" \"", 1)
			inFile = strings.Replace(inFile, flagExample, "for example "+test.flag+": ", 1)
			if _, err := Read([]string{"--config", file}, io.Discard); err == nil || err.Error() != inFile {
				t.Errorf("file: got  %v\nwant %s", err, inFile)
			}

			t.Setenv(variable, test.value)
			inEnvironment := strings.Replace(test.want, flagName, variable+" \"", 1)
			inEnvironment = strings.Replace(inEnvironment, flagExample, "for example "+variable+"=", 1)
			if _, err := Read(nil, io.Discard); err == nil || err.Error() != inEnvironment {
				t.Errorf("environment: got  %v\nwant %s", err, inEnvironment)
			}
		})
	}
}

// TestConfig_Files: what a config file may not say.
func TestConfig_Files(t *testing.T) {
	const known = "admin-listen, admin-token, admin-token-file, advertise, allowance, burst, canvas, cooldown, data, drain-timeout, draw, frame-ancestors, gossip, gossip-key, gossip-key-file, join, jwt-audience, jwt-issuer, jwt-jwks, jwt-secret, jwt-secret-file, " +
		"listen, log-format, log-level, log-pixels, max-connections, members, moderators, network-burst, network-connections, network-rate, node, oidc-client-id, oidc-client-secret, oidc-client-secret-file, oidc-issuer, oidc-scopes, origins, owners, " +
		"peer, peer-ca, peer-cert, peer-key, proxies, proxy-header, public-url, rate, record, record-buffer, record-keep, redis, redis-password-file, redis-prefix, region, resolver, roles, roles-claim, s3-endpoint, sign-in, sign-in-lasts, stack, templates, traces, traces-every, watch"
	for _, test := range []struct{ name, content, want string }{
		{"unknown key", "burst: 7\nlissten: :80\n", `FILE:2: there is no setting "lissten", there are ` + known},
		{"unknown key over a wrong value", "region: x\nversion: true\n", `FILE:2: there is no setting "version", there are ` + known},
		{"itself", "config: other.yaml\n", `FILE:1: there is no setting "config", there are ` + known},
		{"twice", "burst: 7\nrate: 1\nburst: 8\n", `FILE:3: burst is set twice, remove one`},
		{"nested", "canvas:\n  width: 7\n", `FILE:1: canvas must be one value or a list of values`},
		{"two documents", "rate: 1\n---\nrate: 2\n", `FILE:2: a second document begins, put all settings into the first`},
		{"list of lists", "origins: [[a]]\n", `FILE:1: origins must be one value or a list of values`},
		{"no settings", "just text\n", `FILE:1: must be settings and their values, for example canvas: 1024x1024`},
		{"no YAML", "a: b: c\n", `FILE: yaml: mapping values are not allowed in this context: must be lines of settings and their values, for example canvas: 1024x1024`},
	} {
		file := filepath.Join(t.TempDir(), "p.yaml")
		if err := os.WriteFile(file, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Read([]string{"--config", file}, io.Discard)
		if want := strings.Replace(test.want, "FILE", file, 1); err == nil || err.Error() != want {
			t.Errorf("%s: got  %v\nwant %s", test.name, err, want)
		}
	}
	_, err := Read([]string{"--config", "absent.yaml"}, io.Discard)
	if want := `--config "absent.yaml": can't be read (no such file or directory): must be a YAML file, for example --config playground.yaml`; err == nil || err.Error() != want {
		t.Errorf("absent: got  %v\nwant %s", err, want)
	}
}

func TestConfig_CommandLine(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--lissten", ":80"}, `unknown flag --lissten, did you mean "--listen"?`},
		{[]string{"serve"}, `unexpected argument, not shown since it may be a part of a secret: what has spaces in it must be quoted, as in --admin-token 'A B'`},
		{[]string{"--rate", "-1"}, `--rate "-1": must be pixels per second from 0.01 to 1000000000, or 0 for no limit, for example --rate 200`},
		{[]string{"--burst", "-5", "--rate=0"}, `--burst "-5": must be a whole number from 1 to 67108864, for example --burst 2000`},
		{[]string{"--drain-timeout", "-3s"}, `--drain-timeout "-3s": must be a time with its unit, more than 0 and at most 1h, for example --drain-timeout 10s`},
		{[]string{"--canvas", "-1x-1"}, `--canvas "-1x-1": each edge must be 1 to 16384 pixels, for example --canvas 1024x1024`},
		{[]string{"--listen"}, `--listen: a value must follow, for example --listen 127.0.0.1:8080`},
		{[]string{"--redis", "--join", "a:1"}, `--redis: a value must follow: --redis URL`},
		{[]string{"-1"}, `unknown flag -1: a setting is given as in --listen :8080 (all of them: playground --help)`},
		{[]string{"--nonsense"}, `unknown flag --nonsense: a setting is given as in --listen :8080 (all of them: playground --help)`},
	} {
		if _, err := Read(test.args, io.Discard); err == nil || err.Error() != test.want {
			t.Errorf("%v: got %v, want %s", test.args, err, test.want)
		}
	}
}

func TestConfig_Defaults(t *testing.T) {
	c, err := Read(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c.Node == "" {
		t.Error("no name for the node")
	}
	c.Node = ""
	pace := canvas.Pace{Rate: 200, Burst: 2000}
	want := Config{
		Listen: "127.0.0.1:8080", Proxies: quota.Proxies{Header: quota.XForwardedFor}, Geometry: canvas.Geometry{Width: 1024, Height: 1024, Region: 256}, Data: "./data", RedisPrefix: "playground",
		Gateway: true, Canvas: true, Gossip: "127.0.0.1:7946", Peer: "127.0.0.1:7947",
		LogPixels: 100000, Record: Record{Buffer: 400_000}, Paces: [4]canvas.Pace{pace, pace, pace, pace}, NetworkPace: canvas.Pace{Burst: 20000}, MaxConnections: 20000, TracesEvery: 1000, DrainTimeout: 10 * time.Second, LogLevel: slog.LevelInfo,
		Persons: People{SignIn: auth.SignInConfig{Scopes: []string{"profile"}, Lasts: 24 * time.Hour}},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v\nwant %+v", c, want)
	}
}

// TestConfig_DefaultsOfPackages: the defaults in the help are those of the packages.
func TestConfig_DefaultsOfPackages(t *testing.T) {
	c, err := Read([]string{"--node", actors.DefaultConfig().Node, "--data", bolt.DefaultConfig().Dir, "--listen", transport.DefaultConfig().Listen, "--redis", redis.DefaultConfig().URL}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Actors(), actors.DefaultConfig(); got != want {
		t.Errorf("actors: got %+v\nwant %+v", got, want)
	}
	if got, want := c.Embedded(nil), bolt.DefaultConfig(); got != want {
		t.Errorf("embedded: got %+v\nwant %+v", got, want)
	}
	others := c.Cluster(nil)
	others.Version = ""
	want := cluster.DefaultConfig()
	want.Name, want.Geometry, want.Gateway, want.Canvas = others.Name, others.Geometry, true, true
	if !reflect.DeepEqual(others, want) {
		t.Errorf("cluster: got %+v\nwant %+v", others, want)
	}
	if got, want := c.Shared(nil), redis.DefaultConfig(); got != want {
		t.Errorf("shared: got %+v\nwant %+v", got, want)
	}
	if got, want := c.Transport(nil), transport.DefaultConfig(); !reflect.DeepEqual(got, want) {
		t.Errorf("transport: got %+v\nwant %+v", got, want)
	}
}

// TestConfig_Precedence: a flag overrides the environment, and that overrides the file.
func TestConfig_Precedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.yaml")
	content := "burst: 1\nrate: 0.5\nmax-connections: 3\norigins: [https://a.example, 'http://B.example:81', 'https://c.example:443', 'null']\nlog-format: json\ndrain-timeout: 1m30s\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PLAYGROUND_CONFIG", file)
	t.Setenv("PLAYGROUND_BURST", "10")
	t.Setenv("PLAYGROUND_RATE", "20")
	c, err := Read([]string{"--burst", "100", "--node=n1"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c.guests() != (canvas.Pace{Rate: 20, Burst: 100}) || c.MaxConnections != 3 || c.Node != "n1" || !c.LogJSON || c.DrainTimeout != 90*time.Second ||
		!reflect.DeepEqual(c.Origins, []string{"https://a.example", "http://b.example:81", "https://c.example", "null"}) {
		t.Errorf("got %+v", c)
	}
}

// TestConfig_Help: --help names every setting with its variable, in groups.
func TestConfig_Help(t *testing.T) {
	var out strings.Builder
	if _, err := Read([]string{"--help"}, &out); !errors.Is(err, ErrAnswered) {
		t.Fatal(err)
	}
	help := out.String()
	for _, heading := range []string{"Usage: playground", "Serving:", "Canvas:", "Record:", "Cluster:", "Limits:", "People:", "Operation:"} {
		if !strings.Contains(help, heading) {
			t.Errorf("no %q in:\n%s", heading, help)
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Options]()) {
		if field.Anonymous {
			continue // its own fields follow
		}
		name := strings.Join(words(field.Name), "-")
		if !strings.Contains(help, "--"+name) {
			t.Errorf("--%s is not in the help", name)
		}
		variable := "$PLAYGROUND_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if field.Name != "Version" && !strings.Contains(help, variable) {
			t.Errorf("%s is not in the help", variable)
		}
		if value := field.Tag.Get("default"); value != "" && !strings.Contains(help, value) {
			t.Errorf("the default of --%s is not in the help", name)
		}
	}
}

// words splits "MaxConnections" into max and connections.
func words(name string) (words []string) {
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			words = append(words, "")
			c += 'a' - 'A'
		}
		words[len(words)-1] += string(c)
	}
	return words
}

func TestConfig_Version(t *testing.T) {
	var out strings.Builder
	if _, err := Read([]string{"--version"}, &out); !errors.Is(err, ErrAnswered) || strings.TrimSpace(out.String()) != Versions().String() || !strings.HasPrefix(out.String(), commandline.Version()+" (protocol 1.") {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

// Errors don't repeat the unreadable part of a file or command line: it may be a secret.
func TestConfig_KeepsSecrets(t *testing.T) {
	for _, line := range []string{
		"admin-token: *hunter2", "admin-token: [hunter2", "admin-token: {hunter2: x}", "admin-token: \"hunter2", "admin-token hunter2", "hunter2",
		"admin-token: a: hunter2", "- hunter2", "redis: redis://:hunter2#x@h", "admin-token: !!int hunter2", "admin-token: abc\n\thunter2",
		"oidc-client-secret: {hunter2: x}", "jwt-secret: hunter2", "jwt-secret: [hunter2", "oidc-client-secret: hunter2",
		"gossip-key: @hunter2", "gossip-key: %hunter2", "gossip-key: !hunter2! x", "gossip-key: hunter2", "gossip-key: |hunter2",
	} {
		file := filepath.Join(t.TempDir(), "p.yaml")
		if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read([]string{"--config", file}, io.Discard); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", line, err)
		}
	}
	for _, args := range [][]string{
		{"--admin-token", "a", "hunter2"}, {"--gossip-key=aHVu", "hunter2"}, {"--gossip-key", "hunter2"}, {"--admin-token", "hunter2"},
		{"--redis", "redis://:hunter2#tail@host"}, {"--redis", "redis://:hun", "hunter2@host"}, {"--admin-token", "--hunter2"}, {"--gossip-kee=hunter2"},
		{"--jwt-secret", "hunter2"}, {"--oidc-client-secret", "hunter2"}, {"--oidc-client-secret", "a", "hunter2"},
	} {
		if _, err := Read(args, io.Discard); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
