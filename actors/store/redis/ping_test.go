package redis

import (
	"context"
	"strconv"
	"testing"
	"time"

	"pixelplayground/actors/store/redis/redistest"
)

// pinged returns what Ping says, within the time that callers wait for it.
func pinged(t *testing.T, s *Store) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	return s.Ping(ctx)
}

// TestPing_ConnectionsThatAreDead do not mean that Redis is away: another connection is made.
func TestPing_ConnectionsThatAreDead(t *testing.T) {
	server := redistest.Start(t)
	way := redistest.NewProxy(t, server.Addr)
	s := open(t, testConfig(way.URL()))
	if err := pinged(t, s); err != nil {
		t.Fatal(err)
	}
	way.Forsake()
	if err := pinged(t, s); err != nil {
		t.Errorf("over a new connection: %v", err)
	}
	way.Swallow(redistest.Both)
	if err := pinged(t, s); err == nil {
		t.Error("it answers with the way cut")
	}
	way.Swallow(redistest.Neither)
	if err := pinged(t, s); err != nil {
		t.Errorf("the way is open again: %v", err)
	}
}

// TestPing_KnowsAtOnceThatRedisIsBack, even after so many failed connections that the driver makes
// no more for a second.
func TestPing_KnowsAtOnceThatRedisIsBack(t *testing.T) {
	server := redistest.Start(t)
	way := redistest.NewProxy(t, server.Addr)
	s := open(t, testConfig(way.URL()+"?pool_size=2"))
	way.Refuse()
	for range 5 {
		if err := pinged(t, s); err == nil {
			t.Fatal("it answers with the way cut")
		}
	}
	way.Accept(t)
	began := time.Now()
	if err := pinged(t, s); err != nil {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

// TestPing_SaysNothingForAnotherRedis: the Redis that answers must be the one that holds the
// canvas.
func TestPing_SaysNothingForAnotherRedis(t *testing.T) {
	one, other := redistest.Start(t), redistest.Start(t)
	way := redistest.NewProxy(t, one.Addr)
	s := open(t, testConfig(way.URL()))
	open(t, testConfig(other.URL()))
	way.Refuse()
	way.Lead(other.Addr)
	way.Accept(t)
	if err := pinged(t, s); err == nil {
		t.Error("another Redis will do")
	}
	way.Refuse()
	way.Lead(one.Addr)
	way.Accept(t)
	redistest.Eventually(t, "the right one is back", func() bool { return pinged(t, s) == nil })
}

// TestPing_AsksEveryNodeOfACluster: a node that is out of reach has a third of the regions.
func TestPing_AsksEveryNodeOfACluster(t *testing.T) {
	t.Parallel()
	nodes := redistest.Cluster(t)
	s := open(t, testConfig(redistest.ClusterURL(nodes)))
	if err := pinged(t, s); err != nil {
		t.Fatal(err)
	}
	about := slot(t, nodes[0], s.about())
	for i, node := range nodes {
		if first, last := i*16384/3, (i+1)*16384/3-1; about >= first && about <= last {
			continue // the one that a single command would ask
		}
		node.Pause()
		if err := pinged(t, s); err == nil {
			t.Errorf("node %d is paused, and all is well", i)
		}
		node.Resume()
		redistest.Eventually(t, "it answers again", func() bool { return pinged(t, s) == nil })
		break
	}
}

func slot(t *testing.T, node *redistest.Server, key string) int {
	t.Helper()
	n, err := strconv.Atoi(node.Do("CLUSTER", "KEYSLOT", key))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPing_WhileTheStoreCloses ends.
func TestPing_WhileTheStoreCloses(t *testing.T) {
	server := redistest.Start(t)
	way := redistest.NewProxy(t, server.Addr)
	s := open(t, testConfig(way.URL()))
	way.Swallow(redistest.Both)
	done := make(chan error, 1)
	go func() { done <- pinged(t, s) }()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("a store that nobody reaches answers")
	}
	if err := pinged(t, s); err == nil {
		t.Error("a closed store answers")
	}
}
