package redis

import (
	"log/slog"
	"strings"
	"testing"

	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/actors/telemetry/logtest"
)

func loggedConfig(url string) (Config, *logtest.Lines) {
	cfg, log := testConfig(url), &logtest.Lines{}
	cfg.Log = slog.New(slog.NewTextHandler(log, nil))
	return cfg, log
}

// A Redis that evicts or forgets is warned of; one that does not, or does not tell, is not.
func TestOpen_WarnsOfWhatForgets(t *testing.T) {
	server := redistest.Start(t)
	const evicts, nothing, snapshots = "may evict", "keeps nothing on disk", "keeps only snapshots"
	for _, test := range []struct {
		name, policy, appendonly, save string
		want                           []string
	}{
		{"sound", "noeviction", "yes", "", nil},
		{"evicts", "allkeys-lru", "yes", "", []string{evicts}},
		{"forgets", "noeviction", "no", "", []string{nothing}},
		{"saves", "noeviction", "no", "60 1", []string{snapshots}},
		{"both", "allkeys-random", "no", "", []string{evicts, nothing}},
	} {
		server.Do("CONFIG", "SET", "maxmemory-policy", test.policy)
		server.Do("CONFIG", "SET", "appendonly", test.appendonly)
		server.Do("CONFIG", "SET", "save", test.save)
		cfg, log := loggedConfig(server.URL())
		s := open(t, cfg)
		for range 3 {
			if err := s.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := strings.Count(log.String(), "level=WARN"); n != len(test.want) {
			t.Errorf("%s: %d warnings, want %d:\n%s", test.name, n, len(test.want), log)
		}
		for _, want := range test.want {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%s: %q is not in\n%s", test.name, want, log)
			}
		}
	}
	server.Do("ACL", "SETUSER", "drawer", "on", ">pw", "~*", "+@all", "-config")
	cfg, log := loggedConfig(strings.Replace(server.URL(), "//", "//drawer:pw@", 1))
	open(t, cfg)
	if strings.Contains(log.String(), "WARN") {
		t.Errorf("CONFIG is forbidden:\n%s", log)
	}
}

// A Redis that comes after the server and holds another canvas is named for that, once,
// though nobody asks anything of it.
func TestOpen_OtherCanvasBeforeRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	open(t, testConfig(server.URL()))
	server.Kill()
	cfg, log := loggedConfig(server.URL())
	cfg.Geometry.Width = 51
	s := open(t, cfg)
	server.Restart()
	redistest.Eventually(t, "it is said", func() bool { return strings.Contains(log.String(), "use --canvas 50x40 --region 16 as before") })
	for range 5 {
		if err := s.Ping(t.Context()); !isRefusal(err) {
			t.Errorf("ping: %v", err)
		}
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
		t.Errorf("%d lines say it:\n%s", n, log)
	}
}
