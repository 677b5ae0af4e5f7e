package transport

import (
	"net/netip"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/netpoll"
)

// feedSocket has something to read.
type feedSocket struct {
	*benchSocket
	in []byte
}

func (s *feedSocket) Read(p []byte) (int, error) {
	if len(s.in) == 0 {
		return 0, netpoll.ErrWouldBlock
	}
	n := copy(p, s.in)
	s.in = s.in[n:]
	return n, nil
}

// sends makes a connection of a network that has sent something, and lets it be read.
func (b *bench) sends(network string, data []byte) (*conn, *feedSocket) {
	c, socket := b.connect(frames.Binary)
	c.account.Close()
	c.account = b.server.accounts.Open(netip.MustParseAddr(network), 0)
	feed := &feedSocket{socket, data}
	c.socket = feed
	b.readAll(c, feed)
	return c, feed
}

func (b *bench) readAll(c *conn, feed *feedSocket) {
	for c.reads && c.state < closing && len(feed.in) > 0 {
		b.serve(netpoll.Event{Owner: c, Readable: true})
	}
}

// unfinished is a message of the largest size that lacks its last byte, in one frame or in two.
func unfinished(fragmented bool) []byte {
	payload := make([]byte, codec.MaxClientMessage)
	if !fragmented {
		whole := rawFrame(0x80|byte(ws.OpBinary), true, payload)
		return whole[:len(whole)-1]
	}
	first := rawFrame(byte(ws.OpBinary), true, payload[:len(payload)-1000])
	return append(first, rawFrame(0, true, payload[:999])...)
}

// Goal: unfinished messages take a bounded amount of memory, for one network and for all.
// Method: 2,000 connections, from 1 and from 100 networks, send most of a large message. Then
// another network, a neighbour's, sends one.
func TestIntake_IsBounded(t *testing.T) {
	for name, tt := range map[string]struct {
		networks, bound int
		neighbour       bool // has room at once
	}{
		"one network":  {1, 8 << 20, true},
		"100 networks": {100, 32 << 20, true},
		"500 networks": {500, 48 << 20, false},
	} {
		for _, fragmented := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				b := newBench(t)
				const crowd = 2000
				for i := range crowd {
					from := netip.AddrFrom4([4]byte{10, 0, byte(i % tt.networks >> 8), byte(i % tt.networks)})
					b.sends(from.String(), unfinished(fragmented))
				}
				held := 0
				for _, c := range b.conns {
					held += c.intake.size()
				}
				if most := tt.bound + crowd*2*freeIntake + 2*readBuffer; held > most || held < tt.bound {
					t.Errorf("%d bytes are held, at most %d are right", held, most)
				}
				stroke := frame(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 1}))
				small, _ := b.sends("198.51.100.1", stroke)
				if small.used.in != 2 { // HELLO and it
					t.Error("a small message is not handled")
				}
				large, feed := b.sends("198.51.100.2", unfinished(false))
				if large.starved == tt.neighbour {
					t.Errorf("the neighbour has to wait: %t", large.starved)
				}
				for range 4 {
					b.turn(b.now.Add(time.Second))
					b.sweep()
					b.readAll(large, feed)
				}
				b.flush()
				if got := b.server.counters.Closes.All()[codec.CloseTryLater]; got < crowd/2 {
					t.Errorf("%d of those for whom there is no memory are closed", got)
				}
				for range 20 {
					b.turn(b.now.Add(time.Second))
					b.sweep()
				}
				b.flush()
				if got := b.server.accounts.Unfinished(); got != 0 {
					t.Errorf("%d bytes are held after the time that a message may take", got)
				}
				if late, feed := b.sends("198.51.100.3", unfinished(false)); late.starved || len(feed.in) > 0 {
					t.Error("there is no room afterwards")
				}
			})
		}
	}
}

// A client can't get around the deadline with a header that promises much and a byte now and
// then, or with fragments and pings between them. It can by finishing one message after another.
func TestIntake_Deadline(t *testing.T) {
	ping := frame(ws.OpPing, nil)
	whole := frame(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 1}))
	for name, tt := range map[string]struct {
		first []byte
		then  []byte // every second
		ends  bool
	}{
		"a byte a second":      {unfinished(false)[:100], []byte{0}, true},
		"nothing more":         {unfinished(false)[:1], nil, true},
		"pings between":        {unfinished(true)[:len(unfinished(true))-1007], ping, true},
		"fragments between":    {rawFrame(byte(ws.OpBinary), true, []byte{1}), rawFrame(0, true, []byte{1}), true},
		"message upon message": {whole[:3], append(append([]byte(nil), whole[3:]...), whole[:3]...), false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c, feed := b.sends("192.0.2.1", tt.first)
			for second := 1; second <= 60 && c.state < closing; second++ {
				feed.in = append(feed.in, tt.then...)
				b.turn(b.now.Add(time.Second))
				b.readAll(c, feed)
				b.flush()
				b.sweep()
				c.heard = b.moment() // other deadlines are not the matter here
				if ended := c.state == closing; ended != (tt.ends && second > 20) {
					t.Fatalf("ended after %d s: %t", second, ended)
				}
			}
		})
	}
}

// While we do not read from a connection, the deadline of its message does not come closer.
func TestIntake_PauseDoesNotCount(t *testing.T) {
	b := newBench(t)
	c, _ := b.sends("192.0.2.1", unfinished(false)[:100])
	c.paused = true
	for range 40 {
		b.turn(b.now.Add(time.Second))
		b.sweep()
	}
	if c.state != live {
		t.Error("closed for what it could not send")
	}
}
