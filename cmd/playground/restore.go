package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/store"
	"pixelplayground/actors/store/backup"
	"pixelplayground/actors/store/bolt"
	"pixelplayground/actors/store/redis"
)

// restoreOptions are the settings that say where the canvas is to be, and what to do.
type restoreOptions struct {
	options

	From         string `arg:"" name:"file" help:"Backup to read; of a directory the newest one; - for stdin, which needs room in the directory for temporary files."`
	Check        bool   `env:"-" help:"Only read the backup, and say what is in it."`
	Replace      bool   `env:"-" help:"Take the place of a canvas on which something was drawn. In Redis that one is gone; in a data directory it stays beside the new one."`
	KeepIdentity bool   `env:"-" help:"Give the canvas in Redis the identity that the backup's had. Servers that have run on since take it for theirs, and give it what they show and it has not. Otherwise it gets a new one, and such servers refuse it until they are restarted."`
}

const restoreDescription = "Brings a canvas back from a backup, into an empty Redis or data directory. Stop the servers before." +
	" Nothing is written unless the whole backup is sound, and no server starts on a canvas that was restored in part. The settings are those of a server."

// runRestore is the command.
func runRestore(args []string, stdout, stderr io.Writer, stop <-chan os.Signal) int {
	var given restoreOptions
	cfg, from, err := program{"playground restore", restoreDescription, []string{"canvas", "region", "data", "redis", "redis-password-file", "redis-prefix", "log-format", "config"}}.
		configure(&given, &given.options, args, stdout)
	c := command{cfg: cfg, said: stdout, complaints: stderr, stop: stop}
	return c.run(err, func(ctx context.Context) (string, error) {
		began := time.Now()
		path, err := newest(given.From)
		if given.From == "-" {
			path, err = spool()
			defer remove(path)
		}
		if err != nil {
			return "", err
		}
		summary, err := checkFile(path)
		if err != nil || given.Check {
			return fmt.Sprintf("%s is sound: %s", path, told(summary)), err
		}
		for _, setting := range []string{"canvas", "region"} {
			if _, set := from[setting]; set && cfg.geometry != summary.Geometry() {
				return "", fmt.Errorf("%s: the canvas in it is %v, --canvas and --region say %v: change these, also for the servers", path, summary.Geometry(), cfg.geometry)
			}
		}
		r := restoration{cfg: cfg, path: path, summary: summary, replace: given.Replace, keepIdentity: given.KeepIdentity}
		into, err := r.restore(ctx)
		return fmt.Sprintf("%s restored into %s%s", told(summary), into, took(began)), err
	})
}

// spool copies stdin to a file, because a backup is read twice.
func spool() (path string, err error) {
	file, err := os.CreateTemp("", "playground-*.backup")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, os.Stdin)
	return file.Name(), errors.Join(err, file.Close())
}

// checkFile reads a backup to its end.
func checkFile(path string) (s backup.Summary, err error) {
	file, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer file.Close()
	if s, err = backup.Check(file); err != nil {
		err = fmt.Errorf("%s: %w: nothing was restored", path, err)
	}
	return s, err
}

// restoration is a backup that was found sound, on its way into a store.
type restoration struct {
	cfg                   config
	path                  string
	summary               backup.Summary
	replace, keepIdentity bool
}

func (r restoration) restore(ctx context.Context) (into string, err error) {
	r.cfg.geometry = r.summary.Geometry()
	if r.cfg.redis != "" {
		return r.cfg.keptIn(), r.intoRedis(ctx)
	}
	return r.intoDirectory(ctx)
}

func (r restoration) intoRedis(ctx context.Context) (err error) {
	identity := ""
	if r.keepIdentity {
		if identity = r.summary.Identity; identity == "" {
			return fmt.Errorf("%s: --keep-identity: the canvas in it was not in a Redis, and has none", r.path)
		}
	}
	into, err := redis.Restore(ctx, r.cfg.shared(nil), identity, r.replace)
	if errors.Is(err, redis.ErrDrawn) {
		return fmt.Errorf("%w: choose another --redis-prefix or an empty Redis, or --replace it", err)
	}
	if err != nil {
		return err
	}
	defer into.Close()
	if err := r.fill(ctx, into); err != nil {
		return fmt.Errorf("%w: the canvas in Redis is unfinished, and served by nobody until it is restored once more", err)
	}
	return patiently(ctx, func() error { return into.Finish(ctx) })
}

func (r restoration) intoDirectory(ctx context.Context) (where string, err error) {
	into, err := bolt.Restore(r.cfg.embedded(nil), r.replace)
	switch {
	case errors.Is(err, bolt.ErrDrawn):
		return "", fmt.Errorf("%w: choose another --data directory, or --replace it", err)
	case errors.Is(err, bolt.ErrInUse):
		return "", fmt.Errorf("%w: stop it before", err)
	case err != nil:
		return "", err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	if err := r.fill(ctx, into); err != nil {
		return "", err
	}
	aside, err := into.Finish(ctx)
	if where = r.cfg.data; aside != "" {
		where += " (what was there before is " + aside + ")"
	}
	return where, err
}

// fill writes all regions.
func (r restoration) fill(ctx context.Context, into backup.Target) error {
	file, err := os.Open(r.path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = backup.Restore(ctx, file, patient{into}, backup.Base(r.summary.Epoch, time.Now()))
	return err
}

// patient repeats a write that the store does not answer: Redis may be failing over.
type patient struct{ backup.Target }

const (
	// restoreTries is how often a write is tried, with restorePause in between.
	restoreTries = 30
	restorePause = time.Second
	// restoreStep is how far each try raises the epoch: above the epoch that the try before gave
	// the region, if it was carried out after all. Nothing else gives epochs meanwhile.
	restoreStep = 4096
)

// Mend implements backup.Target.
func (p patient) Mend(ctx context.Context, region canvas.RegionID, owner string, have *store.Claim) (term store.Term, err error) {
	again := *have
	err = patiently(ctx, func() (err error) {
		term, err = p.Target.Mend(ctx, region, owner, &again)
		again.Epoch += restoreStep
		return err
	})
	return term, err
}

// Release implements backup.Target.
func (p patient) Release(ctx context.Context, region canvas.RegionID, term store.Term) error {
	return patiently(ctx, func() error { return p.Target.Release(ctx, region, term) })
}

func patiently(ctx context.Context, write func() error) (err error) {
	for range restoreTries {
		if err = write(); !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrFenced) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(restorePause):
		}
	}
	return err
}
