package cluster

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/message"
)

// maxPins bounds the regions that an operator may pin to one pod: they travel in its metadata, 4
// bytes each.
const maxPins = 32

// pins are the regions that an operator has pinned to a pod, as its metadata has them: the region
// and its turn, 2 bytes each, big-endian. If several pods have a pin of one region, the highest
// turn counts, so a later wish undoes an earlier one. It is a string so that a Member is
// comparable.
type pins string

// all returns the turns by region.
func (p pins) all() map[canvas.RegionID]uint16 {
	turns := make(map[canvas.RegionID]uint16, len(p)/4)
	for b := []byte(p); len(b) >= 4; b = b[4:] {
		turns[canvas.RegionID(binary.BigEndian.Uint16(b))] = binary.BigEndian.Uint16(b[2:])
	}
	return turns
}

func (p pins) with(region canvas.RegionID, turn uint16) pins {
	b := binary.BigEndian.AppendUint16([]byte(p), uint16(region))
	return pins(binary.BigEndian.AppendUint16(b, turn))
}

// pinRequests is the pins of this pod. Any goroutine may call it.
type pinRequests struct {
	mu   sync.Mutex // guards:
	pins pins
}

func (w *pinRequests) now() pins {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pins
}

func (w *pinRequests) add(region canvas.RegionID, turn uint16) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	turns := w.pins.all()
	turns[region] = turn
	if len(turns) > maxPins {
		return fmt.Errorf("pin region %d: this pod has been given %d regions already: restart it to let the placement decide again", region, maxPins)
	}
	w.pins = ""
	for r, t := range turns {
		w.pins = w.pins.with(r, t)
	}
	return nil
}

// Pin makes this pod the owner of a region, whatever the placement says, until the region is pinned
// to another pod, or this one drains or ends. It returns when the others have been told.
func (c *Cluster) Pin(region canvas.RegionID) error {
	c.ending.Lock()
	defer c.ending.Unlock()
	switch {
	case !c.cfg.Canvas:
		return errors.New("pin: this pod carries no regions")
	case c.draining.Load():
		return errors.New("pin: this pod is about to leave")
	case c.aside.Load():
		return errors.New("pin: this pod's store takes no commits: regions are others' until it does")
	case int(region) >= c.cfg.Geometry.Regions():
		return fmt.Errorf("pin: there is no region %d", region)
	}
	turn := uint16(1)
	for _, m := range c.View().Members() {
		if t, ok := m.pins.all()[region]; ok && t >= turn {
			turn = t + 1
		}
	}
	if err := c.wishes.add(region, turn); err != nil {
		return err
	}
	news, cancel := context.WithTimeout(c.ctx, newsTimeout)
	defer cancel()
	if err := c.settle(news); err != nil {
		return fmt.Errorf("pin: %w", err)
	}
	if err := c.current().list.UpdateNode(newsTimeout); err != nil {
		return fmt.Errorf("pin: %w", err)
	}
	return nil
}

// pinned makes pods the owners of the regions that are pinned to them. Any other pod may have owned
// such a region before.
func (v *View) pinned(able []candidate, addresses []string, pinned []pins) {
	highest := make(map[canvas.RegionID]uint16)
	for i, p := range pinned {
		if able[i].draining {
			continue
		}
		for region, turn := range p.all() {
			if int(region) >= len(v.regions) || turn <= highest[region] {
				continue
			}
			highest[region] = turn
			name := message.RegionName(region)
			o := owners{region: actor.NewPID(addresses[i], name)}
			for j, address := range addresses {
				if j != i {
					o.before = append(o.before, actor.NewPID(address, name))
				}
			}
			v.regions[region] = o
		}
	}
}

// Pins returns the regions that an operator has pinned to the member. If another member has a later
// pin of the same region, that one counts instead.
func (m Member) Pins() (regions []canvas.RegionID) {
	for region := range m.pins.all() {
		regions = append(regions, region)
	}
	return regions
}
