package govern

import (
	"context"

	"pixelplayground/actors/rules"
)

// freeze is the command "freeze".
type freeze struct {
	Until moment `placeholder:"TIME" help:"When drawing goes on, for example 10m or 2026-12-01T12:00:00Z. Default: when it is opened."`
	why
}

// Run freezes the canvas.
func (f *freeze) Run(ctx context.Context, o *Operator) error {
	return o.decide(ctx, rules.Act{Do: rules.SetFrozen, Until: f.Until.after(o.Now())}, f.why)
}

// open is the command "open".
type open struct{ why }

// Run opens the canvas.
func (c *open) Run(ctx context.Context, o *Operator) error {
	return o.decide(ctx, rules.Act{Do: rules.SetOpen}, c.why)
}

// announce is the command "announce".
type announce struct {
	Text string `arg:"" help:"One line of text."`
	why
}

// Run announces a text.
func (a *announce) Run(ctx context.Context, o *Operator) error {
	return o.decide(ctx, rules.Act{Do: rules.Announce, Text: a.Text}, a.why)
}

// undo is the command "undo".
type undo struct {
	Act uint64 `arg:"" help:"The number of the act. That of an undo brings back what it took."`
	why
}

// Run takes an act back.
func (u *undo) Run(ctx context.Context, o *Operator) error {
	return o.decide(ctx, rules.Act{Do: rules.Undo, Of: u.Act}, u.why)
}
