package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/store"
)

// Documents of a kind are two keys under one hash tag:
//
//	playground:documents:{kind}        hash: by id, when it ends (Unix milliseconds; 0: never), "|", the document
//	playground:documents:{kind}:ends   sorted set: the ids of those that end, by when
//
// Redis' own expiry would need a key for each document, and then listing a kind would mean to look
// through all keys of all nodes. What ends, ends by Redis' clock, which is the same for all pods.
func (s *Store) documentKeys(kind store.Kind) []string {
	key := s.cfg.Prefix + ":documents:{" + string(kind) + "}"
	return []string{key, key + ":ends"}
}

// readScript: KEYS documents, ARGV id, returns what is stored under the id, or nothing, the time, and how many documents there are.
// It is told in the same moment what time it is.
const readScript = nowMillis + `
return {redis.call('HGET', KEYS[1], ARGV[1]), now, redis.call('HLEN', KEYS[1])}`

const nowMillis = `
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)`

// writeScript: KEYS documents, ends, ARGV id, end, what to do, document, old. To do is "put", "swap"
// (if the present document is old), "make" (if there is none) or "drop". It returns the document that
// is there afterwards, or false. Before that it removes some of those that have ended.
//
// A driver that got no answer repeats a swap. The repetition finds the new document and says so, as
// the first did.
const writeScript = nowMillis + `
local documents, ends = KEYS[1], KEYS[2]
local id, finish, todo, document, old = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local stored = redis.call('HGET', documents, id)
local present = false
if stored then
  local bar = string.find(stored, '|', 1, true)
  local over = tonumber(string.sub(stored, 1, (bar or 0) - 1))
  if bar and over and (over == 0 or over > now) then
    present = string.sub(stored, bar + 1)
  end
end
if todo == 'swap' and present ~= old or todo == 'make' and present then
  return present
end
if todo == 'drop' then
  redis.call('HDEL', documents, id)
  redis.call('ZREM', ends, id)
  return false
end
redis.call('HSET', documents, id, finish .. '|' .. document)
if finish == '0' then
  redis.call('ZREM', ends, id)
else
  redis.call('ZADD', ends, finish, id)
end
for _, over in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 64)) do
  redis.call('HDEL', documents, over)
  redis.call('ZREM', ends, over)
end
if finish ~= '0' and tonumber(finish) <= now then
  return false
end
return document`

// Document implements store.Documents.
func (s *Store) Document(ctx context.Context, kind store.Kind, id string) (value []byte, err error) {
	if err := store.CheckDocument(kind, id, nil); err != nil {
		return nil, documentError("read", kind, err)
	}
	err = s.call(ctx, func() error {
		stored, there, now, _, err := s.readDocument(ctx, kind, id)
		if err == nil && there {
			value, err = opened(id, stored, now)
		}
		return err
	})
	return value, documentError("read", kind, err)
}

// readDocument reads what is stored under an id, the time of Redis in Unix milliseconds, and how many documents there are.
func (s *Store) readDocument(ctx context.Context, kind store.Kind, id string) (stored string, there bool, now, documents int64, err error) {
	said, err := s.scripts.read.Run(ctx, s.client(), s.documentKeys(kind)[:1], id).Slice()
	if err != nil {
		return "", false, 0, 0, err
	}
	if len(said) != 3 {
		return "", false, 0, 0, fmt.Errorf("the script says %d things instead of 3", len(said))
	}
	stored, there = said[0].(string)
	now, known := said[1].(int64)
	documents, counted := said[2].(int64)
	if !known || !counted {
		return "", false, 0, 0, errors.New("the script does not say what time it is")
	}
	return stored, there, now, documents, nil
}

// opened is a document out of what is stored of it; nil: it has ended.
func opened(id, stored string, now int64) ([]byte, error) {
	finish, value, found := strings.Cut(stored, "|")
	ends, err := strconv.ParseInt(finish, 10, 64)
	if !found || err != nil {
		return nil, fmt.Errorf("the document %q is not what was written", id)
	}
	if ends != 0 && ends <= now {
		return nil, nil
	}
	return []byte(value), nil
}

// Documents implements store.Documents.
func (s *Store) Documents(ctx context.Context, kind store.Kind) (map[string][]byte, error) {
	if err := store.CheckDocument(kind, "all", nil); err != nil {
		return nil, documentError("list", kind, err)
	}
	all := make(map[string][]byte)
	err := s.call(ctx, func() error {
		stored, now, err := s.scan(ctx, kind)
		for id, text := range stored {
			value, bad := opened(id, text, now)
			if bad != nil {
				return bad
			}
			if value != nil {
				all[id] = value
			}
		}
		return err
	})
	if err != nil {
		return nil, documentError("list", kind, err)
	}
	return all, nil
}

// A list may be of hundreds of thousands, as of acts after years, and while Redis answers nothing else runs in it. So it is read in
// parts of scanned documents; what was there all the time is in them. A cursor means nothing to another Redis after a failover, which
// may leave some out: then there are more documents than were found, and all is read again, scans times at most, since others may add
// documents all the time.
const scanned, scans = 500, 3

// scan reads what is stored of a kind, and the time of Redis afterwards.
func (s *Store) scan(ctx context.Context, kind store.Kind) (stored map[string]string, now int64, err error) {
	stored = make(map[string]string)
	for range scans {
		for cursor := uint64(0); ; {
			var page []string
			if page, cursor, err = s.client().HScan(ctx, s.documentKeys(kind)[0], cursor, "", scanned).Result(); err != nil {
				return nil, 0, err
			}
			for i := 0; i+1 < len(page); i += 2 {
				stored[page[i]] = page[i+1]
			}
			if cursor == 0 {
				break
			}
		}
		_, _, at, documents, err := s.readDocument(ctx, kind, "")
		if err != nil {
			return nil, 0, err
		}
		if now = at; int64(len(stored)) >= documents {
			break
		}
	}
	return stored, now, nil
}

// PutDocument implements store.Documents.
func (s *Store) PutDocument(ctx context.Context, kind store.Kind, id string, value []byte, until time.Time) error {
	_, err := s.writeDocument(ctx, kind, id, until, "put", value, nil)
	return err
}

// SwapDocument implements store.Documents.
func (s *Store) SwapDocument(ctx context.Context, kind store.Kind, id string, old, value []byte, until time.Time) ([]byte, error) {
	todo := "swap"
	if old == nil {
		todo = "make"
	}
	return s.writeDocument(ctx, kind, id, until, todo, value, old)
}

// DeleteDocument implements store.Documents.
func (s *Store) DeleteDocument(ctx context.Context, kind store.Kind, id string) error {
	_, err := s.writeDocument(ctx, kind, id, time.Time{}, "drop", nil, nil)
	return err
}

func (s *Store) writeDocument(ctx context.Context, kind store.Kind, id string, until time.Time, todo string, value, old []byte) (there []byte, err error) {
	err = store.CheckDocument(kind, id, value)
	if err == nil {
		err = s.call(ctx, func() error {
			if err := s.sure(ctx, identityClaim); err != nil { // what is written into another Redis is lost to the rest
				return err
			}
			text, err := s.scripts.write.Run(ctx, s.client(), s.documentKeys(kind),
				id, number(store.EndOf(until)), todo, append([]byte{}, value...), append([]byte{}, old...)).Text()
			switch {
			case errors.Is(err, driver.Nil):
				return nil
			case err == nil:
				there = []byte(text)
			}
			return err
		})
	}
	return there, documentError("write", kind, err)
}

// documentError wraps what a caller is told. If Redis has lost what belongs to a document, that is
// the same to those who ask for it as a Redis that does not answer.
func documentError(do string, kind store.Kind, err error) error {
	if err != nil {
		return fmt.Errorf("%s document of kind %s: %w", do, kind, store.Unavailable(err))
	}
	return nil
}

// sureScript: KEYS primaries, ARGV the primaries that there are now. It remembers when each was
// first seen, and returns when the last of them was, in Unix milliseconds. It forgets primaries of
// the past when there are many.
const sureScript = nowMillis + `
local last = 0
for _, primary in ipairs(ARGV) do
  redis.call('HSETNX', KEYS[1], primary, now)
  last = math.max(last, tonumber(redis.call('HGET', KEYS[1], primary)))
end
if redis.call('HLEN', KEYS[1]) > 64 + #ARGV then
  for _, primary in ipairs(redis.call('HKEYS', KEYS[1])) do
    local present = false
    for _, one in ipairs(ARGV) do
      present = present or one == primary
    end
    if not present then
      redis.call('HDEL', KEYS[1], primary)
    end
  end
end
return last`

// SureSince implements store.Documents. A primary is named by its process and by its history, which
// gets another id whenever a replica is promoted: a process that was a primary, became a replica and
// is a primary again is another one. All pods know when it was first seen, since that is kept in
// Redis. If Redis does not let us ask, it may have changed a moment ago.
func (s *Store) SureSince(ctx context.Context) (since time.Time, err error) {
	err = s.call(ctx, func() error {
		primaries, err := s.primaries(ctx)
		if driver.IsPermissionError(err) {
			s.warnOfInfo()
			since = time.Now()
			return nil
		}
		if err != nil {
			return err
		}
		millis, err := s.scripts.sure.Run(ctx, s.client(), []string{s.cfg.Prefix + ":primaries"}, primaries...).Int64()
		since = time.UnixMilli(millis)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("ask since when Redis is the primary: %w", err)
	}
	return since, nil
}

func (s *Store) warnOfInfo() {
	if !s.secretive.Swap(true) {
		s.cfg.Log.Warn("redis refuses INFO, so after a restart of a server what it kept of people's allowances counts as spent: allow its user +info",
			"redis", Redact(s.cfg.URL))
	}
}

// primaries names the nodes that take writes.
func (s *Store) primaries(ctx context.Context) ([]any, error) {
	switch client := s.client().(type) {
	case *driver.ClusterClient:
		names := make(chan string, maxNodes)
		err := client.ForEachMaster(ctx, func(ctx context.Context, node *driver.Client) error {
			name, err := primary(ctx, node)
			if err != nil {
				return err
			}
			select {
			case names <- name:
				return nil
			default:
				return errors.New("the cluster has too many nodes")
			}
		})
		close(names)
		var all []any
		for name := range names {
			all = append(all, name)
		}
		return all, err
	default:
		name, err := primary(ctx, client)
		return []any{name}, err
	}
}

// maxNodes is what a Redis Cluster is recommended to have at most.
const maxNodes = 1000

// primary names a node that takes writes.
func primary(ctx context.Context, node driver.UniversalClient) (string, error) {
	var server, replication *driver.StringCmd
	_, err := node.Pipelined(ctx, func(pipe driver.Pipeliner) error {
		server, replication = pipe.Info(ctx, "server"), pipe.Info(ctx, "replication")
		return nil
	})
	if err != nil {
		return "", err
	}
	process, history, role := infoField(server.Val(), "run_id"), infoField(replication.Val(), "master_replid"), infoField(replication.Val(), "role")
	if process == "" || history == "" || role != "master" {
		return "", fmt.Errorf("the node says that it is a %s, run %q, history %s", role, process, strconv.Quote(history))
	}
	return process + "." + history, nil
}

// infoField is a field of what INFO answers.
func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, is := strings.CutPrefix(line, name+":"); is {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
