package govern

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"

	"pixelplayground/actors/rules"
)

// Commands are those that decide something about the canvas, or ask about what was decided.
type Commands struct {
	Ban      ban      `cmd:"" help:"Keep a user, a network or a range of addresses from drawing."`
	Unban    unban    `cmd:"" help:"Take back all bans of somebody."`
	Mute     mute     `cmd:"" help:"Stop showing the name of a user."`
	Unmute   unmute   `cmd:"" help:"Take that back."`
	Shadow   shadow   `cmd:"" help:"Show what a user draws to nobody but them, and keep none of it."`
	Unshadow unshadow `cmd:"" help:"Take that back."`

	Protect   protect   `cmd:"" help:"Let only some draw in a part of the canvas."`
	Unprotect unprotect `cmd:"" help:"Take that back."`
	Freeze    freeze    `cmd:"" help:"Let nobody draw."`
	Open      open      `cmd:"" help:"End all freezes, and the timetable."`
	Announce  announce  `cmd:"" help:"Show a text to everybody once."`

	Rollback rollback `cmd:"" help:"Give pixels back the colours that they had before somebody drew them."`
	Undo     undo     `cmd:"" help:"Take back any act, by its number."`

	Person  person         `cmd:"" help:"Show what is known of a user: networks, last pixels, acts and reports."`
	Rules   rulesCommand   `cmd:"" help:"Show or set the rules of the canvas."`
	Reports reportsCommand `cmd:"" help:"Show what users have reported, and see to it."`
	Audit   auditCommand   `cmd:"" help:"Show who decided what, and prove that nothing of it was changed."`
}

// why is what all acts have.
type why struct {
	Why  string `placeholder:"TEXT" help:"The reason, for people. The banned see it."`
	JSON bool   `help:"Print what the server answers, for scripts."`
}

// decided is the answer to an act.
type decided struct {
	Act     rules.Act `json:"act"`
	Obeyed  bool      `json:"obeyed"`
	Missing []string  `json:"missing"`
	Owner   string    `json:"owner"` // of the bot that it is about
}

// decide has an act decided and says how it went.
func (o *Operator) decide(ctx context.Context, act rules.Act, why why) error {
	act.ID, act.Why = rand.Text(), why.Why // asked for at two servers, it is done once
	body, err := o.Ask(ctx, http.MethodPost, "acts", act)
	if err != nil {
		return err
	}
	if why.JSON {
		_, err = o.Out.Write(body)
		return err
	}
	var done decided
	if err := read(body, &done); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(o.Out, "act %d: %s\n", done.Act.N, describe(&done.Act)); err != nil {
		return err
	}
	if done.Owner != "" {
		fmt.Fprintf(o.Notes, "that is a key of the account %s, which can make others: what is decided about the account holds for all its keys\n", done.Owner)
	}
	if !done.Obeyed {
		fmt.Fprintf(o.Notes, "it is decided, but not yet obeyed by: %v; servers of earlier versions never say so\n", done.Missing)
	}
	return nil
}

// takeBack undoes acts.
func (o *Operator) takeBack(ctx context.Context, acts []*rules.Act, why why) error {
	for _, act := range acts {
		if err := o.decide(ctx, rules.Act{Do: rules.Undo, Of: act.N}, why); err != nil {
			return fmt.Errorf("undo act %d: %w", act.N, err)
		}
	}
	return nil
}
