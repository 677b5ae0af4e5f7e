package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"pixelplayground/cluster/peer"
	"pixelplayground/cmd/playground/settings"
)

// Files with secrets are read every second, which costs a few small reads. Watching them for
// changes would mean following the symbolic links by which Kubernetes swaps a whole folder, and a
// signal would have to be sent by somebody.
const rereadEvery = time.Second

// reread reads one secret anew. Only the goroutine of rereadAll uses it.
type reread struct {
	setting string
	read    func(ctx context.Context) (changed bool, err error) // on an error the old secret stays in use

	failed, told bool
}

// rereads returns a reread for each secret that this server has in files.
func (p *pod) rereads() (all []*reread) {
	add := func(file settings.SecretFile, use func(ctx context.Context, text string) error) {
		if file.Path != "" {
			all = append(all, &reread{setting: file.Setting, read: reading(file, use)})
		}
	}
	if p.cfg.Redis != "" {
		add(p.cfg.RedisPasswordFile, using(settings.ParsePassword, p.usePassword))
	}
	if p.people != nil {
		use := func(set func(string)) func(context.Context, string) error {
			return func(_ context.Context, secret string) error { set(secret); return nil }
		}
		add(p.cfg.Persons.ClientSecretFile, using(settings.ParsePassword, use(p.people.UseClientSecret)))
		add(p.cfg.Persons.TokenSecretFile, using(settings.ParseTokenSecret, use(p.people.UseTokenSecret)))
	}
	add(p.cfg.AdminTokenFile, using(settings.ParseAdminTokens, func(_ context.Context, tokens []string) error { return p.sessions.UseTokens(tokens) }))
	if p.others != nil {
		add(p.cfg.GossipKeyFile, using(settings.ParseGossipKeys, func(_ context.Context, keys [][]byte) error { return p.others.UseGossipKeys(keys) }))
	}
	if p.others != nil && p.cfg.TLS != (peer.Files{}) {
		all = append(all, &reread{setting: "peer-cert", read: func(context.Context) (bool, error) { return p.others.ReadCertificates() }})
	}
	return all
}

// using parses a text and passes the value to use.
func using[T any](parse func(string) (T, error), use func(context.Context, T) error) func(context.Context, string) error {
	return func(ctx context.Context, text string) error {
		value, err := parse(text)
		if err != nil {
			return err
		}
		return use(ctx, value)
	}
}

// reading returns the read function of a reread of a file. A text is used once two reads in a row
// have found it: half of a file that is being written may look like a whole one.
func reading(f settings.SecretFile, use func(context.Context, string) error) func(context.Context) (bool, error) {
	used, seen := f.Text, f.Text
	return func(ctx context.Context) (bool, error) {
		text, err := settings.ReadSecret(f.Path)
		if err != nil {
			return false, err
		}
		settled := text == seen
		if seen = text; !settled || text == used {
			return false, nil
		}
		if err := use(ctx, text); err != nil {
			return false, fmt.Errorf("%s: %w", f.Path, err)
		}
		used = text
		return true, nil
	}
}

// rereadAll reads all files at every tick until ctx ends.
func rereadAll(ctx context.Context, all []*reread, tick <-chan time.Time, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		for _, one := range all {
			one.look(ctx, log)
		}
	}
}

// look logs what has changed. It logs an error only when it occurs the second time in a row: files
// that belong together may change one after the other while they are being read.
func (r *reread) look(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, rereadEvery)
	defer cancel()
	changed, err := r.read(ctx)
	if err != nil {
		if r.failed && !r.told && ctx.Err() != context.Canceled {
			log.Error("secret can't be read anew: the one before stays", "setting", r.setting, "err", err)
			r.told = true
		}
		r.failed = true
		return
	}
	if changed {
		log.Info("secret read anew", "setting", r.setting)
	}
	r.failed, r.told = false, false
}
