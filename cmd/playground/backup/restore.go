package backup

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
	"pixelplayground/cmd/playground/settings"
)

// restoreOptions are the settings that say where the canvas is to be, and what to do.
type restoreOptions struct {
	settings.Options

	From         string `arg:"" name:"file" help:"Backup to read; of a directory the newest one; s3://BUCKET/PATH for an object, with a slash at the end for the newest one in a folder; - for stdin. Objects and stdin need room in the directory for temporary files."`
	Check        bool   `env:"-" help:"Only read the backup, and say what is in it."`
	Replace      bool   `env:"-" help:"Take the place of a canvas on which something was drawn. In Redis that one is gone; in a data directory it stays beside the new one."`
	KeepIdentity bool   `env:"-" help:"Give the canvas in Redis the identity that the backup's had. Servers that have run on since take it for theirs, and give it what they show and it has not. Otherwise it gets a new one, and such servers refuse it until they are restarted."`
}

const restoreDescription = "Brings a canvas back from a backup, into an empty Redis or data directory. Stop the servers before." +
	" Nothing is written unless the whole backup is sound, and no server starts on a canvas that was restored in part. The settings are those of a server."

// Restore is the command that brings a canvas back from a backup, and returns the exit code.
func Restore(args []string, stdout, stderr io.Writer, stop <-chan os.Signal) int {
	var given restoreOptions
	cfg, from, err := settings.Program{Name: "playground restore", Description: restoreDescription, Shown: []string{"canvas", "region", "data", "redis", "redis-password-file", "redis-prefix", "s3-endpoint", "log-format", "config"}}.
		Read(&given, &given.Options, args, stdout)
	object, err := openStored(cfg, given.From, err)
	c := command{cfg: cfg, said: stdout, complaints: stderr, stop: stop}
	return c.run(err, func(ctx context.Context) (string, error) {
		began := time.Now()
		file, err := given.find(ctx, object)
		defer file.done()
		if err != nil {
			return "", err
		}
		summary, err := file.check()
		if err != nil || given.Check {
			return fmt.Sprintf("%s is sound: %s", file.name, told(summary)), err
		}
		for _, setting := range []string{"canvas", "region"} {
			if _, set := from[setting]; set && cfg.Geometry != summary.Geometry() {
				return "", fmt.Errorf("%s: the canvas in it is %v, --canvas and --region say %v: change these, also for the servers", file.name, summary.Geometry(), cfg.Geometry)
			}
		}
		r := restoration{cfg: cfg, file: file, summary: summary, replace: given.Replace, keepIdentity: given.KeepIdentity}
		into, err := r.restore(ctx)
		return fmt.Sprintf("%s restored into %s%s", told(summary), into, took(began)), err
	})
}

// backupFile is a backup to restore. It is read twice, so what comes from elsewhere is copied
// first.
type backupFile struct {
	name   string // what the user calls it
	path   string
	copied bool
}

// find returns the backup that the command line names, which must be done with even after an error.
func (o restoreOptions) find(ctx context.Context, object *stored) (file backupFile, err error) {
	switch {
	case object != nil:
		if object, err = object.newest(ctx); err != nil {
			return file, err
		}
		file.name, file.copied = object.String(), true
		err = object.Get(ctx, func(from io.Reader) (err error) {
			file.path, err = spool(from)
			return err
		})
		return file, err
	case o.From == "-":
		file.name, file.copied = "the backup on stdin", true
		file.path, err = spool(os.Stdin)
		return file, err
	}
	file.path, err = newestFile(ctx, o.From)
	file.name = file.path
	return file, err
}

// spool copies to a new file, which is there even after an error unless path is empty.
func spool(from io.Reader) (path string, err error) {
	file, err := os.CreateTemp("", "playground-*.backup")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, from)
	return file.Name(), errors.Join(err, file.Close())
}

// done deletes the copy, if it is one.
func (f backupFile) done() {
	if f.copied {
		_ = remove(f.path) // a temporary file
	}
}

// check reads the backup to its end.
func (f backupFile) check() (s backup.Summary, err error) {
	file, err := os.Open(f.path)
	if err != nil {
		return s, err
	}
	defer file.Close()
	if s, err = backup.Check(file); err != nil {
		err = fmt.Errorf("%s: %w: nothing was restored", f.name, err)
	}
	return s, err
}

// restoration is a backup that was found sound, on its way into a store.
type restoration struct {
	cfg                   settings.Config
	file                  backupFile
	summary               backup.Summary
	replace, keepIdentity bool
}

func (r restoration) restore(ctx context.Context) (into string, err error) {
	r.cfg.Geometry = r.summary.Geometry()
	if r.cfg.Redis != "" {
		return r.cfg.KeptIn(), r.intoRedis(ctx)
	}
	return r.intoDirectory(ctx)
}

func (r restoration) intoRedis(ctx context.Context) (err error) {
	identity := ""
	if r.keepIdentity {
		if identity = r.summary.Identity; identity == "" {
			return fmt.Errorf("%s: --keep-identity: the canvas in it was not in a Redis, and has none", r.file.name)
		}
	}
	into, err := redis.Restore(ctx, r.cfg.Shared(nil), identity, r.replace)
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
	into, err := bolt.Restore(r.cfg.Embedded(nil), r.replace)
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
	if where = r.cfg.Data; aside != "" {
		where += " (what was there before is " + aside + ")"
	}
	return where, err
}

// fill writes all regions.
func (r restoration) fill(ctx context.Context, into backup.Target) error {
	file, err := os.Open(r.file.path)
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

// PutDocument implements backup.Target.
func (p patient) PutDocument(ctx context.Context, kind store.Kind, id string, value []byte, until time.Time) error {
	return patiently(ctx, func() error { return p.Target.PutDocument(ctx, kind, id, value, until) })
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
