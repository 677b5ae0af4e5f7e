//go:build linux

package main

import (
	"errors"
	"fmt"
	"time"

	"pixelplayground/codec"
)

// Validate refuses what can't be measured, when the command line is read.

func atLeast(least int, name string, n int) error {
	if n < least {
		return fmt.Errorf("%s %d: must be at least %d", name, n, least)
	}
	return nil
}

func (l load) check() error {
	switch {
	case l.Viewers < 1:
		return atLeast(1, "viewers", l.Viewers)
	case !(l.Rate > 0):
		return fmt.Errorf("rate %g: must be more than 0 pixels per second", l.Rate)
	case l.Stroke < 1 || l.Stroke > codec.MaxPlacePixels:
		return fmt.Errorf("stroke %d: must be 1 to %d pixels", l.Stroke, codec.MaxPlacePixels)
	case l.Time < time.Second:
		return fmt.Errorf("time %v: must be at least 1s, CPU time comes in steps of %v", l.Time, clockTick)
	}
	return nil
}

// maxChurn leaves the crowd's only thread time for the viewers that stay.
const maxChurn = 1000

// Validate is called by kong.
func (f *fanout) Validate() error {
	switch {
	case !(f.Churn >= 0 && f.Churn <= maxChurn):
		return fmt.Errorf("churn %g: must be 0 to %d viewers per second", f.Churn, maxChurn)
	case f.Churn > 0 && f.Viewers < 2: // half of the viewers come and go
		return atLeast(2, "viewers", f.Viewers)
	}
	if err := atLeast(1, "rounds", f.Rounds); err != nil {
		return err
	}
	return f.check()
}

// Validate is called by kong.
func (st *stalled) Validate() error {
	if !(st.Share > 0 && st.Share < 1) || int(st.Share*float64(st.Viewers)) < 1 {
		return fmt.Errorf("share %g: must be more than none and less than all of the viewers", st.Share)
	}
	if err := atLeast(1, "rounds", st.Rounds); err != nil {
		return err
	}
	return st.check()
}

// Validate is called by kong.
func (t *table) Validate() error {
	for _, viewers := range t.Viewers {
		for _, rate := range t.Rates {
			if err := (load{Viewers: viewers, Rate: rate, Stroke: t.Stroke, Time: t.Time}).check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Validate is called by kong.
func (i *idle) Validate() error {
	for _, n := range i.Connections {
		if err := atLeast(2, "connections", n); err != nil { // the first is measured by itself
			return err
		}
	}
	return nil
}

// Validate is called by kong.
func (o *one) Validate() error {
	if err := atLeast(2, "viewers", o.Viewers); err != nil { // repeat times when half of them have the pixel
		return err
	}
	return atLeast(1, "times", o.Times)
}

// Validate is called by kong.
func (a *acknowledged) Validate() error {
	if a.Pause < 0 {
		return fmt.Errorf("pause %v: must not be negative", a.Pause)
	}
	return atLeast(1, "times", a.Times)
}

// Validate is called by kong.
func (m *commits) Validate() error {
	if m.Regions > geometry.Regions() {
		return fmt.Errorf("regions %d: the canvas has %d", m.Regions, geometry.Regions())
	}
	return errors.Join(
		atLeast(1, "regions", m.Regions), atLeast(1, "placers", m.Placers), atLeast(1, "rounds", m.Rounds),
		load{Viewers: 1, Rate: 1, Stroke: m.Stroke, Time: m.Time}.check())
}

// Validate is called by kong.
func (st *storm) Validate() error {
	if err := atLeast(1, "clients", st.Clients); err != nil {
		return err
	}
	if st.Within <= 0 {
		return fmt.Errorf("within %v: must be more than 0", st.Within)
	}
	return load{Viewers: 1, Rate: st.Rate, Stroke: st.Stroke, Time: time.Second}.check()
}
