//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// keeper does the least that makes a record durable in the way a store does.
type keeper struct {
	keep  func(record []byte) error
	close func()
}

// nowhere keeps nothing.
const nowhere = "nowhere"

// keeperAt keeps records in a directory, in Redis, or nowhere.
func keeperAt(place string) (keeper, error) {
	switch {
	case place == nowhere:
		return keeper{func([]byte) error { return nil }, func() {}}, nil
	case strings.HasPrefix(place, "redis"):
		return redisKeeper(place)
	}
	return fileKeeper(place)
}

// fileKeeper appends to a file, and waits for the disk.
func fileKeeper(dir string) (keeper, error) {
	file, err := os.Create(filepath.Join(dir, "records"))
	if err != nil {
		return keeper{}, fmt.Errorf("keep records: %w", err)
	}
	return keeper{func(record []byte) error {
		if _, err := file.Write(record); err != nil {
			return fmt.Errorf("keep record: %w", err)
		}
		return unix.Fdatasync(int(file.Fd()))
	}, func() { _ = file.Close() }}, nil
}

// keepScript is a script of one write: KEYS is the log, ARGV the record.
const keepScript = `redis.call('XADD', KEYS[1], 'MAXLEN', '1000', '*', 'batch', ARGV[1]) return ''`

// redisKeeper appends to a stream by a script, and deletes the stream in the end.
func redisKeeper(url string) (keeper, error) {
	r, err := redisAt(url)
	if err != nil {
		return keeper{}, err
	}
	hash, err := r.do("SCRIPT", "LOAD", keepScript)
	if err != nil {
		r.close()
		return keeper{}, err
	}
	const log = "playground-bench-records"
	return keeper{func(record []byte) error {
		_, err := r.do("EVALSHA", hash, "1", log, string(record))
		return err
	}, func() {
		_, _ = r.do("DEL", log) // fails when Redis is gone
		r.close()
	}}, nil
}

// echo answers requests on the loop's one connection, one at a time, each once it has been kept.
func (l *loop) echo(request, reply, times int, place string) error {
	if len(l.fds) != 1 {
		return fmt.Errorf("echo: %d connections, want 1", len(l.fds))
	}
	if err := unix.SetNonblock(l.fds[0], false); err != nil {
		return fmt.Errorf("set up socket: %w", err)
	}
	k, err := keeperAt(place)
	if err != nil {
		return err
	}
	defer k.close()
	client, in, out := socket(l.fds[0]), make([]byte, request), make([]byte, reply)
	for range times {
		if _, err := io.ReadFull(client, in); err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if err := k.keep(in); err != nil {
			return err
		}
		if _, err := client.Write(out); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}
