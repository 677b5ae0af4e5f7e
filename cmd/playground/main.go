// Command playground is the server of the pixel canvas: it reads its settings, wires the
// packages to each other, serves until it is told to stop, and then lets clients, actors
// and store finish. It is the only place that knows all of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/playground/backup"
	"pixelplayground/cmd/playground/doctor"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/cmd/playground/settings"
)

// echo is how long after the first signal another one is ignored: supervisors and terminals send
// one to the process and one to its group.
const echo = 500 * time.Millisecond

func main() {
	// Two, because the second signal means "end at once".
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// If the log's reader goes away, the log is lost, but not the clients. Unless SIGPIPE is
	// ignored, Go ends a process whose stdout or stderr is a broken pipe.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, stop))
}

// complain reports why there is no server, in the log's format. It does not wait for whoever reads it:
// the process must end, so that whatever looks after it starts the next.
func complain(cfg settings.Config, stderr io.Writer, why string) {
	w := newLogWriter(stderr, func(int) {})
	defer w.Close()
	if cfg.LogJSON {
		cfg.NewLog(w).Error("not started", "err", why)
		return
	}
	fmt.Fprintf(w, "playground: %s\n", why)
}

// notify tells whatever started the process how it is.
func notify(log *slog.Logger, state string) {
	if err := process.Notify(state); err != nil {
		log.Warn("whoever started the server can't be told how it is", "state", state, "err", err)
	}
}

// run is a command, or the whole life of a server. The server's address goes to stdout (programs
// find it in the log); the log, and why the server could not start, go to stderr. The first value
// from stop drains the server, the second ends it.
func run(args []string, stdout, stderr io.Writer, stop <-chan os.Signal) (exit int) {
	if len(args) > 0 {
		switch args[0] {
		case "backup":
			return backup.Take(args[1:], lasting(), stdout, stderr, stop)
		case "restore":
			return backup.Restore(args[1:], stdout, stderr, stop)
		case "doctor":
			return doctor.Examine(args[1:], operatorsMost, stdout, stderr, stop)
		}
	}
	cfg, err := settings.Read(args, stdout)
	switch {
	case errors.Is(err, settings.ErrAnswered):
		return process.ExitStopped
	case err != nil:
		complain(cfg, stderr, err.Error())
		return process.ExitRefused
	}
	log, closeLog := openLog(cfg, stderr)
	defer closeLog()

	p, err := open(cfg, log)
	if err != nil {
		closeLog() // its lines come first
		complain(cfg, stderr, startError(err, cfg))
		return process.ExitFailed
	}
	if !cfg.LogJSON { // a log collector, which often takes stdout too, finds the address in the next line
		announcement := newLogWriter(stdout, func(int) {})
		defer announcement.Close()
		fmt.Fprintf(announcement, "Pixel Playground is at %s\n", p.url())
	}
	log.Info("serving", "url", p.url(), "node", cfg.Node, "version", commandline.Version(), "canvas", cfg.Geometry.String(), "store", cfg.KeptIn())
	notify(log, process.Ready)

	log.Info("draining", "asked_by", p.ending(stop), "timeout", cfg.DrainTimeout.String())
	notify(log, process.Stopping)
	drained := make(chan error, 1) // sent to once, by the goroutine below
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), cfg.DrainTimeout)
		defer cancel()
		drained <- p.close(ctx)
	}()
	began := time.Now()
	for waiting := true; waiting; {
		select {
		case err = <-drained:
			waiting = false
		case again := <-stop:
			if time.Since(began) > echo {
				log.Warn("stopped at once, not every client was told", "signal", again.String())
				return process.ExitFailed
			}
		}
	}
	if err != nil {
		log.Error("stopped with a fault", "err", err)
		return process.ExitFailed
	}
	log.Info("stopped")
	return process.ExitStopped
}
