//go:build linux

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	driver "github.com/redis/go-redis/v9"
)

// redisOptions understands redis://[user:password@]address[:port].
func redisOptions(url string) (*driver.Options, error) {
	o, err := driver.ParseURL(url)
	if err == nil && (o.Network != "tcp" || o.TLSConfig != nil) {
		err = fmt.Errorf("must be redis://address:port, without TLS")
	}
	if err != nil {
		return nil, fmt.Errorf("connect to redis: %w", err)
	}
	return o, nil
}

// redisProcess is the process of a Redis on this machine.
func redisProcess(url string) (process, error) {
	o, err := redisOptions(url)
	if err != nil {
		return 0, err
	}
	r := driver.NewClient(o)
	defer r.Close()
	info, err := r.Info(context.Background(), "server").Result()
	if err != nil {
		return 0, fmt.Errorf("ask redis: %w", err)
	}
	return parseProcessID(info)
}

func parseProcessID(info string) (process, error) {
	for line := range strings.Lines(info) {
		if id, found := strings.CutPrefix(line, "process_id:"); found {
			pid, err := strconv.Atoi(strings.TrimSpace(id))
			return process(pid), err
		}
	}
	return 0, fmt.Errorf("redis: no process_id in %q", info)
}

// redisURL is what the server is told with --redis; "": its store is on disk.
func (s *site) redisURL() string {
	for _, arg := range s.Arg {
		if url, found := strings.CutPrefix(arg, "--redis="); found {
			return url
		}
	}
	return ""
}
