package rollbacks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pixelplayground/actors/rules"
	"pixelplayground/actors/store"
)

// Kind is the kind of the documents that say how far acts are carried out.
const Kind = store.Kind("rollback")

// carriedOutID is the id of the document with the number up to which all acts are carried out.
const carriedOutID = "carried-out"

// progress is the content of a document: which pod is carrying out an act, or that it is carried out.
type progress struct {
	Act     string `json:"act"` // its ID: a store that has lost acts may give their numbers to others
	Done    bool   `json:"done,omitempty"`
	By      string `json:"by"`
	Run     string `json:"run,omitempty"` // of By: servers on one computer may have the same name
	Beat    int64  `json:"beat"`          // when By last said that it is still at it, in Unix milliseconds
	Pixels  int    `json:"pixels,omitempty"`
	Unknown int    `json:"unknown,omitempty"`
}

// A pod says once a beat that it is still carrying out an act. If it has not said so for patience, another
// pod takes over. If both carry it out, each leaves out what the other has done.
const (
	beat     = time.Second
	patience = 4 * time.Second
)

// errBusy says that another pod is carrying out the act.
var errBusy = errors.New("another server is at it")

// hold is an act that this pod is carrying out.
type hold struct {
	pod   *Pod
	act   *rules.Act
	id    string
	saved []byte // what the document says
}

func idOf(act uint64) string { return fmt.Sprintf("%020d", act) }

// begin makes this pod the one that carries out an act; nil: it is carried out already.
func (p *Pod) begin(ctx context.Context, act *rules.Act) (*hold, error) {
	h := &hold{pod: p, act: act, id: idOf(act.N)}
	stored, err := p.Documents.Document(ctx, Kind, h.id)
	if err != nil {
		return nil, err
	}
	var is progress
	if stored != nil {
		if err := json.Unmarshal(stored, &is); err != nil {
			p.Log.Error("it is not known how far an act is carried out: beginning anew", "act", act.N, "err", err)
			is = progress{}
		}
	}
	if is.Act != act.ID {
		is = progress{}
	}
	switch now := p.Now().UnixMilli(); {
	case is.Done:
		return nil, nil
	case is.By != "" && !p.ours(is) && now-is.Beat < patience.Milliseconds() && is.Beat-now < patience.Milliseconds():
		return nil, errBusy
	}
	h.saved = stored
	return h, h.say(ctx, progress{})
}

// ours reports whether this pod is at an act, or was before it was started anew.
func (p *Pod) ours(is progress) bool {
	return is.Run == p.run || is.By == p.Node && is.Beat < p.started
}

// say replaces the document; errBusy if another pod has done so since.
func (h *hold) say(ctx context.Context, is progress) error {
	is.Act, is.By, is.Run, is.Beat = h.act.ID, h.pod.Node, h.pod.run, h.pod.Now().UnixMilli()
	value, err := json.Marshal(is)
	if err != nil {
		return err
	}
	now, err := h.pod.Documents.SwapDocument(ctx, Kind, h.id, h.saved, value, time.Time{})
	if err != nil {
		return err
	}
	if !bytes.Equal(now, value) {
		return errBusy
	}
	h.saved = value
	return nil
}

// renew says once a beat that this pod is still at it, until ctx ends. It gives up if another pod has taken over.
func (h *hold) renew(ctx context.Context, giveUp func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(beat):
		}
		if err := h.say(ctx, progress{}); errors.Is(err, errBusy) {
			giveUp()
			return
		}
	}
}

// done notes that the act and all acts before it are carried out.
func (h *hold) done(ctx context.Context, pixels, unknown int) error {
	if err := h.say(ctx, progress{Done: true, Pixels: pixels, Unknown: unknown}); err != nil {
		return err
	}
	// If this fails, the next start looks through the acts once more, and that is all.
	_ = h.pod.Documents.PutDocument(ctx, Kind, carriedOutID, fmt.Appendf(nil, "%d %s", h.act.N, h.act.ID), time.Time{})
	return nil
}

// carriedOut is the number up to which all acts are known to be carried out.
func (p *Pod) carriedOut(ctx context.Context) (uint64, error) {
	stored, err := p.Documents.Document(ctx, Kind, carriedOutID)
	if err != nil || stored == nil {
		return 0, err
	}
	var n uint64
	var id string
	if _, err := fmt.Sscanf(string(stored), "%d %s", &n, &id); err != nil || n > p.Version() {
		return 0, nil // it is not known: look through all acts
	}
	act, err := p.act(ctx, n)
	if err != nil || act.ID != id {
		return 0, err
	}
	return n, nil
}
