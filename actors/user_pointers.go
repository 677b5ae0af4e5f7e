package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// pointers are those that have moved in a region and are to be shown, where they are by then, when
// Config.PointersEvery has passed. A relay gathers those of its pod for the region, and the region
// those of all pods for its relays. Nobody relies on pointers: they may get lost.
type pointers struct {
	most  int // that wait
	moved map[canvas.Author]canvas.Pointer
}

// pointersDue ends an interval. It names the instance that it belongs to, since after a restart
// another one has the same PID.
type pointersDue struct{ of *pointers }

// pointersAtOnce bounds how many pointers are shown in a region in one interval, however many pods
// there are. At 10 bytes each and 20 intervals a second that is 13 KB/s for each viewer, whatever the
// crowd.
const pointersAtOnce = 64

// maxPointers bounds the pointers that wait in a region: in a crowd that large nobody can tell one
// from another.
const maxPointers = 16 * pointersAtOnce

func newPointers(most int) pointers {
	return pointers{most: most, moved: make(map[canvas.Author]canvas.Pointer)}
}

// add takes pointers that have moved. The first of an interval begins it.
func (p *pointers) add(ctx actor.Context, pod *Node, moved ...canvas.Pointer) {
	if len(p.moved) == 0 && len(moved) > 0 {
		pod.later(ctx, pod.cfg.PointersEvery, pointersDue{p})
	}
	for _, m := range moved {
		if _, known := p.moved[m.Author]; known || len(p.moved) < p.most {
			p.moved[m.Author] = m
		}
	}
}

// take removes the pointers to show now. Those over the bound wait for the next interval.
func (p *pointers) take(ctx actor.Context, pod *Node) []canvas.Pointer {
	now := make([]canvas.Pointer, 0, min(len(p.moved), pointersAtOnce))
	for author, m := range p.moved {
		if len(now) == pointersAtOnce {
			pod.later(ctx, pod.cfg.PointersEvery, pointersDue{p})
			break
		}
		now = append(now, m)
		delete(p.moved, author)
	}
	return now
}

// sendPointers sends the region those of an interval. While the relay is not attached, they are
// dropped.
func (r *relay) sendPointers(ctx actor.Context, m pointersDue) {
	if m.of != &r.pointers {
		return
	}
	if moved := r.pointers.take(ctx, r.pod); r.attached {
		r.request(ctx, &message.Point{Moved: moved})
	}
}

// showPointers sends all relays those of an interval.
func (r *region) showPointers(ctx actor.Context, m pointersDue) {
	if m.of != &r.pointers {
		return
	}
	moved := r.pointers.take(ctx, r.pod)
	for _, s := range r.subscribers {
		ctx.Send(s.relay, &message.Pointed{Moved: moved})
	}
}
