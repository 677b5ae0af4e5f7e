package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"pixelplayground/actors/store/backup"
)

// A data directory has one process. Who wants a backup of what a server has open asks it, at a socket in the
// directory: who may write there may have all that is in it. Whoever connects is sent a backup, one at a time.

func backupSocket(dir string) string { return filepath.Join(dir, "backup.sock") }

// backupPause is how long a backup may not be taken on before it is given up.
const backupPause = 30 * time.Second

// offerBackups gives backups until it is ended. Where there can't be a socket, it says so and goes on without.
func offerBackups(cfg config, from backup.Source, log *slog.Logger) (end func()) {
	path := backupSocket(cfg.data)
	listener, err := listenPrivately(path)
	if err != nil {
		log.Warn("no backups while the server runs", "socket", path, "err", err)
		return func() {}
	}
	wait := inBackground(func(ctx context.Context) {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // it is closed
			}
			giveBackup(ctx, cfg, conn, from, log)
		}
	})
	return func() {
		_ = listener.Close() // takes the socket away
		wait()
	}
}

func listenPrivately(path string) (net.Listener, error) {
	if err := remove(path); err != nil { // of a process that was killed: this one has the directory now
		return nil, err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("keep it to one user: %w", err)
	}
	return listener, nil
}

func giveBackup(ctx context.Context, cfg config, conn net.Conn, from backup.Source, log *slog.Logger) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	began := time.Now()
	summary, err := backup.Write(ctx, pressing{conn}, from, about(cfg))
	if err != nil {
		log.Warn("backup failed", "err", err)
		return
	}
	log.Info("backup given", "regions", summary.Regions, "pixels", summary.Pixels, "took", time.Since(began).Round(time.Millisecond))
}

// pressing gives up on who does not read.
type pressing struct{ net.Conn }

func (p pressing) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(backupPause)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}
