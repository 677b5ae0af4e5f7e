package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pixelplayground/actors/store/redis"
)

const redisCheck = "redis"

// What is far and slow for a Redis: a pixel is shown after one answer at the earliest.
const (
	slowRedis = 10 * time.Millisecond
	clockOff  = time.Second
)

// examineRedis asks the Redis that keeps the canvas, if one does.
func examineRedis(ctx context.Context, p patient) []Finding {
	if p.Redis == "" {
		return nil
	}
	nodes, holds, err := redis.Examine(ctx, p.Shared(nil))
	var found []Finding
	for _, n := range nodes {
		found = append(found, judgeRedis(n)...)
	}
	switch {
	case err != nil:
		return append(found, fault(redisCheck, redis.Redact(p.Redis)+": "+oneLine(err), "see that it runs, that this computer reaches it, and that address, user and password are right"))
	case holds == nil:
		return append(found, fine(redisCheck, "there is no canvas under %q yet: the first start begins a blank one", p.RedisPrefix))
	case *holds != p.Geometry:
		return append(found, fault(redisCheck, fmt.Sprintf("the canvas under %q is %v, and asked for is %v", p.RedisPrefix, holds, p.Geometry),
			fmt.Sprintf("start with --canvas %dx%d --region %d, or choose another --redis-prefix", holds.Width, holds.Height, holds.Region)))
	}
	return append(found, fine(redisCheck, "the canvas %v is under %q", holds, p.RedisPrefix))
}

// judgeRedis judges one Redis by what it tells of itself.
func judgeRedis(n redis.Node) []Finding {
	said := fmt.Sprintf("%s, version %s, answers within %v", n.Addr, n.Version, n.Latency.Round(10*time.Microsecond))
	found := []Finding{fine(redisCheck, "%s", said)}
	if n.Latency > slowRedis {
		found[0] = warning(redisCheck, said, "a pixel is shown after one answer at the earliest: run the servers in the same data centre as Redis")
	}
	if n.TooOld {
		found[0] = fault(redisCheck, said, "6.2 is the least version that does what is needed")
	}
	for _, w := range n.Warnings {
		said, toDo, _ := strings.Cut(w, ": ")
		found = append(found, warning(redisCheck, n.Addr+": "+said, toDo))
	}
	if off := n.Ahead.Abs(); off > clockOff+n.Latency {
		found = append(found, warning("clock", fmt.Sprintf("the clock of %s differs from this computer's by %v", n.Addr, n.Ahead.Round(time.Millisecond)),
			"have both follow the same clocks (chrony, systemd-timesyncd, ntpd): ends of bans, sign-ins and timetables, and the times in the record, go by them"))
	} else {
		found = append(found, fine("clock", "that of %s is the same to within %v", n.Addr, max(off, n.Latency).Round(time.Millisecond)+time.Millisecond))
	}
	return found
}
