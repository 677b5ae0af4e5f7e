package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"pixelplayground/cmd/pixelctl/govern"
	"pixelplayground/cmd/pixelctl/loadtest/target"
	"pixelplayground/codec"
	"pixelplayground/transport/client"
)

// openLimit is how long a command tries to connect before it gives up.
const openLimit = 10 * time.Second

// server is the flags that say what to connect to, and under which name.
type server struct {
	Target []string `placeholder:"URL" default:"ws://127.0.0.1:8080/ws" help:"Where the canvas is. Of several servers of one canvas, the next is tried when one fails."`
	Name   string   `placeholder:"NAME" help:"Your name as others see it."`
	Key    string   `placeholder:"KEY" help:"Key or token to draw, watch and make snapshots with. Give it in the environment."`

	AdminToken string `placeholder:"SECRET" help:"What lets in operators, as for the server: for keys, and for all about the rules. Give it in the environment."`
}

// operator is who asks for what only operators may.
func (s *server) operator(std streams) *govern.Operator {
	return &govern.Operator{Targets: s.Target, Token: s.AdminToken, Out: std.out, Notes: std.err, Now: time.Now}
}

// open connects. What happens to the connection later is written to notes, a line each.
func (s *server) open(ctx context.Context, cfg client.Config, notes io.Writer) (*client.Client, error) {
	targets, err := target.Parse(s.Target)
	if err != nil {
		return nil, &usageError{error: err}
	}
	cfg.URLs, cfg.Name, cfg.Key = targets, s.Name, s.Key
	cfg.Handler = noteConnection(cfg.Handler, notes)
	c, err := client.New(cfg)
	if err != nil {
		return nil, &usageError{error: err}
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	if err := c.Open(ctx); err != nil {
		return nil, fmt.Errorf("%w; is the server running, and --target right?", err)
	}
	return c, nil
}

// noteConnection makes a handler, which has no functions for notices and waiting ops, also write notes
// about the connection.
func noteConnection(h client.Handler, notes io.Writer) client.Handler {
	noted, connected, lost := h, false, false
	noted.Connected = func(w codec.Welcome) {
		if connected {
			fmt.Fprintf(notes, "connected again, to %s\n", w.Node)
		}
		connected, lost = true, false
		if h.Connected != nil {
			h.Connected(w)
		}
	}
	noted.Disconnected = func(err error, retry time.Duration) {
		if !lost { // of all failed attempts, only the first is worth a note
			lost = true
			fmt.Fprintf(notes, "%v; connecting again\n", err)
		}
		if h.Disconnected != nil {
			h.Disconnected(err, retry)
		}
	}
	noted.Waiting = func(ops []uint64) {
		fmt.Fprintf(notes, "not saved yet: the store of the canvas does not answer; waiting: %d\n", len(ops))
	}
	noted.Notice = func(n codec.Notice) {
		switch n.Code {
		case codec.NoticeDraining:
			fmt.Fprintln(notes, "the server is restarting")
		case codec.NoticeAnnouncement:
			fmt.Fprintf(notes, "the server says: %s\n", n.Text)
		}
	}
	return noted
}
