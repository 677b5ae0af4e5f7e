package redis

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/redis/redistest"
)

// The scripts of pods that know no token, as far as they concern the owner.
const (
	tokenlessClaim = `
local last = tonumber(redis.call('HGET', KEYS[1], 'epoch') or 0)
local now = tonumber(redis.call('TIME')[1])
local epoch = string.format('%.0f', math.max(last + 1, now))
redis.call('HSET', KEYS[1], 'epoch', epoch, 'owner', ARGV[1])
return epoch`
	tokenlessCommit = `
local is = redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'position_seq')
if is[1] ~= ARGV[1] then
  return 'fenced'
end
redis.call('SETRANGE', KEYS[2], 0, 'rgb')
redis.call('HSET', KEYS[1], 'position_epoch', ARGV[1], 'position_seq', (is[3] or 0) + 1, 'last_from', is[3] or 0, 'log_start', (is[3] or 0) + 1)
return ''`
	tokenlessRelease = `
if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then
  redis.call('HDEL', KEYS[1], 'owner')
end
return 1`
)

// owner is a pod that has claimed region 0: a pod with tokens, or one without.
type owner struct {
	epoch   uint64
	commit  func() error
	holds   func() bool
	release func() error
}

func tokenOwner(t *testing.T, s *Store) owner {
	claim := claimed(t, s, 0)
	return owner{
		epoch: claim.Epoch,
		commit: func() error {
			at, err := s.examine(t.Context(), 0, store.Keep{})
			if err != nil {
				return err
			}
			return s.Commit(t.Context(), dot(0, claim.Epoch, at.Position.Seq), claim.Token)
		},
		holds:   func() bool { return s.Holds(t.Context(), 0, claim.Term, 0) == nil },
		release: func() error { return s.Release(t.Context(), 0, claim.Term) },
	}
}

func tokenlessOwner(t *testing.T, s *Store) owner {
	run := func(script string, argument any) *driver.Cmd {
		return driver.NewScript(script).Eval(context.Background(), s.client(), s.keys(0), argument)
	}
	epoch, err := run(tokenlessClaim, "old").Uint64()
	if err != nil {
		t.Fatal(err)
	}
	text := strconv.FormatUint(epoch, 10)
	return owner{
		epoch: epoch,
		commit: func() error {
			said, err := run(tokenlessCommit, text).Text()
			if err == nil && said != "" {
				err = store.ErrFenced
			}
			return err
		},
		holds:   func() bool { return s.client().HGet(context.Background(), s.keys(0)[0], "epoch").Val() == text },
		release: func() error { return run(tokenlessRelease, text).Err() },
	}
}

// I3: a new claim fences every earlier one, even if one of the pods knows no token, and even if
// Redis has lost the previous claim so that both have the same epoch.
func TestClaim_FencesWithAndWithoutToken(t *testing.T) {
	kinds := map[string]func(*testing.T, *Store) owner{"token": tokenOwner, "tokenless": tokenlessOwner}
	server := redistest.Start(t)
	for former, first := range kinds {
		for latter, second := range kinds {
			for _, lost := range []bool{false, true} {
				if lost && former == "tokenless" && latter == "tokenless" {
					continue // what the token is there for
				}
				name := former + " then " + latter + map[bool]string{true: ", the first lost"}[lost]
				t.Run(name, func(t *testing.T) {
					cfg := testConfig(server.URL())
					cfg.Prefix = strings.NewReplacer(" ", ".", ",", "").Replace(name)
					s := open(t, cfg)
					f := first(t, s)
					if err := f.commit(); err != nil || !f.holds() {
						t.Fatalf("the first owner: commit %v, holds %t", err, f.holds())
					}
					if lost { // claims have run ahead of the clock, and a failover forgets the last
						server.Do("HSET", cfg.Prefix+":{0}:meta", "epoch", aheadOfTheClock)
						f = first(t, s)
						server.Do("HSET", cfg.Prefix+":{0}:meta", "epoch", strconv.FormatUint(f.epoch-1, 10), "owner", "x")
					}
					next := second(t, s)
					if next.epoch < f.epoch || !lost && next.epoch == f.epoch {
						t.Errorf("epoch %d after %d", next.epoch, f.epoch)
					}
					if err := f.commit(); !errors.Is(err, store.ErrFenced) || f.holds() {
						t.Errorf("the former owner: commit %v, holds %t", err, f.holds())
					}
					if err := f.release(); err != nil {
						t.Error(err)
					}
					if err := next.commit(); err != nil || !next.holds() {
						t.Errorf("the owner: commit %v, holds %t", err, next.holds())
					}
				})
			}
		}
	}
}

const aheadOfTheClock = "4000000000"

// If Redis loses a claim, two histories begin at the one before it. They have no epoch in common: a
// viewer of the lost history must not take the other for what it knows.
func TestClaim_AheadOfTheClockStepsAtRandom(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, testConfig(server.URL()))
	epochs := make(map[uint64]bool)
	for range 20 {
		server.Do("HSET", "test:{0}:meta", "epoch", aheadOfTheClock)
		epoch := claimed(t, s, 0).Epoch
		if epoch <= 4_000_000_000 || epoch > 4_000_001_000 {
			t.Errorf("epoch %d after %s", epoch, aheadOfTheClock)
		}
		epochs[epoch] = true
	}
	if len(epochs) < 10 {
		t.Errorf("20 claims after the same one had %d epochs", len(epochs))
	}
}

// What earlier versions have claimed and written is kept, and the next claim has a higher epoch.
func TestClaim_AfterEarlierVersions(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, testConfig(server.URL()))
	b := dot(0, 1764396876, 0)
	server.Do("HSET", "test:{0}:meta", "epoch", "4000000000", "owner", "old", "position_epoch", "1764396876", "position_seq", "1", "last_from", "0", "log_start", "0")
	s.client().XAdd(t.Context(), &driver.XAddArgs{Stream: s.keys(0)[2], ID: "1-0", Values: []any{"batch", store.AppendBatch(nil, b)}})
	server.Do("SETRANGE", "test:{0}:pixels", "0", "rgb")
	claim := claimed(t, s, 0)
	if claim.Epoch <= 4_000_000_000 || claim.Position != (canvas.Position{Epoch: 1764396876, Seq: 1}) || len(claim.Recent) != 1 {
		t.Errorf("epoch %d at %v with %d batches", claim.Epoch, claim.Position, len(claim.Recent))
	}
	if err := s.Commit(t.Context(), dot(0, claim.Epoch, 1), claim.Token); err != nil {
		t.Error(err)
	}
}
