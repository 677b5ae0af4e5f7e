package moderation

import (
	"context"
	"encoding/json"
	"fmt"

	"pixelplayground/actors/rules"
)

// listed is an act in a list for somebody: also whether it was taken back, and whether they may do that.
type listed struct {
	*rules.Act
	listedMore
}

type listedMore struct {
	Undone  uint64 `json:"undone,omitempty"`  // the act that took it back; 0: none did
	MayUndo bool   `json:"mayUndo,omitempty"` // whoever asks may take it back now
}

// list is acts for a caller, until ctx ends.
func (d *Desk) list(ctx context.Context, c caller, acts []*rules.Act) ([]listed, error) {
	in, now, list := d.Canvas.Rules(), d.Now(), make([]listed, 0, len(acts))
	for _, act := range acts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		list = append(list, listed{shownTo(c, act), listedMore{in.UndoneBy(act.N), in.Undoable(act.N, c.by, now) == nil}})
	}
	return list, nil
}

// MarshalJSON implements json.Marshaler: an act writes itself, and has no room for more.
func (l listed) MarshalJSON() ([]byte, error) {
	act, err := json.Marshal(l.Act)
	if err != nil {
		return nil, err
	}
	more, err := json.Marshal(l.listedMore)
	if err != nil || len(more) <= len("{}") {
		return act, err
	}
	return fmt.Appendf(act[:len(act)-1], ",%s", more[1:]), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *listed) UnmarshalJSON(text []byte) error {
	l.Act = new(rules.Act)
	if err := json.Unmarshal(text, l.Act); err != nil {
		return err
	}
	return json.Unmarshal(text, &l.listedMore)
}
