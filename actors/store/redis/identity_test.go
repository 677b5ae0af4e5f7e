package redis

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"pixelplayground/actors/store"
	"pixelplayground/actors/store/redis/redistest"
	"pixelplayground/actors/telemetry/logtest"
)

func TestIdentity_IsOneForEachCanvas(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	var all sync.WaitGroup
	stores := make([]*Store, 20)
	for i := range stores {
		all.Go(func() { stores[i], _ = Open(cfg) })
	}
	all.Wait()
	first := stores[0].Identity()
	for _, s := range stores {
		if s.Identity() != first || len(first) != 16 {
			t.Errorf("identity %q, another server has %q", s.Identity(), first)
		}
		_ = s.Close()
	}
	server.Kill()
	server.Restart()
	if got := open(t, cfg).Identity(); got != first {
		t.Errorf("after a restart of Redis it is %q, not %q", got, first)
	}
	prefix, database := cfg, cfg
	prefix.Prefix += "2"
	database.URL += "/1"
	if a, b := open(t, prefix).Identity(), open(t, database).Identity(); a == first || b == first || a == b {
		t.Errorf("another prefix has %q, another database %q, this one %q", a, b, first)
	}
}

// TestIdentity_ACanvasOfBeforeGetsOne: earlier versions knew no identity.
func TestIdentity_ACanvasOfBeforeGetsOne(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	server.Do("HSET", cfg.Prefix+":canvas", "format", formatVersion, "geometry", cfg.Geometry.String())
	var log logtest.Lines
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	s := open(t, cfg)
	if s.Identity() == "" || strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("identity %q, log:\n%s", s.Identity(), log.String())
	}
}

// TestIdentity_AnotherRedisIsNotWrittenTo: suddenly there is another Redis at the same address.
// Nothing is claimed or acknowledged there, and no owner is told that it has lost its region, until
// the right Redis is back.
func TestIdentity_AnotherRedisIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	var log logtest.Lines
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	s := open(t, cfg)
	own := s.Identity()
	claim := claimed(t, s, 1)
	about, meta := cfg.Prefix+":canvas", s.keys(1)[0]
	server.Do("RENAME", meta, "elsewhere")
	server.Do("HSET", about, "identity", "another")
	server.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

	if err := s.Commit(t.Context(), dot(1, claim.Epoch, 0), claim.Token); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrFenced) {
		t.Errorf("commit: %v", err)
	}
	if err := s.Holds(t.Context(), 1, claim.Term, 0); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrFenced) {
		t.Errorf("holds: %v", err)
	}
	if _, err := s.Claim(t.Context(), 2, "me"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("claim: %v", err)
	}
	if _, err := s.Mend(t.Context(), 1, "me", claim); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("mend: %v", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "not the one it was") {
		t.Errorf("ping: %v", err)
	}
	if got := server.Do("KEYS", cfg.Prefix+":{*"); got != "" {
		t.Errorf("written to the other Redis: %s", got)
	}
	if s.Identity() != own {
		t.Errorf("identity is %q now, was %q", s.Identity(), own)
	}

	server.Do("HSET", about, "identity", own)
	server.Do("RENAME", "elsewhere", meta)
	redistest.Eventually(t, "it goes on with the one that is back", func() bool {
		return s.Commit(t.Context(), dot(1, claim.Epoch, 0), claim.Token) == nil
	})
	if said := log.String(); strings.Count(said, "level=ERROR") != 1 || strings.Count(said, "the one it was again") != 1 {
		t.Errorf("want one line for its going and one for its return:\n%s", said)
	}
}

// TestIdentity_SwappedUnderAConnection: the claim after the swap is refused, though no
// connection has broken.
func TestIdentity_SwappedUnderAConnection(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	other := cfg
	other.URL += "/1"
	open(t, other)
	s := open(t, cfg)
	claim := claimed(t, s, 1)
	server.Do("SWAPDB", "0", "1")
	s.identity.checked.Store(s.identity.checked.Load() - int64(identityClaim)) // time passes
	if _, err := s.Claim(t.Context(), 2, "me"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("claim: %v", err)
	}
	if err := s.Commit(t.Context(), dot(1, claim.Epoch, 0), claim.Token); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("commit: %v", err)
	}
}

// TestIdentity_IsWrittenBack after somebody has emptied Redis: the contents are gone, but the
// identity is not.
func TestIdentity_IsWrittenBack(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cfg := testConfig(server.URL())
	var log logtest.Lines
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	s, second := open(t, cfg), open(t, cfg)
	server.Do("FLUSHALL")
	for range 2 {
		if err := errors.Join(s.Ping(t.Context()), second.Ping(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.TrimSpace(server.Do("HGET", cfg.Prefix+":canvas", "identity")); got != s.Identity() {
		t.Errorf("identity in Redis is %q, want %q", got, s.Identity())
	}
	if said := log.String(); strings.Count(said, "has lost the canvas' identity") != 1 {
		t.Errorf("want one line:\n%s", said)
	}
}
