package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	driver "github.com/redis/go-redis/v9"

	"pixelplayground/actors/store"
)

// formatVersion is the version of the keys and their values. Log records have a version of their
// own.
const formatVersion = "1"

// errFormat says that a later version of the program wrote the canvas.
var errFormat = errors.New("the canvas has a format of a later version of the program")

// identify checks that Redis holds the canvas asked for, and the one that it held before. A blank
// Redis is made to hold it. If Redis holds something else, that is logged.
func (s *Store) identify(ctx context.Context) error {
	known := s.identity.own()
	err := s.compare(ctx, known)
	switch {
	case isRefusal(err):
		if s.opened.Load() { // else Open returns it
			s.refuse(err)
		}
	case err == nil && known == "" && s.advised.CompareAndSwap(false, true):
		s.advise(ctx)
	}
	return err
}

// compare checks what Redis holds.
func (s *Store) compare(ctx context.Context, known string) error {
	about, geometry := s.about(), s.cfg.Geometry.String()
	var fields *driver.SliceCmd
	var missing *driver.BoolCmd
	_, err := s.client().Pipelined(ctx, func(pipe driver.Pipeliner) error {
		pipe.HSetNX(ctx, about, "format", s.format)
		pipe.HSetNX(ctx, about, "geometry", geometry)
		missing = pipe.HSetNX(ctx, about, "identity", cmp.Or(known, randomIdentity()))
		fields = pipe.HMGet(ctx, about, "format", "geometry", "identity")
		return nil
	})
	if err != nil {
		return err
	}
	format, _ := fields.Val()[0].(string)
	found, _ := fields.Val()[1].(string)
	switch {
	case format != s.format && format == unfinished:
		return errUnfinished
	case format != s.format:
		return fmt.Errorf("%w: it is %q, this version reads %q: use the version that wrote it, or choose another --redis-prefix",
			errFormat, format, formatVersion)
	case found != geometry:
		size, region, _ := strings.Cut(found, "/")
		return fmt.Errorf("%w: it is %s, asked for was %s: use --canvas %s --region %s as before, or choose another --redis-prefix",
			store.ErrGeometry, found, geometry, size, region)
	}
	identity, _ := fields.Val()[2].(string)
	return s.identity.found(s.cfg, identity, missing.Val())
}

// contactTimeout is how long Open waits for a Redis that does not answer.
const contactTimeout = 2 * time.Second

// firstContact fails only if waiting does not help.
func (s *Store) firstContact() error {
	ctx, cancel := context.WithTimeout(context.Background(), contactTimeout)
	defer cancel()
	switch err := s.identify(ctx); {
	case err == nil:
		return nil
	case isRefusal(err):
		return err
	case driver.IsAuthError(err), driver.IsPermissionError(err):
		return fmt.Errorf("%w: check user and password of the URL, and what the user may do", err)
	default:
		s.cfg.Log.Warn("redis does not answer: the canvas is served when it does", "redis", Redact(s.cfg.URL), "err", err)
		s.lookFor()
		return nil
	}
}

// logDriver logs the driver's messages at debug level: they are about connections, and repeat what
// calls return. The driver has one logger for the whole process.
func logDriver(log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	driver.SetLogger(driverLog{log})
}

type driverLog struct{ *slog.Logger }

func (l driverLog) Printf(ctx context.Context, format string, v ...any) {
	if l.Enabled(ctx, slog.LevelDebug) {
		l.DebugContext(ctx, "redis driver", "said", fmt.Sprintf(format, v...))
	}
}
