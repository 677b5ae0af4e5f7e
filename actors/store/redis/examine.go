package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/canvas"
)

// Node is what one Redis that takes writes tells of itself.
type Node struct {
	Addr     string
	Version  string // "": it does not tell
	TooOld   bool
	Latency  time.Duration // of an answer, the median of some
	Ahead    time.Duration // its clock before this computer's, to within Latency
	Warnings []string      // what may lose pixels or stop drawing, and after a colon what to do
}

// Examine finds out how the Redis of cfg does, and which canvas it holds; nil: none. It changes
// nothing. What it has found is returned with the error, too.
func Examine(ctx context.Context, cfg Config) (nodes []Node, holds *canvas.Geometry, err error) {
	connect, err := parse(cfg.URL, cfg.Password)
	if err != nil {
		return nil, nil, err
	}
	s := newStore(cfg, connect)
	defer func() { err = errors.Join(err, s.Close()) }()
	var mu sync.Mutex // guards nodes: those of a cluster are asked at once
	ask := func(ctx context.Context, node *driver.Client) error {
		n, err := examineNode(ctx, node)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			nodes = append(nodes, n)
		}
		return err
	}
	err = s.eachMaster(ctx, ask)
	slices.SortFunc(nodes, func(a, b Node) int { return cmp.Compare(a.Addr, b.Addr) })
	if err != nil {
		return nodes, nil, err
	}
	g, _, err := s.holding(ctx)
	if errors.Is(err, errNothing) {
		return nodes, nil, nil
	}
	return nodes, &g, err
}

// examinePings is how many answers are timed.
const examinePings = 9

func examineNode(ctx context.Context, node *driver.Client) (n Node, err error) {
	n.Addr = node.Options().Addr
	var times []time.Duration
	for range examinePings {
		began := time.Now()
		if err := node.Ping(ctx).Err(); err != nil {
			return n, fmt.Errorf("%s: %w", n.Addr, err)
		}
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	n.Latency = times[len(times)/2]
	began := time.Now()
	if clock, err := node.Time(ctx).Result(); err == nil {
		n.Ahead = clock.Sub(began.Add(time.Since(began) / 2))
	}
	n.Warnings = warnings(setting(ctx, node, "maxmemory-policy"), setting(ctx, node, "appendonly"), setting(ctx, node, "save"))
	info := node.Info(ctx).Val() // empty if it tells nothing
	n.Version = infoField(info, "redis_version")
	n.TooOld = n.Version != "" && older(n.Version, 6, 2)
	return n, n.judge(info)
}

// judge adds what Redis tells of its own failures; the error is one that ends drawing.
func (n *Node) judge(info string) error {
	for name, what := range map[string]string{
		"aof_last_write_status":     "its last write to the append-only file failed: make room on its disk",
		"aof_last_bgrewrite_status": "it could not write its append-only file anew: make room on its disk",
		"rdb_last_bgsave_status":    "its last snapshot failed, after which it refuses to be written to by default: make room on its disk, and see its log",
	} {
		if infoField(info, name) == "err" {
			n.Warnings = append(n.Warnings, what)
		}
	}
	used, _ := strconv.ParseFloat(infoField(info, "used_memory"), 64)
	if most, _ := strconv.ParseFloat(infoField(info, "maxmemory"), 64); most > 0 && used > 0.8*most {
		n.Warnings = append(n.Warnings, fmt.Sprintf("%.0f%% of its maxmemory is used: raise it, or nothing can be drawn when it is full", 100*used/most))
	}
	slices.Sort(n.Warnings)
	if infoField(info, "role") == "slave" {
		return fmt.Errorf("%s is a replica, which takes no writes: name its master, or Sentinels that know it", n.Addr)
	}
	return nil
}

// older reports whether a version is less than major.minor.
func older(version string, major, minor int) bool {
	var is [2]int
	for i, part := range strings.SplitN(version, ".", 3)[:min(2, strings.Count(version, ".")+1)] {
		is[i], _ = strconv.Atoi(part)
	}
	return is[0] < major || is[0] == major && is[1] < minor
}
