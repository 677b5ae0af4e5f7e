package backup

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"pixelplayground/actors/store"
	"pixelplayground/actors/store/backup"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/cmd/playground/settings"
)

// Only one process can have a data directory open. To back up what a server has open, another
// process asks that server, over a socket in the directory. Everyone who may write there may have
// everything in it, so each connection is sent a backup, one at a time.

func backupSocket(dir string) string { return filepath.Join(dir, "backup.sock") }

// backupPause is how long the other end may read nothing before the backup is given up.
const backupPause = 30 * time.Second

// Offer serves backups, with the documents of these kinds, until end is called. If there can't be a socket, it logs that and
// goes on without one.
func Offer(cfg settings.Config, from backup.Source, lasting []store.Kind, log *slog.Logger) (end func()) {
	path := backupSocket(cfg.Data)
	listener, err := listenPrivately(path)
	if err != nil {
		log.Warn("no backups while the server runs", "socket", path, "err", err)
		return func() {}
	}
	wait := process.InBackground(func(ctx context.Context) {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the listener is closed
			}
			giveBackup(ctx, conn, from, source{cfg, lasting}, log)
		}
	})
	return func() {
		_ = listener.Close() // removes the socket
		wait()
	}
}

func listenPrivately(path string) (net.Listener, error) {
	if err := remove(path); err != nil { // left by a process that was killed: this one has the directory now
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

func giveBackup(ctx context.Context, conn net.Conn, from backup.Source, given source, log *slog.Logger) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	began := time.Now()
	summary, err := backup.Write(ctx, pressing{conn}, from, about(given.Config), given.lasting)
	if err != nil {
		log.Warn("backup failed", "err", err)
		return
	}
	log.Info("backup given", "regions", summary.Regions, "pixels", summary.Pixels, "took", time.Since(began).Round(time.Millisecond))
}

// pressing gives up on a reader that does not read.
type pressing struct{ net.Conn }

func (p pressing) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(backupPause)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}
