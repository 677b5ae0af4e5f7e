package transport

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

// message handles a whole message of either protocol. p is valid only during the call.
func (s *shard) message(c *conn, p []byte) {
	s.server.counters.MessagesIn.Add(1)
	c.used.in++
	switch {
	case c.protocol == frames.Binary:
		s.binaryMessage(c, p)
	case utf8.Valid(p):
		s.jsonMessage(c, p)
	default:
		s.fail(c, codec.CloseBadText)
	}
}

func (s *shard) binaryMessage(c *conn, p []byte) {
	m, err := codec.DecodeClient(p)
	hello, isHello := m.(codec.Hello)
	switch {
	case err != nil:
		s.failFor(c, codec.CloseMalformed, asciiOnly(err.Error()))
	case c.state == greeting && isHello:
		s.greet(c, hello)
	case c.state == greeting:
		s.fail(c, codec.CloseNoHello)
	default:
		s.request(c, m)
	}
}

// request handles a message after HELLO.
func (s *shard) request(c *conn, m codec.ClientMessage) {
	switch m := m.(type) {
	case codec.Hello:
		s.failFor(c, codec.CloseMalformed, "malformed message: a second HELLO")
	case codec.Subscribe:
		marks := slices.DeleteFunc(m.Marks, func(m canvas.Mark) bool { return s.unknown(m.Region) })
		s.command(c, actors.Subscribe{Marks: marks})
		if len(marks) < len(m.Marks) {
			s.refuse(c, canvas.RefusedRegion)
		}
	case codec.Unsubscribe:
		regions := slices.DeleteFunc(m.Regions, s.unknown)
		s.command(c, actors.Unsubscribe{Regions: regions})
		if len(regions) < len(m.Regions) {
			s.refuse(c, canvas.RefusedRegion)
		}
	case codec.Place:
		s.command(c, actors.Place{Num: m.Op, Dots: m.Dots})
	case codec.Rename:
		s.command(c, actors.Rename(m))
	case codec.Cursor:
		s.command(c, actors.Cursor(m))
	case codec.Beckon:
		s.beckon(c, m)
	case codec.Auth:
		s.showToken(c, m)
	case codec.Ping:
		pong := codec.Pong{Token: m.Token, Time: s.server.cfg.Now()}
		s.tell(c, frames.Seal(c.protocol.OpCode(), codec.AppendPong(frames.Room(32), pong)))
	case codec.Unknown:
		s.refuse(c, canvas.RefusedUnknown)
	}
}

// unknown reports whether no region has this number.
func (s *shard) unknown(r canvas.RegionID) bool { return int64(r) >= int64(len(s.feeds)) }

// refuse answers a message that is not a PLACE and can't be carried out.
func (s *shard) refuse(c *conn, why canvas.Refusal) { s.refuseFor(c, why, 0) }

func (s *shard) refuseFor(c *conn, why canvas.Refusal, retry time.Duration) {
	m := codec.Refused{Code: why, Retry: retry, Left: uint64(c.allowance)}
	s.tell(c, frames.Seal(c.protocol.OpCode(), codec.AppendRefused(frames.Room(32), m)))
}

func (s *shard) jsonMessage(c *conn, p []byte) {
	m, err := codec.DecodeJSON(p, s.server.cfg.Geometry)
	switch {
	case errors.Is(err, codec.ErrBadPixel):
		s.tell(c, frames.Seal(c.protocol.OpCode(), codec.AppendJSONError(frames.Room(64), codec.JSONErrorPixel)))
		return
	case err != nil:
		s.tell(c, frames.Seal(c.protocol.OpCode(), codec.AppendJSONError(frames.Room(64), codec.JSONErrorFormat)))
		return
	}
	switch m := m.(type) {
	case codec.JSONSetUsername:
		s.command(c, actors.Rename{Name: m.Username})
	case codec.JSONPixelUpdate:
		s.command(c, actors.Place{Dots: []canvas.Dot{m.Dot}, Alias: m.Alias, Spelling: m.Spelling})
	case codec.JSONPing:
		s.tell(c, frames.Seal(c.protocol.OpCode(), codec.AppendJSONPong(frames.Room(64), s.server.cfg.Now().UnixMilli())))
	case codec.JSONUnknown:
	}
}

// asciiOnly makes a text printable ASCII, so that it may be cut anywhere and shown to anyone.
func asciiOnly(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
