package redis

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store/redis/redistest"
)

// Goal: the password is replaced under load without a call that fails or waits, even if the steps
// are done in the wrong order.
// Method: calls go on in several goroutines while Redis learns a second password, the store
// is told to use it too early and then in time, and Redis forgets the first.
func TestStore_UsesAnotherPassword(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	do := func(password string, command ...string) {
		t.Helper()
		server.Do(append([]string{"-a", password, "--no-auth-warning"}, command...)...)
	}
	server.Do("ACL", "SETUSER", "default", "resetpass", ">first")
	cfg := testConfig(server.URL())
	cfg.Password = "first"
	s := open(t, cfg)

	ctx, stop := context.WithCancel(t.Context())
	var calling sync.WaitGroup
	for region := range canvas.RegionID(4) {
		claim := claimed(t, s, region)
		calling.Go(func() {
			for from := uint64(0); ctx.Err() == nil; from++ {
				began := time.Now()
				if err := s.Commit(context.Background(), dot(region, claim.Epoch, from), claim.Token); err != nil {
					t.Errorf("region %d: %v", region, err)
					return
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("region %d: a commit took %v", region, took)
				}
			}
		})
	}
	defer calling.Wait()
	defer stop()
	more := func() {
		t.Helper()
		want := s.stats.Calls.Load() + 200
		redistest.Eventually(t, "calls go on", func() bool { return s.stats.Calls.Load() >= want })
	}
	more()
	before := s.client()
	if err := s.UsePassword(t.Context(), "second"); err == nil || strings.Contains(err.Error(), "second") {
		t.Errorf("a password that Redis does not know: %v", err)
	}
	if s.client() != before {
		t.Error("a password that Redis does not know is used")
	}
	more()
	do("first", "ACL", "SETUSER", "default", ">second")
	for range 5 { // once would do
		if err := s.UsePassword(t.Context(), "second"); err != nil {
			t.Fatal(err)
		}
		more()
	}
	// Connections made with the first password, if there are any left, end.
	do("second", "ACL", "SETUSER", "default", "<first")
	do("second", "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	more()
	stop()
	calling.Wait()
	server.Kill()
	if err := s.UsePassword(t.Context(), "second"); err == nil {
		t.Error("a Redis that is away takes a password")
	}
}

func TestStore_ClosedUsesNoPassword(t *testing.T) {
	t.Parallel()
	s := open(t, testConfig(redistest.Start(t).URL()))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.UsePassword(t.Context(), ""); err == nil {
		t.Error("a store that is closed takes a password")
	}
}
