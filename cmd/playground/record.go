package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"pixelplayground/actors/record"
	"pixelplayground/actors/record/files"
	"pixelplayground/actors/store"
	"pixelplayground/cmd/commandline/s3"
	"pixelplayground/cmd/playground/settings"
	"pixelplayground/transport/auth"
)

// proveTime is how long the start waits for the place of the record. Drawing does not need it, so a
// server starts without.
const proveTime = 3 * time.Second

// recordFault is why there is no record where the settings say.
type recordFault struct{ error }

func (f *recordFault) Unwrap() error { return f.error }

// openRecord opens the files of the record; nil: none is kept. A place that has another canvas's
// record is refused. One that can't be reached is not: the store's log is kept until it can.
func openRecord(cfg settings.Config, papers store.Documents, log *slog.Logger) (record.Files, error) {
	if cfg.Record.Where == "" {
		return nil, nil
	}
	place, err := files.Open(cfg.Record.Where, s3.Config(cfg.Record.S3Endpoint))
	if err != nil {
		return nil, &recordFault{err}
	}
	own := files.Own(place, cfg.Geometry, func(ctx context.Context) (string, error) { return auth.Identity(ctx, papers) })
	ctx, cancel := context.WithTimeoutCause(context.Background(), proveTime, errors.New("it has not answered for "+proveTime.String()))
	defer cancel()
	switch err := own.Prove(ctx); {
	case errors.Is(err, record.ErrForeign):
		return nil, &recordFault{err}
	case err != nil:
		log.Warn("the record can't be used yet", "record", own.String(), "err", err)
	default:
		log.Info("keeping a record", "record", own.String())
	}
	return own, nil
}
