package transport

import (
	"bytes"
	"maps"
	"net/netip"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/netpoll"
)

func newReader(b []byte) *bytes.Reader { return bytes.NewReader(b) }

// steps are what a stepper chooses from, the more often the more weight. take tells
// whether there was anything to do; c is any client, nil: there is none.
var steps = weighted([]weightedStep{
	{3, "connect", (*stepper).connectOne},
	{6, "follow", (*stepper).followSome},
	{2, "unfollow", func(st *stepper, c *stepClient) bool {
		if c != nil {
			st.do(unfollow{c.conn, []canvas.RegionID{st.anywhere(), st.anywhere()}})
		}
		return c != nil
	}},
	{6, "draw", func(st *stepper, _ *stepClient) bool {
		st.draw(st.anywhere(), []int{1, 100, 2000, 8000}[st.random.IntN(4)])
		return true
	}},
	{1, "lose a batch", func(st *stepper, _ *stepClient) bool {
		region := st.anywhere()
		st.drawn[region] += 3
		st.do(reset{region})
		return true
	}},
	{6, "answer", func(st *stepper, _ *stepClient) bool {
		if len(st.asked) > 0 {
			st.answerOne(st.random.IntN(len(st.asked)))
			return true
		}
		return false
	}},
	{3, "tick", func(st *stepper, _ *stepClient) bool { st.flush(); return true }},
	{6, "tick of a part", func(st *stepper, _ *stepClient) bool { st.writeDue(1 + st.random.IntN(4)); return true }},
	{2, "burst", (*stepper).burst},
	{2, "room", func(st *stepper, c *stepClient) bool {
		if c != nil {
			c.socket.room = []int{0, 10, 5000, -1, -1}[st.random.IntN(5)]
		}
		return c != nil
	}},
	{3, "writable", func(st *stepper, c *stepClient) bool {
		if c == nil || c.conn.state == gone || c.conn.backlog == nil {
			return false
		}
		c.socket.room = []int{100, -1, -1}[st.random.IntN(3)]
		st.serve(netpoll.Event{Owner: c.conn, Writable: true})
		return true
	}},
	{1, "reset", func(st *stepper, _ *stepClient) bool { st.do(reset{st.anywhere()}); return true }},
	{2, "presence", func(st *stepper, c *stepClient) bool {
		var arrived []canvas.ViewerID
		if c != nil {
			arrived = append(arrived, c.conn.id)
		}
		st.do(present{st.server.presence.Next(&actors.Presence{Count: st.random.IntN(9)}, time.Now), arrived})
		return true
	}},
	{1, "pointers", func(st *stepper, _ *stepClient) bool {
		frame := frames.Seal(ws.OpBinary, codec.AppendCursors(frames.Room(9), codec.Cursors{}))
		if st.random.IntN(2) == 0 {
			frame = frames.Seal(ws.OpBinary, codec.AppendBeckons(frames.Room(9), codec.Beckons{}))
		}
		st.do(point{st.anywhere(), frame})
		return true
	}},
	{1, "acknowledge", func(st *stepper, c *stepClient) bool {
		if c != nil {
			outbox{c.conn}.Ack([]uint64{1}, actors.Left{Pixels: 5})
		}
		return c != nil
	}},
	{1, "break or end", func(st *stepper, c *stepClient) bool {
		if c == nil || st.random.IntN(4) > 0 {
			return false
		}
		switch st.random.IntN(3) {
		case 0:
			c.socket.broken = true
		case 1:
			st.do(failed{c.conn})
		case 2:
			st.do(kick{c.conn.id, make(chan bool, 1)})
		}
		return true
	}},
	{2, "rules", (*stepper).decide},
	{4, "own pixels", func(st *stepper, c *stepClient) bool {
		if c == nil {
			return false
		}
		n := []int{1, 100, 2000}[st.random.IntN(3)]
		st.server.ShowOwn(c.conn.id, c.subject(), &canvas.Batch{
			Region: st.anywhere(), To: uint64(n),
			Ops: []canvas.Op{{ID: canvas.OpID{Author: ownAuthor + canvas.Author(c.subject()[0])}, Pixels: make([]canvas.Pixel, n)}},
		})
		return true
	}},
	{1, "time", func(st *stepper, _ *stepClient) bool {
		st.now = st.now.Add(time.Duration(st.random.IntN(3000)) * time.Millisecond)
		st.sweep()
		return true
	}},
	{1, "a batch that can't be shown", func(st *stepper, _ *stepClient) bool {
		if !st.faults || st.random.IntN(20) > 0 {
			return false
		}
		region := st.anywhere()
		bad := frames.NewPixels(&canvas.Batch{Region: region, Epoch: 1, From: st.drawn[region], To: st.drawn[region] + 1}, testGeometry)
		for p := range frames.Protocols {
			bad.Encoded[p] = func() []byte { panic("made to fail: encode") }
		}
		st.drawn[region]++
		if st.server.Viewing(region) {
			st.do(publish{bad})
		}
		return true
	}},
})

type weightedStep struct {
	weight int
	name   string
	take   func(st *stepper, c *stepClient) bool
}

func weighted(all []weightedStep) (steps []weightedStep) {
	for _, s := range all {
		for range s.weight {
			steps = append(steps, s)
		}
	}
	return steps
}

// decide changes the rules, and at times bans somebody.
func (st *stepper) decide(c *stepClient) bool {
	if c != nil && st.random.IntN(3) == 0 {
		st.banned[canvas.NetworkID(c.conn.id)] = true
	}
	banned := maps.Clone(st.banned)
	st.version++
	st.server.ruled(decree{version: st.version, bans: func(who rules.Who) bool {
		st.fails("ban")
		return banned[who.Network]
	}, shadows: func(who rules.Who) bool { return who.Network%2 == 0 }}, []string{"", "", "Tea at five"}[st.random.IntN(3)])
	return true
}

func (st *stepper) connectOne(*stepClient) bool {
	if len(st.clients) >= 12 {
		return false
	}
	m := open{protocol: frames.Binary, id: st.nextID + 1, account: st.server.accounts.Open(netip.Addr{}, 0),
		person: canvas.Person{Kind: canvas.Guest, From: canvas.NetworkID(st.nextID + 1), Subject: canvas.Subject{byte(st.nextID%3 + 1)}}}
	if st.random.IntN(4) == 0 {
		m.protocol = frames.JSON
	}
	st.nextID++
	socket := &stepSocket{benchSocket{room: -1, keep: true}, st}
	m.socket = socket
	if m.protocol == frames.Binary {
		m.early = frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{Sent: new(uint64), Knows: canvas.Refusal(st.random.IntN(15))}))
	}
	c := &stepClient{st: st, socket: socket, session: &stepSession{st: st, closed: true}, held: make([]standing, len(st.drawn))}
	st.clients = append(st.clients, c)
	st.server.counters.Connections.Add(1)
	st.do(m)
	if c.conn = st.byID[m.id]; c.conn == nil { // it failed
		st.clients = st.clients[:len(st.clients)-1]
		return true
	}
	st.obey()
	return true
}

func (st *stepper) followSome(c *stepClient) bool {
	if c == nil {
		return false
	}
	var marks []canvas.Mark
	for range 1 + st.random.IntN(4) {
		region := st.anywhere()
		mark := canvas.Mark{Region: region}
		switch held := c.held[region]; st.random.IntN(4) {
		case 0:
			mark.Position = canvas.Head()
		case 1:
			mark.Position = st.position(region)
		case 2:
			if !held.any && c.taken > held.after { // what the client has, which may be ahead
				mark.Position = canvas.Position{Epoch: held.epoch, Seq: held.seq}
			}
		}
		marks = append(marks, mark)
	}
	if c.conn.state == live {
		under := c.taken + c.socket.written.Len()
		if c.conn.backlog != nil {
			for _, b := range c.conn.backlog.pending {
				under += len(b)
			}
		}
		for i := len(marks) - 1; i >= 0; i-- { // the first of a region counts
			c.held[marks[i].Region] = standing{seq: marks[i].Position.Seq, epoch: marks[i].Position.Epoch, any: marks[i].Position == canvas.Head(), after: under}
		}
	}
	st.do(follow{c.conn, marks})
	return true
}

func (st *stepper) draw(region canvas.RegionID, n int) {
	from := st.drawn[region]
	st.drawn[region] += uint64(n)
	if st.server.Viewing(region) {
		st.do(publish{frames.NewPixels(&canvas.Batch{
			Region: region, Epoch: 1, From: from, To: st.drawn[region],
			Ops: []canvas.Op{{ID: canvas.OpID{Author: 1, Num: 1}, Pixels: make([]canvas.Pixel, n)}},
		}, testGeometry)})
	}
}

// answerOne answers a question as a relay would: with nothing, a difference or a snapshot.
func (st *stepper) answerOne(i int) {
	m, v := st.asked[i], st.askedBy[i]
	st.asked = append(st.asked[:i:i], st.asked[i+1:]...)
	st.askedBy = append(st.askedBy[:i:i], st.askedBy[i+1:]...)
	j := join{viewer: v, region: m.Region, at: st.position(m.Region)}
	switch held := m.Position; {
	case held == canvas.Head() || held == j.at:
	case st.random.IntN(2) == 0 && held.Seq < j.at.Seq && (held.Seq == 0 || held.Epoch == 1):
		n := min(int(j.at.Seq-held.Seq), 3000) // the rest was painted over
		j.delta = frames.NewPixels(&canvas.Batch{
			Region: m.Region, Epoch: 1, From: held.Seq, To: j.at.Seq,
			Ops: []canvas.Op{{ID: canvas.OpID{Author: 1, Num: 1}, Pixels: make([]canvas.Pixel, n)}},
		}, testGeometry)
	default:
		data := make([]byte, 1000+st.random.IntN(100_000))
		j.snapshot = frames.Seal(ws.OpBinary, codec.AppendSnapshot(frames.Room(64+len(data)),
			codec.Snapshot{Mark: canvas.Mark{Region: m.Region, Position: j.at}, Data: data}))
	}
	st.do(j)
}

// burst is what a client may send at once: pings, which must be answered, and then what ends
// or breaks the connection.
func (st *stepper) burst(c *stepClient) bool {
	if c == nil || c.conn.state >= closing || c.conn.paused {
		return false
	}
	var burst []byte
	for range st.random.IntN(200) {
		burst = append(burst, frame(ws.OpPing, make([]byte, 125))...)
	}
	switch st.random.IntN(6) {
	case 0:
		burst = append(burst, frame(ws.OpClose, nil)...)
	case 1:
		burst = append(burst, frame(ws.OpBinary, []byte{1})...)
	case 2:
		burst = append(burst, frame(ws.OpBinary, codec.AppendPing(nil, codec.Ping{Token: 1}))[:3]...)
	}
	st.attempt(c.conn, func(s *shard, c *conn) { s.receive(c, burst) })
	return true
}
