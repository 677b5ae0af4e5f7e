// Package backup is the commands that copy a canvas into a file and bring one back, and how a server gives
// such a copy to another process. What is in the file is actors/store/backup's business.
package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"pixelplayground/actors/store"
	"pixelplayground/actors/store/backup"
	"pixelplayground/actors/store/bolt"
	"pixelplayground/actors/store/redis"
	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/cmd/playground/settings"
)

// options are the settings that say where the canvas is, and what to do with it.
type options struct {
	settings.Options

	To   string `arg:"" name:"file" help:"File to write, complete or not at all; a directory for one named by the time; s3://BUCKET/PATH for an object, with a slash at the end for a folder of them; - for stdout."`
	Keep int    `env:"-" placeholder:"N" help:"In a directory or folder, delete the oldest backups when there are more than N, once the new one is there. 0 keeps all."`
}

const description = "Copies a canvas into one file, from Redis or a data directory, while servers draw on it." +
	" Everything acknowledged before the copy began is in it. The settings are those of a server."

// Take is the command that takes a backup, and returns the exit code. The backup has the documents of these
// kinds. Take writes what it has done to stdout, unless the backup itself goes there, and why it has failed
// to stderr. It gives up at the first signal.
func Take(args []string, lasting []store.Kind, stdout, stderr io.Writer, stop <-chan os.Signal) int {
	var given options
	cfg, _, err := settings.Program{Name: "playground backup", Description: description, Shown: []string{"data", "redis", "redis-password-file", "redis-prefix", "s3-endpoint", "log-format", "config"}}.
		Read(&given, &given.Options, args, stdout)
	if err == nil && given.Keep < 0 {
		err = fmt.Errorf("--keep %d: must be 0 or more, for example --keep 14", given.Keep)
	}
	object, err := openStored(cfg, given.To, err)
	if err == nil && object != nil && given.Keep > 0 && !object.Folder() {
		err = fmt.Errorf("--keep %d: %s is one object: a folder ends in a slash, %s/", given.Keep, object, object)
	}
	from := source{cfg, lasting}
	c := command{cfg: cfg, said: stdout, complaints: stderr, stop: stop}
	if err == nil && given.To == "-" {
		c.said = stderr
	}
	return c.run(err, func(ctx context.Context) (string, error) {
		began := time.Now()
		if given.To == "-" {
			summary, err := writeBackup(ctx, from, stdout)
			return told(summary) + took(began), err
		}
		keep := keepBackup
		if object != nil {
			keep = object.keepBackup
		}
		path, size, summary, err := keep(ctx, from, given.To, given.Keep)
		return fmt.Sprintf("%s to %s, %d bytes%s", told(summary), path, size, took(began)), err
	})
}

// command is something that the program does instead of serving, and then exits.
type command struct {
	cfg              settings.Config
	said, complaints io.Writer
	stop             <-chan os.Signal
}

// run does what the settings ask for, unless they are refused. It ends when that is done or at the
// first signal, and reports the outcome in one line.
func (c command) run(refused error, do func(context.Context) (string, error)) int {
	switch {
	case errors.Is(refused, settings.ErrAnswered):
		return process.ExitStopped
	case refused != nil:
		c.complain(refused)
		return process.ExitRefused
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	end := process.InBackground(func(ended context.Context) {
		select {
		case signal := <-c.stop:
			cancel(fmt.Errorf("stopped by the signal %v", signal))
		case <-ended.Done():
		}
	})
	said, err := do(ctx)
	end()
	switch {
	case err != nil:
		c.complain(cmp.Or(context.Cause(ctx), err))
		return process.ExitFailed
	case c.cfg.LogJSON:
		c.cfg.NewLog(c.said).Info("done", "what", said)
	default:
		fmt.Fprintln(c.said, said)
	}
	return process.ExitStopped
}

func (c command) complain(err error) {
	why := strings.ReplaceAll(err.Error(), "\n", "; ")
	if c.cfg.LogJSON {
		c.cfg.NewLog(c.complaints).Error("not done", "err", why)
		return
	}
	fmt.Fprintf(c.complaints, "playground: %s\n", why)
}

func told(s backup.Summary) string {
	return fmt.Sprintf("canvas %v as of %s, %d of %d regions drawn on, %d pixels placed",
		s.Geometry(), s.Began.Format(time.RFC3339), s.Drawn, s.Regions, s.Pixels)
}

func took(began time.Time) string {
	return fmt.Sprintf(", in %v", time.Since(began).Round(time.Millisecond))
}

// source is where the canvas to back up is, and which documents a backup of it must have.
type source struct {
	settings.Config
	lasting []store.Kind
}

// writeBackup writes a backup of the canvas that the settings name.
func writeBackup(ctx context.Context, given source, to io.Writer) (backup.Summary, error) {
	if given.Redis != "" {
		return backupRedis(ctx, given, to)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", backupSocket(given.Data))
	if err == nil {
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		return relayBackup(conn, to)
	}
	from, err := bolt.NewReader(given.Data)
	if errors.Is(err, bolt.ErrInUse) {
		return backup.Summary{}, fmt.Errorf("%w, and gives no backup: it is of an earlier version, of another user, or its log says why", err)
	}
	if err != nil {
		return backup.Summary{}, err
	}
	defer from.Close()
	about := about(given.Config)
	about.Width, about.Height, about.Region = from.Geometry.Width, from.Geometry.Height, from.Geometry.Region
	return backup.Write(ctx, to, from, about, given.lasting)
}

// backupRedis reads Redis while the servers use it. It must be the same Redis from the beginning to
// the end.
func backupRedis(ctx context.Context, given source, to io.Writer) (backup.Summary, error) {
	from, err := redis.NewReader(ctx, given.Shared(nil))
	if err != nil {
		return backup.Summary{}, err
	}
	defer from.Close()
	about := about(given.Config)
	about.Width, about.Height, about.Region, about.Identity = from.Geometry.Width, from.Geometry.Height, from.Geometry.Region, from.Identity
	summary, err := backup.Write(ctx, to, from, about, given.lasting)
	if err == nil {
		err = from.Same(ctx)
	}
	if errors.Is(err, store.ErrDamaged) {
		err = fmt.Errorf("%w: running servers give it back: try again soon", err)
	}
	return summary, err
}

// relayBackup copies a backup that another process writes, and fails unless it is whole.
func relayBackup(from io.Reader, to io.Writer) (backup.Summary, error) {
	summary, err := backup.Check(io.TeeReader(from, to))
	if errors.Is(err, backup.ErrDamaged) {
		err = fmt.Errorf("the server gave up, its log says why: %w", err)
	}
	return summary, err
}

// about is what a backup says about itself, except for what only the store knows.
func about(cfg settings.Config) backup.About {
	g := cfg.Geometry
	return backup.About{
		Began: time.Now().UTC().Truncate(time.Millisecond), Program: commandline.Version(),
		Width: g.Width, Height: g.Height, Region: g.Region,
	}
}
