package redis

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/redis/redistest"
)

// TestStore_SurvivesKillOfRedis: with appendfsync always, what Redis acknowledged is there after it
// was killed, whenever that happens. A commit that it did not acknowledge is there completely or
// not at all, and repeating it settles which.
//
// The owners of all regions commit at once, and repeat what got no answer, as regions do, while
// Redis is killed and restarted a few times. Then every log must be one line of the batches made,
// without holes and no shorter than what was acknowledged, and the pixels must match it.
func TestStore_SurvivesKillOfRedis(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	cfg.LogPixels = 1 << 30 // all of it, to be compared with the pixels
	s := open(t, cfg)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	acked := make([][]*canvas.Batch, cfg.Geometry.Regions())
	var owners sync.WaitGroup
	for i := range acked {
		region := canvas.RegionID(i)
		claim := claimed(t, s, region)
		owners.Go(func() { acked[i] = commitUntil(ctx, t, s, region, claim.Term) })
	}
	for range 4 {
		before := s.stats.Calls.Load()
		reached := before + int64(random.IntN(500))
		redistest.Eventually(t, "commits go on", func() bool { return s.stats.Calls.Load() > reached })
		server.Kill()
		failed := s.stats.Failed.Load()
		redistest.Eventually(t, "the owners notice", func() bool { return s.stats.Failed.Load() > failed })
		server.Restart()
	}
	stop()
	owners.Wait()
	for i, batches := range acked {
		claim := claimed(t, s, canvas.RegionID(i))
		if len(batches) == 0 || !reflect.DeepEqual(claim.Recent, batches) {
			t.Errorf("region %d: the log has %d batches, %d were acknowledged", i, len(claim.Recent), len(batches))
		}
		_, _, width, height := cfg.Geometry.Bounds(canvas.RegionID(i))
		tile := canvas.NewTile(width, height)
		for _, b := range batches {
			tile.Apply(b)
		}
		if !bytes.Equal(tile, claim.Tile) {
			t.Errorf("region %d: the pixels are not those of the log", i)
		}
	}
}

// commitUntil commits batch after batch, repeating each until there is an answer, and
// returns those acknowledged once ctx has ended.
func commitUntil(ctx context.Context, t *testing.T, s *Store, region canvas.RegionID, term store.Term) (acked []*canvas.Batch) {
	for from := uint64(0); ctx.Err() == nil; {
		b := dot(region, term.Epoch, from)
		for i := range from % 40 {
			b.Ops[0].Pixels = append(b.Ops[0].Pixels, canvas.Pixel{Pos: uint16((from + 3*i) % 16), Color: canvas.Color(from + i)})
		}
		b.To = from + uint64(b.Pixels())
		for {
			err := s.Commit(context.WithoutCancel(ctx), b, term.Token)
			if err == nil {
				break
			}
			if !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("region %d: %v", region, err)
				return acked
			}
		}
		acked, from = append(acked, b), b.To
	}
	return acked
}

// I1, I4: while Redis is away, calls return ErrUnavailable within the caller's time; afterwards
// they recover by themselves.
func TestStore_Outage(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, testConfig(server.URL()))
	claim := claimed(t, s, 0)
	for i, outage := range []struct {
		name       string
		begin, end func()
	}{
		{"ended", server.Kill, server.Restart},
		{"paused", server.Pause, server.Resume},
		{"replica", func() { server.Do("REPLICAOF", "127.0.0.1", redistest.FreePort(t)) }, func() { server.Do("REPLICAOF", "NO", "ONE") }},
		{"out of memory", func() { server.Do("CONFIG", "SET", "maxmemory", "1") }, func() { server.Do("CONFIG", "SET", "maxmemory", "0") }},
	} {
		b := dot(0, claim.Epoch, uint64(i))
		outage.begin()
		for name, call := range map[string]func(context.Context) error{
			"commit": func(ctx context.Context) error { return s.Commit(ctx, b, claim.Token) },
			"claim":  func(ctx context.Context) error { _, err := s.Claim(ctx, 1, "test"); return err },
			"ping":   s.Ping,
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			began := time.Now()
			if err := call(ctx); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: %s: %v, want ErrUnavailable", outage.name, name, err)
			}
			if took := time.Since(began); took > 2*time.Second { // the rest is for a busy machine
				t.Errorf("%s: %s took %v, its caller had 300 ms", outage.name, name, took)
			}
			cancel()
		}
		outage.end()
		redistest.Eventually(t, "a commit after "+outage.name, func() bool { return s.Commit(t.Context(), b, claim.Token) == nil })
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("ping after %s: %v", outage.name, err)
		}
	}
	if claim := claimed(t, s, 0); claim.Position.Seq != 4 || len(claim.Recent) != 4 {
		t.Errorf("at %v with %d batches, want 4", claim.Position, len(claim.Recent))
	}
}

// A Redis that starts later than the store is found, and its canvas is checked then.
func TestOpen_BeforeRedis(t *testing.T) {
	server := redistest.Start(t)
	open(t, testConfig(server.URL()))
	server.Kill()

	var log bytes.Buffer
	cfg := testConfig(server.URL())
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	s := open(t, cfg)
	if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "redis does not answer") {
		t.Errorf("logged %d lines:\n%s", lines, log.String())
	}
	cfg.Log, cfg.Geometry.Width = nil, 51
	other := open(t, cfg)
	for _, early := range []*Store{s, other} {
		if err := early.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("ping without Redis: %v", err)
		}
	}
	server.Restart()
	redistest.Eventually(t, "Redis is found", func() bool { return s.Ping(t.Context()) == nil })
	if _, err := other.Claim(t.Context(), 0, "test"); !errors.Is(err, store.ErrGeometry) {
		t.Errorf("claim on a canvas of another size: %v, want ErrGeometry", err)
	}
	if !strings.Contains(log.String(), "canvas opened") {
		t.Errorf("log:\n%s", log.String())
	}
}

// Sentinel: the store follows the master, and what replicas have is kept.
func TestStore_Failover(t *testing.T) {
	t.Parallel()
	master, replica, sentinel := redistest.Replicated(t)
	s := open(t, testConfig(redistest.SentinelURL(sentinel)))
	owner, identity := claimed(t, s, 0), s.Identity()
	if err := s.Commit(t.Context(), dot(0, owner.Epoch, 0), owner.Token); err != nil {
		t.Fatal(err)
	}
	if got := master.Do("WAIT", "1", "5000"); got != "1" {
		t.Fatalf("%s replicas have the commit", got)
	}
	master.Kill()
	redistest.Eventually(t, "a commit to the new master", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		return s.Commit(ctx, dot(0, owner.Epoch, 1), owner.Token) == nil
	})
	if claim := claimed(t, s, 0); claim.Position.Seq != 2 || len(claim.Recent) != 2 {
		t.Errorf("at %v with %d batches, want 2", claim.Position, len(claim.Recent))
	}
	if got := replica.Do("HGET", "test:canvas", "identity"); identity == "" || got != identity {
		t.Errorf("the new master's identity is %q, the old one's was %q", got, identity)
	}
}

// If waiting does not help, a store does not open: the error is one line without secrets.
func TestOpen_Refusals(t *testing.T) {
	server := redistest.Start(t)
	server.Do("CONFIG", "SET", "requirepass", "right")
	url := strings.Replace(server.URL(), "//", "//:right@", 1)
	open(t, testConfig(url))
	for _, test := range []struct {
		name   string
		change func(*Config)
		is     error
		want   string
	}{
		{"no password", func(c *Config) { c.URL = server.URL() }, nil, "check user and password"},
		{"wrong password", func(c *Config) { c.URL = strings.Replace(url, "right", "wr0ng", 1) }, nil, "check user and password"},
		{"width", func(c *Config) { c.Geometry.Width = 51 }, store.ErrGeometry, "use --canvas 50x40 --region 16 as before, or choose another --redis-prefix"},
		{"region", func(c *Config) { c.Geometry.Region = 15 }, store.ErrGeometry, "it is 50x40/16, asked for was 50x40/15"},
		{"geometry", func(c *Config) { c.Geometry.Height = 0 }, nil, "canvas 50x0"},
		{"prefix", func(c *Config) { c.Prefix = "{a}" }, nil, `prefix "{a}"`},
		{"log", func(c *Config) { c.LogPixels = 0 }, nil, "log of 0 pixels"},
		{"URL", func(c *Config) { c.URL = "http://u:wr0ng@host" }, nil, "redis http://***@host: invalid URL scheme"},
	} {
		cfg := testConfig(url)
		test.change(&cfg)
		s, err := Open(cfg)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: opened", test.name)
			continue
		}
		if text := err.Error(); !strings.Contains(text, test.want) || test.is != nil && !errors.Is(err, test.is) ||
			strings.Contains(text, "wr0ng") || strings.Contains(text, "right") || strings.Contains(text, "\n") {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	cli := []string{"-a", "right", "--no-auth-warning"}
	server.Do(append(cli, "HSET", "test:canvas", "format", "2")...)
	if _, err := Open(testConfig(url)); err == nil || !strings.Contains(err.Error(), `it is "2", this version reads "1"`) {
		t.Errorf("another format: %v", err)
	}
}

// Canvases with different prefixes do not disturb each other.
func TestOpen_Prefixes(t *testing.T) {
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	one := open(t, cfg)
	cfg.Prefix, cfg.Geometry = "other", canvas.Geometry{Width: 8, Height: 8, Region: 8}
	two := open(t, cfg)
	for _, s := range []*Store{one, two} {
		claim := claimed(t, s, 0)
		if err := s.Commit(t.Context(), dot(0, claim.Epoch, 0), claim.Token); err != nil {
			t.Error(err)
		}
	}
	if claim := claimed(t, one, 0); claim.Position.Seq != 1 {
		t.Errorf("at %v, want seq 1", claim.Position)
	}
}
