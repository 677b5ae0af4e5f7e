//go:build linux

package main

import "time"

// idle is the command.
type idle struct {
	Connections []int         `default:"1000,10000,19000" min:"2" why:"the first is measured by itself" help:"How many there are, one figure each."`
	Wait        time.Duration `default:"15s" help:"How long they are idle before the last figure."`
}

func (i *idle) Run(s *site) error {
	s.sayf("\nRSS growth of the server in bytes per connection, each of which follows the whole canvas,")
	s.sayf("from the empty server and from the one with one viewer, which has all replicas in memory")
	s.sayf("connections      empty        one   with all  after %v   from empty   from one", i.Wait)
	for _, n := range i.Connections {
		if err := i.measure(s, n); err != nil {
			return err
		}
	}
	return nil
}

// measure notes a server's memory four times: when it is empty, with one viewer, with all viewers,
// and when they have been there for a while.
func (i *idle) measure(s *site, connections int) (err error) {
	v, c, end, err := s.stage()
	if err != nil {
		return err
	}
	defer end(&err)
	var stages [4]int64
	for stage, step := range []func() error{
		func() error { return nil },
		func() error { _, err := c.join(v.addr, 1); return err },
		func() error { _, err := c.join(v.addr, connections-1); return err },
		func() error { return c.rest(i.Wait) },
	} {
		if err := step(); err != nil {
			return err
		}
		m, err := v.memory()
		if err != nil {
			return err
		}
		stages[stage] = m.now
	}
	s.sayf("%11d %7.1f MB %7.1f MB %7.1f MB  %7.1f MB   %10d %10d", connections,
		megabytes(stages[0]), megabytes(stages[1]), megabytes(stages[2]), megabytes(stages[3]),
		(stages[3]-stages[0])/int64(connections), (stages[3]-stages[1])/int64(connections-1))
	return nil
}

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }
