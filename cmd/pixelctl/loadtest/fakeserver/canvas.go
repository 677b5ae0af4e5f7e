package fakeserver

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

type region struct {
	at   canvas.Position
	tile canvas.Tile
	log  []*canvas.Batch
}

// Position is how many numbers a region has given.
func (s *Server) Position(id canvas.RegionID) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.regions[id].at.Seq
}

// take handles a message of the binary protocol.
func (s *Server) take(c *conn, m codec.ClientMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m := m.(type) {
	case codec.Hello:
		node := c.door
		if s.faults.Node != nil {
			node = s.faults.Node(c.index)
		}
		c.push(codec.Welcome{Session: canvas.Session{byte(c.index), 1}, Node: node, Geometry: Geometry(), Burst: 100, Window: 256})
		s.present()
	case codec.Subscribe:
		for _, mark := range m.Marks {
			c.follows[mark.Region] = true
			c.push(codec.Pixels{Batch: s.regions[mark.Region].since(mark)})
		}
	case codec.Place:
		s.place(c, m)
	case codec.Ping:
		c.push(codec.Pong{Token: m.Token, Time: time.Now()})
	}
}

// since returns what a client at a mark has missed.
func (r *region) since(mark canvas.Mark) canvas.Batch {
	missed := canvas.Batch{Region: mark.Region, Epoch: r.at.Epoch, From: r.at.Seq, To: r.at.Seq}
	if mark.Position == canvas.Head() {
		return missed
	}
	missed.From, missed.To = mark.Position.Seq, mark.Position.Seq
	for _, b := range r.log {
		if b.From >= missed.To {
			missed.Ops, missed.To = append(missed.Ops, b.Ops...), b.To
		}
	}
	return missed
}

func (s *Server) place(c *conn, m codec.Place) {
	if s.faults.Answer != nil {
		if why := s.faults.Answer(c.index, m); why != 0 {
			c.push(codec.Refused{Op: m.Op, Code: why})
			return
		}
	}
	for _, dot := range m.Dots {
		s.publish(dot)
	}
	if s.faults.Silent == nil || !s.faults.Silent(c.index, m) {
		c.push(codec.Ack{Ops: []uint64{m.Op}})
	}
}

// publish gives a pixel the next number of its region and shows it, with the configured faults.
func (s *Server) publish(dot canvas.Dot) {
	if s.faults.Stall != nil {
		time.Sleep(s.faults.Stall(s.placed))
	}
	s.placed++
	id, pos := Geometry().Locate(int(dot.X), int(dot.Y))
	r := &s.regions[id]
	b := &canvas.Batch{
		Region: id, Epoch: r.at.Epoch, From: r.at.Seq, To: r.at.Seq + 1,
		Ops: []canvas.Op{{ID: canvas.OpID{Author: 1}, Pixels: []canvas.Pixel{{Pos: pos, Color: dot.Color}}}},
	}
	r.at = b.Position()
	r.tile.Apply(b)
	r.log = append(r.log, b)
	for _, i := range slices.Sorted(maps.Keys(s.conns)) {
		c := s.conns[i]
		switch {
		case c.text:
			s.showText(c, dot)
		case c.follows[id]:
			s.show(c, b)
		}
	}
}

func (s *Server) show(c *conn, b *canvas.Batch) {
	n := c.n
	c.n++
	if s.faults.Delay != nil {
		c.out <- due{pause: s.faults.Delay(c.index, n)}
	}
	if s.faults.Pixels != nil {
		c.push(s.faults.Pixels(c.index, n, b)...)
		return
	}
	c.push(codec.Pixels{Batch: *b})
}

// present tells every client how many users are here.
func (s *Server) present() {
	for _, c := range s.conns {
		users := len(s.conns)
		if s.faults.Users != nil {
			users = s.faults.Users(c.index, users)
		}
		if c.text {
			c.pushText(fmt.Sprintf(`{"type":"stats","activeUsers":%d,"timestamp":1}`, users))
		} else {
			c.push(codec.Presence{Count: uint64(users)})
		}
	}
}
