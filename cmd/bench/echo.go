//go:build linux

package main

import (
	"cmp"
	"crypto/sha1"
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

// redisKeeper appends to a stream by a script, and deletes the stream in the end. It asks one thing at a
// time over a connection that blocks its thread meanwhile: nothing is quicker for one round trip, so this
// is the least that a commit can cost.
func redisKeeper(url string) (keeper, error) {
	o, err := redisOptions(url)
	if err != nil {
		return keeper{}, err
	}
	conn, err := net.Dial("tcp", o.Addr)
	if err != nil {
		return keeper{}, err
	}
	defer conn.Close()
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		return keeper{}, fmt.Errorf("take over connection: %w", err)
	}
	file.Fd() // makes it block
	const log = "playground-bench-records"
	hash := fmt.Sprintf("%x", sha1.Sum([]byte(keepScript)))
	if o.Password != "" {
		err = ask(file, "+OK\r\n", "AUTH", cmp.Or(o.Username, "default"), o.Password)
	}
	if err = cmp.Or(err, ask(file, "$40\r\n"+hash+"\r\n", "SCRIPT", "LOAD", keepScript)); err != nil {
		return keeper{}, errors.Join(err, file.Close())
	}
	return keeper{func(record []byte) error {
		return ask(file, ":1\r\n", "EVALSHA", hash, "1", log, string(record))
	}, func() {
		_ = ask(file, ":1\r\n", "DEL", log) // fails when Redis is gone
		_ = file.Close()
	}}, nil
}

// ask gives Redis a command, and expects this reply.
func ask(redis io.ReadWriter, want string, words ...string) error {
	command := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, word := range words {
		command = fmt.Appendf(command, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := redis.Write(command); err != nil {
		return fmt.Errorf("ask redis: %w", err)
	}
	reply := make([]byte, len(want))
	if _, err := io.ReadFull(redis, reply); err != nil || string(reply) != want {
		return fmt.Errorf("ask redis for %s: it says %q…: %w", words[0], reply, err)
	}
	return nil
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
	l.client = os.NewFile(uintptr(l.fds[0]), "client")
	in, out := make([]byte, request), make([]byte, reply)
	for range times {
		if _, err := io.ReadFull(l.client, in); err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if err := k.keep(in); err != nil {
			return err
		}
		if _, err := l.client.Write(out); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}
