package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"pixelplayground/transport"
)

// operators is the front of a pod that is no gateway: health, readiness, metrics.
type operators struct {
	address string
	log     *slog.Logger

	listener net.Listener // nil before Listen
	server   *http.Server // nil before open
	serving  sync.WaitGroup
}

// Limits of operators' requests, and how long they may take to end.
const (
	operatorsHead  = 10 * time.Second
	operatorsIdle  = 60 * time.Second
	operatorsGrace = time.Second

	operatorsHeadBytes = 64 << 10
)

func (o *operators) Listen() (err error) {
	if o.listener, err = net.Listen("tcp", o.address); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

func (o *operators) open(handler http.Handler) {
	o.server = &http.Server{
		DisableGeneralOptionsHandler: true, // that handler would wait for an endless body
		Handler:                      handler, ReadHeaderTimeout: operatorsHead, IdleTimeout: operatorsIdle, MaxHeaderBytes: operatorsHeadBytes,
		ErrorLog: slog.NewLogLogger(o.log.Handler(), slog.LevelDebug),
	}
	o.serving.Go(func() {
		if err := o.server.Serve(o.listener); !errors.Is(err, http.ErrServerClosed) {
			o.log.Error("operators can't reach this server any more", "err", err)
		}
	})
}

func (o *operators) Addr() net.Addr { return o.listener.Addr() }

// Drain does nothing: there are no clients to tell.
func (o *operators) Drain(context.Context, transport.Notice) error { return nil }

func (o *operators) Close() {
	if o.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), operatorsGrace)
		defer cancel()
		if o.server.Shutdown(ctx) != nil {
			_ = o.server.Close()
		}
	} else if o.listener != nil {
		_ = o.listener.Close()
	}
	o.serving.Wait()
}
