//go:build linux

package main

import (
	"fmt"
	"time"
)

// table is the command.
type table struct {
	Viewers []int         `default:"100,1000,5000,19000" help:"Sizes of the crowd."`
	Rates   []float64     `default:"100,1000,10000" help:"Pixels placed per second."`
	Stroke  int           `default:"1" help:"Pixels in one stroke."`
	Time    time.Duration `default:"5s" help:"How long they are placed, for each."`
}

func (t *table) Run(s *site) error {
	s.sayf("\nstrokes of %d, %v each", t.Stroke, t.Time)
	s.sayf("viewers pixels/s %s", fanoutHeader)
	for _, viewers := range t.Viewers {
		for _, rate := range t.Rates {
			f, err := load{Viewers: viewers, Rate: rate, Stroke: t.Stroke, Time: t.Time}.measure(s)
			if err != nil {
				return fmt.Errorf("%d viewers, %g pixels/s: %w", viewers, rate, err)
			}
			s.sayf("%7d %8g %s", viewers, rate, f)
		}
	}
	return nil
}
