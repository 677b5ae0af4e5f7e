//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	driver "github.com/redis/go-redis/v9"
)

// redisAt prepares for redis://[user:password@]address[:port], with one connection at most. made is
// called with it.
func redisAt(url string, made func(net.Conn)) (*driver.Client, error) {
	o, err := driver.ParseURL(url)
	if err == nil && (o.Network != "tcp" || o.TLSConfig != nil) {
		err = fmt.Errorf("must be redis://address:port, without TLS")
	}
	if err != nil {
		return nil, fmt.Errorf("connect to redis: %w", err)
	}
	o.PoolSize, o.MaxRetries, o.DialerRetries, o.Protocol = 1, -1, 1, 2
	o.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			made(conn)
		}
		return conn, err
	}
	return driver.NewClient(o), nil
}

// redisProcess is the process of a Redis on this machine.
func redisProcess(url string) (process, error) {
	r, err := redisAt(url, func(net.Conn) {})
	if err != nil {
		return 0, err
	}
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
