package redis

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/store"
	"pixelplayground/actors/store/redis/redistest"
)

// sureSince waits for an answer, as in a failover.
func sureSince(t *testing.T, s *Store) (since time.Time) {
	t.Helper()
	redistest.Eventually(t, "redis tells since when it is the primary", func() bool {
		var err error
		since, err = s.SureSince(t.Context())
		return err == nil
	})
	return since
}

// What a primary has acknowledged may be gone with the next one. All servers know when that was, also
// those that start later.
func TestDocuments_SureSince(t *testing.T) {
	t.Parallel()
	one, two := redistest.Start(t), redistest.Start(t)
	began := time.Now().Truncate(time.Millisecond)
	early := open(t, testConfig(one.URL()))
	first := sureSince(t, early)
	if late := open(t, testConfig(one.URL())); first.Before(began) || !sureSince(t, late).Equal(first) {
		t.Fatalf("sure since %v, and %v for a store that was opened later; not before %v", first, sureSince(t, late), began)
	}

	one.Do("REPLICAOF", "127.0.0.1", two.Port())
	redistest.Eventually(t, "it follows", func() bool { return strings.Contains(one.Do("INFO", "replication"), "master_link_status:up") })
	if since, err := early.SureSince(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a replica is sure since %v, %v; want ErrUnavailable", since, err)
	}
	one.Do("REPLICAOF", "NO", "ONE")
	second := sureSince(t, early)
	if !second.After(first) {
		t.Errorf("sure since %v after it was promoted, %v before: the same process is another primary", second, first)
	}

	one.Kill()
	one.Restart()
	if third := sureSince(t, early); !third.After(second) {
		t.Errorf("sure since %v after a restart, %v before", third, second)
	}
}

// TestDocuments_ManyAreListed: a list that is read in many parts has all documents, and none that has ended.
func TestDocuments_ManyAreListed(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, testConfig(server.URL()))
	const many = 4 * scanned
	var pairs []any
	for n := range many {
		var until time.Time
		if n%2 == 1 {
			until = time.UnixMilli(1) // over
		}
		pairs = append(pairs, fmt.Sprintf("%05d", n), fmt.Sprintf("%d|%d", max(until.UnixMilli(), 0), n))
	}
	if err := s.client().HSet(t.Context(), s.documentKeys("many")[0], pairs...).Err(); err != nil {
		t.Fatal(err)
	}
	all, err := s.Documents(t.Context(), "many")
	if err != nil || len(all) != many/2 {
		t.Fatalf("%d documents, %v; want %d", len(all), err, many/2)
	}
	for n := 0; n < many; n += 2 {
		if id := fmt.Sprintf("%05d", n); string(all[id]) != strconv.Itoa(n) {
			t.Fatalf("%s is %q", id, all[id])
		}
	}
	server.Do("HSET", s.documentKeys("many")[0], "bad", "no end")
	for name, ask := range map[string]func() error{
		"list": func() error { _, err := s.Documents(t.Context(), "many"); return err },
		"read": func() error { _, err := s.Document(t.Context(), "many", "bad"); return err },
	} {
		if err := ask(); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "is not what was written") {
			t.Errorf("%s what is damaged: %v", name, err)
		}
	}
}

func TestDocuments_SureSinceInACluster(t *testing.T) {
	t.Parallel()
	nodes := redistest.Cluster(t)
	s := open(t, testConfig(redistest.ClusterURL(nodes)))
	first := sureSince(t, s)
	if again := sureSince(t, s); !again.Equal(first) {
		t.Errorf("sure since %v, then since %v", first, again)
	}
	nodes[2].Kill()
	nodes[2].Restart()
	if second := sureSince(t, s); !second.After(first) {
		t.Errorf("sure since %v after a restart of one node, %v before", second, first)
	}
}

// A Redis that forgets its primaries remembers those that there are.
func TestDocuments_PrimariesAreBounded(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, testConfig(server.URL()))
	first := sureSince(t, s)
	server.Do("EVAL", "for i = 1, 100 do redis.call('HSET', KEYS[1], 'gone' .. i, 1) end", "1", "test:primaries")
	if again := sureSince(t, s); !again.Equal(first) || server.Do("HLEN", "test:primaries") != "1" {
		t.Errorf("sure since %v, then since %v, with %s primaries", first, again, server.Do("HLEN", "test:primaries"))
	}
}

// Where Redis does not say which process it is, it may have changed just now.
func TestDocuments_InfoRefused(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Do("ACL", "SETUSER", "default", "-info")
	s := open(t, testConfig(server.URL()))
	before := time.Now()
	if since := sureSince(t, s); since.Before(before) {
		t.Errorf("sure since %v, before the question", since)
	}
}

// Values that are not documents, as others may have put there, are no answer.
func TestDocuments_ForeignValues(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, testConfig(server.URL()))
	for _, what := range [][]string{
		{"HSET", "test:documents:{key}", "a", "text"},
		{"SET", "test:documents:{token}", "text"},
	} {
		server.Do(what...)
	}
	for _, kind := range []store.Kind{"key", "token"} {
		_, one := s.Document(t.Context(), kind, "a")
		_, all := s.Documents(t.Context(), kind)
		if !errors.Is(one, store.ErrUnavailable) || !errors.Is(all, store.ErrUnavailable) {
			t.Errorf("%s: %v; all: %v, want ErrUnavailable", kind, one, all)
		}
	}
	if err := s.PutDocument(t.Context(), "key", "a", []byte("new"), time.Time{}); err != nil {
		t.Error(err)
	}
	if value, err := s.Document(t.Context(), "key", "a"); err != nil || string(value) != "new" {
		t.Errorf("replaced: %q, %v", value, err)
	}
}
