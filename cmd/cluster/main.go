// Command cluster runs a whole cluster on this computer: a redis-server and several servers of the
// canvas, each at an address of its own in 127.0.0.0/8. It is what `make cluster` starts, to show
// what a cluster does before you have one. Ctrl-C stops all of it. A server that ends by itself or
// is killed is reported and not restarted.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"pixelplayground/cmd/commandline"
)

func main() {
	gateways := flag.Int("gateways", 2, "servers with users")
	canvases := flag.Int("canvases", 2, "servers that carry regions")
	binary := flag.String("playground", "bin/playground", "the server")
	data := flag.String("data", "data/cluster", "directory of the redis-server")
	version := flag.Bool("version", false, "show the version")
	flag.Parse()
	if *version {
		fmt.Println(commandline.Version())
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // if the log's reader goes away, the servers must not be left behind
	if err := run(ctx, *binary, *data, *gateways, *canvases, flag.Args()); err != nil {
		fmt.Fprintf(os.Stderr, "cluster: %v\n", err)
		os.Exit(1)
	}
}

// Ports of every server, each at its own address: 127.0.0.1 for Redis, 127.0.0.11 and on
// for gateways, 127.0.0.21 and on for the others.
const (
	httpPort    = "8080"
	gossipPort  = "7946"
	peerPort    = "7947"
	redisPort   = "6380" // unlike the default 6379, which a Redis may use here already
	gatewayFrom = 11
	canvasFrom  = 21
	most        = 10 // of each kind, so that their addresses don't overlap
)

// member is one server.
type member struct {
	name, ip, role string
}

func members(gateways, canvases int) (list []member) {
	for i := range gateways {
		list = append(list, member{"gateway-" + strconv.Itoa(i+1), fmt.Sprintf("127.0.0.%d", gatewayFrom+i), "gateway"})
	}
	for i := range canvases {
		list = append(list, member{"canvas-" + strconv.Itoa(i+1), fmt.Sprintf("127.0.0.%d", canvasFrom+i), "canvas"})
	}
	return list
}

func (m member) args(seeds []string, more []string) []string {
	return append([]string{
		"--node", m.name, "--roles", m.role, "--redis", "redis://127.0.0.1:" + redisPort, "--join", strings.Join(seeds, ","),
		"--listen", net.JoinHostPort(m.ip, httpPort), "--gossip", net.JoinHostPort(m.ip, gossipPort), "--peer", net.JoinHostPort(m.ip, peerPort),
	}, more...)
}

// grace is the time a process has to end after SIGTERM.
const grace = 20 * time.Second

// process is a child, ended by SIGTERM when ctx ends.
func process(ctx context.Context, name, binary string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stderr = &prefixed{name: name, to: os.Stderr}
	setApart(cmd)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = grace
	return cmd
}

// run starts all processes, prints where they are, and waits until ctx is done and all have ended.
func run(ctx context.Context, binary, data string, gateways, canvases int, more []string) error {
	if gateways < 1 || canvases < 1 || gateways > most || canvases > most {
		return fmt.Errorf("--gateways %d --canvases %d: must be 1 to %d each", gateways, canvases, most)
	}
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	dir, err := filepath.Abs(data)
	if err != nil {
		return err
	}
	// Redis goes last: the servers may still have pixels for it.
	redisCtx, stopRedis := context.WithCancel(context.Background())
	redis := process(redisCtx, "redis", "redis-server", "--bind", "127.0.0.1", "--port", redisPort, "--dir", dir,
		"--appendonly", "yes", "--save", "", "--loglevel", "warning")
	if err := redis.Start(); err != nil {
		stopRedis()
		return fmt.Errorf("%w: install Redis, on Debian the package redis-server", err)
	}
	defer func() {
		stopRedis()
		_ = redis.Wait() // how it ended is in its log
	}()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	list := members(gateways, canvases)
	var seeds []string
	for _, m := range list {
		seeds = append(seeds, net.JoinHostPort(m.ip, gossipPort))
	}
	var running []*exec.Cmd
	for _, m := range list {
		cmd := process(ctx, m.name, binary, m.args(seeds, more)...)
		if err = cmd.Start(); err != nil {
			break
		}
		running = append(running, cmd)
		where := "http://" + net.JoinHostPort(m.ip, httpPort)
		fmt.Printf("%-10s pid %-7d %s\n", m.name, cmd.Process.Pid, where)
	}
	if err == nil {
		fmt.Println("Draw at any gateway. pixelctl cluster shows who owns what; kill -9 a pid and go on drawing. Ctrl-C stops all.")
	} else {
		cancel()
	}
	return wait(ctx, list, running, err)
}

// wait waits for all servers, and reports those that end before they are asked to.
func wait(ctx context.Context, list []member, running []*exec.Cmd, failed error) error {
	ended := make(chan int, len(running)) // each server sends its index once
	for i, cmd := range running {
		go func() {
			_ = cmd.Wait() // ProcessState tells
			ended <- i
		}()
	}
	for range running {
		i := <-ended
		if ctx.Err() == nil {
			fmt.Printf("%-10s ended: %v\n", list[i].name, running[i].ProcessState)
		}
	}
	return failed
}

// prefixed writes whole lines, each after the name of the process that wrote it.
type prefixed struct {
	name string
	to   io.Writer
	rest []byte // the unfinished last line; used by one goroutine of exec
}

func (p *prefixed) Write(b []byte) (int, error) {
	p.rest = append(p.rest, b...)
	for {
		line, rest, whole := strings.Cut(string(p.rest), "\n")
		if !whole {
			return len(b), nil
		}
		p.rest = []byte(rest)
		if _, err := fmt.Fprintf(p.to, "%-10s %s\n", p.name, line); err != nil {
			return 0, err
		}
	}
}
