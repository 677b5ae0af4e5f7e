//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// build compiles the server.
func build(dir string) (string, error) {
	program := filepath.Join(dir, "playground")
	if output, err := exec.Command("go", "build", "-o", program, "./cmd/playground").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build server: %w\n%s", err, output)
	}
	return program, nil
}

// server is the real program as a process.
type server struct {
	child
	addr netip.AddrPort
	data string
}

// serve starts a server with an empty canvas, and without limits unless some are given.
func (s *site) serve(limits ...string) (*server, error) {
	if len(limits) == 0 {
		limits = []string{"--rate=0"}
	}
	data, err := os.MkdirTemp(s.scratch, "data-")
	if err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	args := append([]string{
		"--listen=127.0.0.1:0", "--data=" + data, "--canvas=1024x1024", "--region=256",
		"--max-connections=30000", "--log-level=warn",
		"--redis-prefix=" + filepath.Base(data), // so that in Redis, too, the canvas is empty
	}, slices.Concat(limits, s.Arg)...)
	v := &server{data: data}
	if v.child, err = s.start(s.Server, args...); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	if v.addr, err = announced(v.out); err != nil {
		return nil, errors.Join(err, v.stop())
	}
	return v, nil
}

// announced reads the address that the server prints.
func announced(stdout io.Reader) (netip.AddrPort, error) {
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("start server: it said %q: %w", line, err)
	}
	line = strings.TrimSpace(line)
	at, err := url.Parse(line[strings.LastIndexByte(line, ' ')+1:])
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("start server: it said %q: %w", line, err)
	}
	return netip.ParseAddrPort(at.Host)
}

// stop ends the server at once: nothing of its canvas is needed.
func (v *server) stop() error {
	v.child.stop()
	return os.RemoveAll(v.data)
}

// counts is what the server counts about its own work.
type counts struct {
	writes  float64
	writing time.Duration // CPU of the rounds of writing
	commits float64
}

// counts reads the server's metrics.
func (v *server) counts() (counts, error) {
	metrics, err := target.Metrics(context.Background(), "http://"+v.addr.String()+"/metrics")
	if err != nil {
		return counts{}, err
	}
	return countsOf(metrics)
}

func countsOf(metrics map[string]float64) (counts, error) {
	var missing []string
	value := func(name string) float64 {
		n, there := metrics["pixelplayground_"+name]
		if !there {
			missing = append(missing, name)
		}
		return n
	}
	c := counts{
		writes: value("socket_writes_total"), commits: value("commits_total"),
		writing: time.Duration(value("write_rounds_cpu_seconds_total") * float64(time.Second)),
	}
	if len(missing) > 0 {
		return counts{}, fmt.Errorf("metrics: the server has no %s", strings.Join(missing, ", "))
	}
	return c, nil
}

func (c counts) minus(before counts) counts {
	return counts{
		writes:  c.writes - before.writes,
		writing: c.writing - before.writing, commits: c.commits - before.commits,
	}
}

// usage is what a server did between two moments.
type usage struct {
	counts
	cpu   time.Duration
	lasts time.Duration
}

// meter begins to measure a server; stop ends that and returns the result.
func (v *server) meter() (stop func() (usage, error), err error) {
	before, err := v.counts()
	if err != nil {
		return nil, err
	}
	cpu, err := v.cpu()
	began := time.Now()
	return func() (usage, error) {
		after, err := v.cpu()
		u := usage{cpu: after - cpu, lasts: time.Since(began)}
		if err != nil {
			return u, err
		}
		now, err := v.counts()
		u.counts = now.minus(before)
		return u, err
	}, err
}
