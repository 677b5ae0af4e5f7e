package moderation

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"pixelplayground/actors/rules"
)

// maxOperation bounds what is said of an operation, in bytes.
const maxOperation = 500

// Operate notes on a canvas what an operator does to servers, connections or keys.
func Operate(ctx context.Context, on Canvas, r *http.Request, text string, now time.Time) error {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > maxOperation {
		text = strings.ToValidUTF8(text[:maxOperation], "")
	}
	_, err := on.Decide(ctx, rules.Act{ID: newID(), Time: now.UnixMilli(), By: operatorOf(r, viaDashboard).by, Do: rules.Operate, Text: text})
	return err
}

// Operate notes what an operator does to servers, connections or keys.
func (d *Desk) Operate(ctx context.Context, r *http.Request, text string) error {
	return Operate(ctx, d.Canvas, r, text, d.Now())
}

// Announce shows a line to everybody, through all pods that know of acts. missing are those that have not said so.
func (d *Desk) Announce(ctx context.Context, r *http.Request, text string) (missing []string, err error) {
	done, err := d.Canvas.Decide(ctx, rules.Act{ID: newID(), Time: d.Now().UnixMilli(), By: operatorOf(r, viaDashboard).by, Do: rules.Announce, Text: text})
	return done.Missing, err
}
