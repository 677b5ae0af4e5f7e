package transport

import (
	"fmt"
	"slices"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/frames"
)

// audit says what is inconsistent in a shard's state; nil: nothing. It looks at all
// connections, which is affordable only after a fault.
func (s *shard) audit() error {
	for _, check := range []func() error{s.auditConns, s.auditSolos, s.auditViews, s.auditFeeds} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (s *shard) auditConns() error {
	var count [frames.Protocols]int
	dirty, shown := 0, len(s.catchingUp)
	for i, c := range s.conns {
		count[c.protocol]++
		if c.dirty {
			dirty++
		}
		shows := c.state == live || c.state == joining
		if shows {
			shown--
		}
		switch {
		case int(c.index) != i || s.byID[c.id] != c:
			return fmt.Errorf("connection %d is not where it should be", c.id)
		case c.state == gone:
			return fmt.Errorf("connection %d is gone", c.id)
		case shows != (c.view != nil || c.catchingUp != nil) || c.view != nil && c.catchingUp != nil:
			return fmt.Errorf("connection %d in state %d: in a view %t, solo %t", c.id, c.state, c.view != nil, c.catchingUp != nil)
		}
	}
	for _, c := range s.conns {
		if (c.paused || c.starved) == c.reads && c.state != closing {
			return fmt.Errorf("connection %d: paused %t, starved %t, and read from: %t", c.id, c.paused, c.starved, c.reads)
		}
	}
	for _, v := range s.order {
		shown += len(v.conns)
	}
	switch {
	case len(s.byID) != len(s.conns) || count != s.count:
		return fmt.Errorf("%d connections, %d by id, %v counted, %v are", len(s.conns), len(s.byID), s.count, count)
	case shown != 0:
		return fmt.Errorf("%d more connections are shown something than are live", shown)
	}
	for _, c := range s.dirty {
		if c.state != gone && c.dirty {
			dirty--
		}
	}
	if dirty != 0 {
		return fmt.Errorf("%d connections wait for a tick that does not know of them", dirty)
	}
	return nil
}

func (s *shard) auditSolos() error {
	for i, c := range s.catchingUp {
		o := c.catchingUp
		if o == nil || o.index != i || c.state != live && c.state != joining {
			return fmt.Errorf("connection %d is not solo", c.id)
		}
		wanted := canvas.NewRegionSet(len(s.feeds))
		for _, m := range o.want {
			if wanted.Has(m.Region) || !o.follows.Has(m.Region) || o.synced.Has(m.Region) {
				return fmt.Errorf("connection %d wants region %d: twice %t, follows %t, has it %t",
					c.id, m.Region, wanted.Has(m.Region), o.follows.Has(m.Region), o.synced.Has(m.Region))
			}
			wanted.Add(m.Region)
		}
		for region := range o.pays.All() {
			if !wanted.Has(region) {
				return fmt.Errorf("connection %d is to pay for region %d, which it does not wait for", c.id, region)
			}
		}
		for region := range o.follows.All() {
			if !wanted.Has(region) && !o.synced.Has(region) {
				return fmt.Errorf("connection %d follows region %d and waits for nothing", c.id, region)
			}
		}
		bytes := 0
		for j := range o.due {
			bytes += dueRoom + o.due[j].Size(c.protocol)
		}
		if o.asked && len(o.want) == 0 || bytes != o.bytes {
			return fmt.Errorf("connection %d: asked %t of %d, %d bytes due, not %d", c.id, o.asked, len(o.want), bytes, o.bytes)
		}
	}
	return nil
}

func (s *shard) auditViews() error {
	views, touched := 0, 0
	for _, alike := range s.views {
		views += len(alike)
	}
	if views != len(s.order) {
		return fmt.Errorf("%d views, %d by key", len(s.order), views)
	}
	for _, v := range s.touched {
		if len(v.conns) > 0 {
			touched++
		}
	}
	for i, v := range s.order {
		if v.touched {
			touched--
		}
		if (len(v.due) > 0 || len(v.cursors) > 0) != v.touched {
			return fmt.Errorf("a view has %d batches due, and waits for a tick: %t", len(v.due), v.touched)
		}
		if v.index != i || !slices.Contains(s.views[v.key], v) || len(v.conns) == 0 || len(v.conns) > s.groupSize {
			return fmt.Errorf("a view of %d connections is not where it should be", len(v.conns))
		}
		for j, c := range v.conns {
			if c.view != v || int(c.place) != j || c.protocol != v.key.protocol {
				return fmt.Errorf("connection %d is not in its view", c.id)
			}
		}
	}
	if touched != 0 {
		return fmt.Errorf("%d views wait for a tick that does not know of them", -touched)
	}
	return nil
}

func (s *shard) auditFeeds() error {
	viewers, followers := make([]int, len(s.feeds)), make([]int, len(s.feeds))
	add := func(to []int, regions canvas.RegionSet, n int) {
		for region := range regions.All() {
			to[region] += n
		}
	}
	for _, v := range s.order {
		add(viewers, v.regions, len(v.conns))
		add(followers, v.regions, len(v.conns))
	}
	for _, c := range s.catchingUp {
		add(viewers, c.catchingUp.synced, 1)
		add(followers, c.catchingUp.follows, 1)
	}
	for i := range s.feeds {
		f := &s.feeds[i]
		if f.viewers != viewers[i] || int(f.followers) != followers[i] {
			return fmt.Errorf("region %d: %d viewers, not %d; %d follow it, not %d",
				canvas.RegionID(i), viewers[i], f.viewers, followers[i], f.followers)
		}
	}
	return nil
}
