//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"pixelplayground/actors/canvas"
)

// churn makes viewers come and go while pixels are placed: at an interval the viewer that has been
// there longest leaves, and a new one comes that holds nothing.
type churn struct {
	to      netip.AddrPort
	every   time.Duration
	next    time.Time
	passing []*member // in the order in which they came
}

// newChurn makes a churn of viewers that are there already; rate is how many leave per second.
func newChurn(to netip.AddrPort, rate float64, now time.Time, passing []*member) *churn {
	for _, m := range passing {
		m.passing, m.timed = true, false
	}
	every := time.Duration(float64(time.Second) / rate)
	return &churn{to: to, every: every, next: now.Add(every), passing: passing}
}

// due returns how many viewers leave now.
func (ch *churn) due(now time.Time) int {
	if now.Before(ch.next) {
		return 0
	}
	n := 1 + int(now.Sub(ch.next)/ch.every)
	ch.next = ch.next.Add(time.Duration(n) * ch.every)
	return n
}

// comeAndGo replaces the viewers that are due to leave.
func (c *crowd) comeAndGo(now time.Time) error {
	if c.churn == nil {
		return nil
	}
	for range c.churn.due(now) {
		if err := c.leave(c.churn.passing[0]); err != nil {
			return err
		}
		m, err := c.viewer(c.churn.to, make([]canvas.Position, c.regions), "")
		if err != nil {
			return err
		}
		m.passing = true
		c.churn.passing = append(c.churn.passing[1:], m)
	}
	return nil
}

// leave closes a member's connection, which takes it out of the epoll's set.
func (c *crowd) leave(m *member) error {
	c.members[m.fd] = nil
	if err := unix.Close(m.fd); err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}
