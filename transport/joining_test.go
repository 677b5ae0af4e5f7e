package transport

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

// join begins to let a JSON client join four regions, of an account of its own.
func (b *bench) join() (*conn, *benchSocket) {
	b.nextID++
	socket := &benchSocket{room: -1, keep: true}
	b.server.counters.Connections.Add(1)
	b.do(open{socket: socket, protocol: frames.JSON, id: b.nextID, account: b.server.accounts.Open(netip.Addr{}, 0)})
	b.obey()
	b.flush()
	c := b.byID[b.nextID]
	c.counted = true
	b.do(follow{c, heads(4)})
	b.flush()
	return c, socket
}

// heads is the present of the first n regions.
func heads(n int) (marks []canvas.Mark) {
	for region := range canvas.RegionID(n) {
		marks = append(marks, canvas.Mark{Region: region, Position: canvas.Head()})
	}
	return marks
}

// told is the kinds of what a JSON client has been sent.
func (s *benchSocket) told() (kinds []string) {
	for _, part := range strings.Split(s.written.String(), `{"type":"`)[1:] {
		kind, _, _ := strings.Cut(part, `"`)
		kinds = append(kinds, kind)
	}
	return kinds
}

// Goal: a JSON client is told that it is connected first of all, and is shown all that is placed from
// then on, and nothing else.
// Method: its regions answer one after the other, and each is drawn on before and after.
func TestJoining_ConnectedWhenInSync(t *testing.T) {
	b := newBench(t)
	b.do(present{b.server.presence.Next(&actors.Presence{Count: 1}, b.server.cfg.Now), nil})
	c, socket := b.join()
	b.receive(c, frame(ws.OpText, []byte(`{"type":"ping"}`)))
	for _, m := range slices.Clone(b.asked) {
		if c.state != joining || socket.writes > 0 || !c.paused {
			t.Fatalf("state %d before region %d has answered, wrote %q, paused %t", c.state, m.Region, &socket.written, c.paused)
		}
		b.do(join{viewer: c.id, region: m.Region, at: canvas.Position{Epoch: 1, Seq: 7}})
		b.draw(m.Region, 1)
		if m.Region < 3 { // the last one is drawn on when the client has been let in
			b.flush()
		}
	}
	for range 3 {
		b.flush()
	}
	b.draw(0, 1)
	b.flush()
	if got, want := socket.told(), []string{"connected", "pixel_updated", "stats", "user_list", "pong", "pixel_updated"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
	if c.view == nil || c.paused || b.audit() != nil {
		t.Errorf("in a group %t, paused %t, %v", c.view != nil, c.paused, b.audit())
	}
}

// A client is let in although a region does not answer, and is shown the region when it does.
func TestJoining_WithoutAnAnswer(t *testing.T) {
	b := newBench(t)
	c, socket := b.join()
	for _, region := range []canvas.RegionID{1, 0, 3} {
		b.do(join{viewer: c.id, region: region, at: canvas.Position{Epoch: 1, Seq: 7}})
	}
	b.now = b.now.Add(joinPatience)
	b.sweep()
	b.flush()
	if c.state != joining || socket.writes > 0 {
		t.Fatalf("state %d, wrote %q", c.state, &socket.written)
	}
	b.now = b.now.Add(1)
	b.sweep()
	b.draw(1, 1)
	b.flush()
	b.do(join{viewer: c.id, region: 2, at: canvas.Position{Epoch: 1, Seq: 9}})
	b.draw(2, 1)
	b.flush()
	if got, want := socket.told(), []string{"connected", "pixel_updated", "pixel_updated"}; !slices.Equal(got, want) || c.view == nil {
		t.Errorf("told %q, want %q; in a group %t", got, want, c.view != nil)
	}
}

// Goal: what was placed while a region did not answer is shown to those who were told meanwhile that they
// are connected, and to nobody else.
func TestJoining_WhatWasPlacedMeanwhile(t *testing.T) {
	meanwhile := func(n int) join {
		batch := &canvas.Batch{Region: 2, Epoch: 1, From: 7, To: 7 + uint64(n), Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, n)}}}
		return join{region: 2, at: batch.Position(), delta: frames.NewPixels(batch, testGeometry)}
	}
	tests := []struct {
		name   string
		late   bool // it has been let in
		answer join
		want   []string
		state  state
	}{
		{"joins", false, meanwhile(2), nil, joining},
		{"was let in", true, meanwhile(2), []string{"pixel_updated", "pixel_updated"}, live},
		{"was let in, and missed too much", true, meanwhile(maxJSONCatchUp + 1), nil, closing},
		{"was let in, and missed more than is known", true, join{region: 2, at: canvas.Position{Epoch: 1, Seq: 9}, snapshot: []byte{1}}, nil, closing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			c, socket := b.join()
			if tt.late {
				b.now = b.now.Add(joinPatience + 1)
				b.sweep()
				b.flush()
				socket.written.Reset()
			}
			tt.answer.viewer = c.id
			b.do(tt.answer)
			b.flush()
			if got := socket.told(); !slices.Equal(got, tt.want) || c.state != tt.state {
				t.Errorf("told %q, state %d; want %q, %d", got, c.state, tt.want, tt.state)
			}
			if err := b.audit(); err != nil {
				t.Error(err)
			}
		})
	}
	b := newBench(t)
	c, socket := b.connect(frames.Binary)
	b.do(follow{c, []canvas.Mark{{Region: 2, Position: canvas.Head()}}})
	answer := meanwhile(2)
	answer.viewer = c.id
	b.do(answer)
	b.flush()
	_, messages := socket.take(t)
	if p, ok := messages[0].(codec.Pixels); !ok || len(messages) != 1 || p.Batch.From != 9 || p.Batch.To != 9 {
		t.Errorf("a binary client got %+v", messages)
	}
}

// Goal: a client that was let in and takes nothing holds on to no more because all regions answer.
func TestJoining_SlowWhenLetIn(t *testing.T) {
	b := newBench(t)
	c, socket := b.join()
	b.now = b.now.Add(joinPatience + 1)
	b.sweep()
	socket.room = 1
	b.flush()
	for region := range canvas.RegionID(4) {
		batch := &canvas.Batch{Region: region, Epoch: 1, To: 900, Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, 900)}}}
		b.do(join{viewer: c.id, region: region, at: batch.Position(), delta: frames.NewPixels(batch, testGeometry)})
	}
	if c.state != closing {
		t.Errorf("state %d, %d bytes are due", c.state, c.catchingUp.bytes)
	}
}

// A region whose history is replaced meanwhile costs a client that has been shown nothing yet no more
// than a question: it need not reload.
func TestJoining_HistoryReplaced(t *testing.T) {
	b := newBench(t)
	c, socket := b.join()
	b.do(join{viewer: c.id, region: 0, at: canvas.Position{Epoch: 1, Seq: 7}})
	b.do(reset{0})
	for region := canvas.RegionID(1); region < 4; region++ {
		b.do(join{viewer: c.id, region: region, at: canvas.Position{Epoch: 1, Seq: 7}})
	}
	b.flush()
	if last := b.asked[len(b.asked)-1]; last != (canvas.Mark{Region: 0, Position: canvas.Head()}) || c.state != joining {
		t.Fatalf("asks for %v, state %d", b.asked, c.state)
	}
	b.do(join{viewer: c.id, region: 0, at: canvas.Position{Epoch: 5, Seq: 9}})
	b.flush()
	if got := socket.told(); !slices.Equal(got, []string{"connected"}) {
		t.Errorf("told %q", got)
	}
}

// A client that can't pay for its questions is shown what others are shown by then.
func TestJoining_WithoutMeans(t *testing.T) {
	b := newBench(t)
	first, _ := b.join()
	account := first.account
	asked, by := b.asked, b.askedBy
	b.asked, b.askedBy = nil, nil
	account.Draw(b.now, 1<<30)
	poor, socket := b.join()
	if len(b.asked) > 0 || len(poor.catchingUp.want) != 4 {
		t.Fatalf("asks for %v", b.asked)
	}
	b.asked, b.askedBy = asked, by
	b.answer()
	b.sweep()
	b.flush()
	if got := socket.told(); !slices.Equal(got, []string{"connected"}) || poor.catchingUp != nil || len(b.asked) > 0 {
		t.Errorf("told %q, asks for %v", got, b.asked)
	}
}

// A client that joins is told like all others that the server closes.
func TestJoining_Drained(t *testing.T) {
	b := newBench(t)
	c, socket := b.join()
	b.do(drain{})
	b.flush()
	if got := socket.told(); c.state != closing || !slices.Equal(got, []string{"connected"}) || !strings.Contains(socket.written.String(), string(frames.Close(codec.CloseRestart, frames.Reason(codec.CloseRestart)))) {
		t.Errorf("state %d, wrote %q", c.state, &socket.written)
	}
}
