package transport

import (
	"encoding/binary"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/netpoll"
)

// readable does one read from a connection that has something to read.
func (s *shard) readable(c *conn) {
	if !c.reads { // the poller reports a lost connection even if it does not watch it
		s.destroy(c, frames.CodeVanished)
		return
	}
	room := s.roomFor(c)
	if room == 0 {
		s.starve(c)
		return
	}
	n, err := c.socket.Read(s.buffer[:room])
	switch {
	case n > 0:
		s.server.counters.BytesIn.Add(int64(n))
		c.heard, c.pinged = s.moment(), false
		if c.state != closing {
			s.receive(c, s.buffer[:n])
		}
	case errors.Is(err, netpoll.ErrWouldBlock):
	default:
		s.destroy(c, frames.CodeVanished)
	}
}

// receive handles the frames in what was received and keeps the rest: a part of a frame, or
// everything that follows once the connection is blocked. It may change data.
func (s *shard) receive(c *conn, data []byte) {
	s.take(c, data)
	s.hold(c)
}

func (s *shard) take(c *conn, data []byte) {
	kept := c.intake != nil && len(c.intake.partial) > 0
	if kept {
		c.intake.partial = append(c.intake.partial, data...)
		data = c.intake.partial
	}
	done, blocked := s.parse(c, data)
	if c.state >= closing {
		return
	}
	switch rest := data[done:]; {
	case len(rest) > 0 && kept && done == 0: // all of it is in partial already
	case len(rest) > 0:
		in := s.takeIn(c)
		in.partial = append(in.partial[:0], rest...)
		if done > 0 && !in.fragmented {
			in.began = s.moment()
		}
	case c.intake != nil && c.intake.fragmented:
		c.intake.partial = nil
	default:
		s.drop(c)
	}
	// If parse stopped because of blocked, pause even if blocked is false by now: otherwise
	// nothing would come back to the bytes that are kept.
	if !c.paused && (blocked || c.blocked()) {
		c.paused = true
		s.server.counters.Throttled.Add(1)
		s.watch(c)
	}
}

// parse handles whole frames. It returns how many bytes it handled, and whether it stopped
// because the connection is blocked.
func (s *shard) parse(c *conn, data []byte) (done int, blocked bool) {
	for done < len(data) && c.state < closing {
		if c.blocked() {
			return done, true
		}
		s.reader.Reset(data[done:])
		h, err := ws.ReadHeaderBuffer(&s.reader, s.header)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if took := len(data) - done - s.reader.Len(); err == nil && took != ws.HeaderSize(h) {
			err = errLongHeader
		}
		if code := c.check(h, err); code != 0 {
			s.fail(c, code)
			break
		}
		if int64(s.reader.Len()) < h.Length {
			break
		}
		start := len(data) - s.reader.Len()
		done = start + int(h.Length)
		payload := data[start:done]
		ws.Cipher(payload, h.Mask, 0)
		s.frame(c, h, payload)
	}
	return done, false
}

// errLongHeader says that a frame's length is encoded in more bytes than it needs, which RFC 6455,
// section 5.2, forbids.
var errLongHeader = errors.New("length of a frame is not minimal")

// check returns the code with which a frame's header ends the connection; 0: it doesn't. The
// payload need not have come yet.
func (c *conn) check(h ws.Header, err error) codec.CloseCode {
	expected, begun := ws.StateServerSide, 0
	if c.intake != nil && c.intake.fragmented {
		expected, begun = expected.Set(ws.StateFragmented), len(c.intake.message)
	}
	switch {
	case err != nil || ws.CheckHeader(h, expected) != nil:
		return codec.CloseProtocol
	case h.OpCode.IsControl():
		return 0
	case h.OpCode != ws.OpContinuation && h.OpCode != c.protocol.OpCode():
		return codec.CloseUnsupported
	case h.Length > int64(codec.MaxClientMessage-begun):
		return codec.CloseTooBig
	}
	return 0
}

// frame handles one frame that passed check.
func (s *shard) frame(c *conn, h ws.Header, payload []byte) {
	switch h.OpCode {
	case ws.OpPing:
		s.tell(c, append(frames.AppendHeader(nil, ws.OpPong, len(payload)), payload...))
	case ws.OpPong:
	case ws.OpClose:
		s.closed(c, payload)
	default:
		if h.Fin && (c.intake == nil || !c.intake.fragmented) {
			s.message(c, payload)
			return
		}
		in := s.takeIn(c)
		in.message, in.fragmented = append(in.message, payload...), !h.Fin
		if h.Fin {
			whole := in.message
			in.message, in.began = nil, s.moment()
			s.message(c, whole)
		}
	}
}

// closed answers a client's close frame.
func (s *shard) closed(c *conn, payload []byte) {
	switch {
	case len(payload) == 0:
		s.bye(c, codec.CloseNormal, frames.Close(0, ""))
	case len(payload) == 1 || !closeCodeAllowed(binary.BigEndian.Uint16(payload)):
		s.fail(c, codec.CloseProtocol)
	case !utf8.Valid(payload[2:]):
		s.fail(c, codec.CloseBadText)
	default:
		s.bye(c, codec.CloseNormal, frames.Close(codec.CloseCode(binary.BigEndian.Uint16(payload)), ""))
	}
}

// closeCodeAllowed reports whether an endpoint may send the code: the codes of RFC 6455,
// section 7.4, and 1012 to 1014, which the IANA registry has added since.
func closeCodeAllowed(code uint16) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
		return true
	}
	return false
}

// intake is the unfinished message that a client has sent so far, or what was received while the
// connection is paused. The client decides how long that takes, so it is bounded: for all
// connections together and for those of a network (quota.Account), and in time
// (Config.MessageTimeout). When a bound on memory is reached, a connection is read from in small pieces, and not at all once it
// holds freeIntake. So clients that send messages of the usual size do not notice. A large
// message waits for memory, which is freed when others finish their messages or are closed.
type intake struct {
	partial    []byte // the beginning of a frame, or everything while the connection is paused
	message    []byte // the fragments of a message so far
	fragmented bool   // a fragmented message has begun and not ended
	began      moment // when the message began, or partial
	counted    int    // how many bytes of it the account has counted
}

// freeIntake is what every connection may hold, whatever the others do, in bytes: a stroke of 280
// pixels.
const freeIntake = 2 << 10

// size is how many bytes of memory it holds.
func (in *intake) size() int {
	if in == nil {
		return 0
	}
	return cap(in.partial) + cap(in.message)
}

// takeIn returns the connection's intake, for what can't be handled yet.
func (s *shard) takeIn(c *conn) *intake {
	if c.intake == nil {
		c.intake = &intake{began: s.moment()}
	}
	return c.intake
}

// hold counts by how much a connection's intake has grown.
func (s *shard) hold(c *conn) {
	if in := c.intake; in != nil {
		c.account.Hold(in.size() - in.counted)
		in.counted = in.size()
	}
}

// drop frees a connection's intake.
func (s *shard) drop(c *conn) {
	if in := c.intake; in != nil {
		c.account.Hold(-in.counted)
		c.intake = nil
	}
}

// roomFor is how much may be read from a connection now, in bytes.
func (s *shard) roomFor(c *conn) int {
	if c.account.MayHold() {
		return len(s.buffer)
	}
	return max(freeIntake-c.intake.size(), 0)
}

// starvation is how long a message may take if there is no memory for it. It is short because
// a client that is not read from fills the kernel's buffers instead.
const starvation = 3 * time.Second

// starve stops reading from a connection until there is memory.
func (s *shard) starve(c *conn) {
	c.starved = true
	s.server.counters.Starved.Add(1)
	s.watch(c)
}

// feedOn reads again from a starved connection if there is memory for it now.
func (s *shard) feedOn(c *conn) {
	if c.starved && s.roomFor(c) > 0 {
		c.starved = false
		s.watch(c)
	}
}

// checkIntake closes a connection whose message takes too long, and reports whether it did.
func (s *shard) checkIntake(c *conn) bool {
	switch {
	case c.intake == nil || c.state >= closing:
		return false
	case c.paused: // it waits for us, or the client must first read our answers, which has its own timeout
		c.intake.began += moment(s.server.cfg.sweepEvery())
	case c.starved && s.since(c.intake.began) > starvation:
		s.failFor(c, codec.CloseTryLater, "no memory for so large a message now")
	case s.since(c.intake.began) > s.server.cfg.MessageTimeout:
		s.failFor(c, codec.CloseSilent, "a message took too long to end")
	}
	return c.state == closing
}
