//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
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
const keepScript = `redis.call('XADD', KEYS[1], 'MAXLEN', '1000', '*', 'batch', ARGV[1]) return 1`

// redisKeeper appends to a stream by a script, and deletes the stream in the end. It uses the
// connection that the driver has made by itself, one thing at a time, and blocks its thread
// meanwhile: nothing is quicker for one round trip, so this is the least that a commit can cost.
func redisKeeper(url string) (keeper, error) {
	var conn net.Conn
	r, err := redisAt(url, func(made net.Conn) { conn = made })
	if err != nil {
		return keeper{}, err
	}
	hash, err := r.ScriptLoad(context.Background(), keepScript).Result()
	if err != nil {
		return keeper{}, errors.Join(fmt.Errorf("load script: %w", err), r.Close())
	}
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		return keeper{}, errors.Join(fmt.Errorf("take over connection: %w", err), r.Close())
	}
	const log, kept = "playground-bench-records", ":1\r\n"
	server := socket(file.Fd()) // which makes it block
	return keeper{keep: func(record []byte) error {
		if _, err := fmt.Fprintf(server, "*5\r\n$7\r\nEVALSHA\r\n$%d\r\n%s\r\n$1\r\n1\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n",
			len(hash), hash, len(log), log, len(record), record); err != nil {
			return fmt.Errorf("keep record: %w", err)
		}
		reply := make([]byte, len(kept))
		if _, err := io.ReadFull(server, reply); err != nil || string(reply) != kept {
			return fmt.Errorf("keep record: redis says %q…: %w", reply, err)
		}
		return nil
	}, close: func() {
		_ = unix.SetNonblock(int(server), true) // as the driver wants it
		_ = r.Del(context.Background(), log)    // fails when Redis is gone
		_ = file.Close()
		_ = r.Close()
	}}, nil
}

// socket is a socket whose reads and writes block.
type socket int

func (s socket) Read(p []byte) (int, error) {
	n, err := unix.Read(int(s), p)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}

func (s socket) Write(p []byte) (int, error) {
	n, err := unix.Write(int(s), p)
	return max(n, 0), err
}

// echo answers requests on the loop's one connection, one at a time, each once it has been kept.
func (l *loop) echo(request, reply, times int, place string) error {
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
