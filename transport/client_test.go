package transport

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/upgrade/upgradetest"
)

// client is the other end of a WebSocket, frame by frame.
type client struct {
	t    testing.TB
	conn *net.TCPConn
	r    *bufio.Reader
	mask [4]byte

	reason string // of the close frame
}

// patience bounds every wait of a test.
const patience = 10 * time.Second

// dial does the handshake. glued is sent together with the request, after it.
func dial(t testing.TB, s *Server, headers string, glued ...byte) *client {
	t.Helper()
	c := &client{t: t, conn: upgradetest.Connect(t, s.Addr()), mask: [4]byte{1, 2, 3, 4}}
	c.r = bufio.NewReader(c.conn)
	c.write(append([]byte(upgradetest.HandshakeRequest(headers)), glued...))
	c.expectUpgrade()
	return c
}

func (c *client) expectUpgrade() {
	c.t.Helper()
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(response.Body)
		c.t.Fatalf("handshake answered %s: %s", response.Status, body)
	}
}

// dialBinary says HELLO and waits for WELCOME.
func dialBinary(t testing.TB, s *Server) *client {
	t.Helper()
	c := dial(t, s, upgradetest.OfferBinary, frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{Name: "ada"}))...)
	await[codec.Welcome](c)
	return c
}

func (c *client) write(p []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(p); err != nil {
		c.t.Fatal(err)
	}
}

// frame is a whole client's frame.
func frame(op ws.OpCode, payload []byte) []byte { return rawFrame(0x80|byte(op), true, payload) }

// rawFrame is a client's frame with any first byte.
func rawFrame(first byte, masked bool, payload []byte) []byte {
	h := ws.Header{Fin: true, OpCode: ws.OpBinary, Masked: masked, Mask: [4]byte{0x37, 0xfa, 0x21, 0x3d}, Length: int64(len(payload))}
	var b bytes.Buffer
	_ = ws.WriteHeader(&b, h)
	b.Bytes()[0] = first
	payload = bytes.Clone(payload)
	if masked {
		ws.Cipher(payload, h.Mask, 0)
	}
	b.Write(payload)
	return b.Bytes()
}

func (c *client) send(op ws.OpCode, payload []byte) {
	c.t.Helper()
	c.write(frame(op, payload))
}

// receive reads the next frame, which must be whole and not masked.
func (c *client) receive() (ws.OpCode, []byte, error) {
	h, err := ws.ReadHeader(c.r)
	if err != nil {
		return 0, nil, err
	}
	if !h.Fin || h.Masked || h.Rsv != 0 {
		return 0, nil, fmt.Errorf("server sent %+v", h)
	}
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(c.r, payload)
	return h.OpCode, payload, err
}

// next reads the next frame that is not a ping.
func (c *client) next() (ws.OpCode, []byte) {
	c.t.Helper()
	for {
		op, payload, err := c.receive()
		if err != nil {
			c.t.Fatal(err)
		}
		if op != ws.OpPing {
			return op, payload
		}
	}
}

// message reads the next message of the binary protocol.
func (c *client) message() codec.ServerMessage {
	c.t.Helper()
	m, err := c.tryMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

// tryMessage is message for other goroutines than the test's.
func (c *client) tryMessage() (codec.ServerMessage, error) {
	for {
		op, payload, err := c.receive()
		switch {
		case err != nil:
			return nil, err
		case op == ws.OpBinary:
			return codec.DecodeServer(payload)
		case op != ws.OpPing:
			return nil, fmt.Errorf("got opcode %v, % x", op, payload)
		}
	}
}

// await reads messages until one of the given type comes.
func await[M codec.ServerMessage](c *client) M {
	c.t.Helper()
	for {
		if m, ok := c.message().(M); ok {
			return m
		}
	}
}

// text reads the next message of the JSON protocol.
func (c *client) text() map[string]any {
	c.t.Helper()
	op, payload := c.next()
	if op != ws.OpText {
		c.t.Fatalf("got opcode %v, % x", op, payload)
	}
	var m map[string]any
	if err := json.Unmarshal(payload, &m); err != nil {
		c.t.Fatalf("%v: %q", err, payload)
	}
	return m
}

// closeCode reads up to the close frame, checks that nothing follows, and returns its code.
func (c *client) closeCode() codec.CloseCode {
	c.t.Helper()
	for {
		op, payload, err := c.receive()
		if err != nil {
			c.t.Fatalf("no close frame: %v", err)
		}
		if op != ws.OpClose {
			continue
		}
		if _, err := c.r.ReadByte(); !errors.Is(err, io.EOF) {
			c.t.Fatalf("behind the close frame: %v", err)
		}
		if len(payload) == 0 {
			return 0
		}
		c.reason = string(payload[2:])
		return codec.CloseCode(binary.BigEndian.Uint16(payload))
	}
}

func (c *client) subscribe(marks ...canvas.Mark) {
	c.t.Helper()
	c.send(ws.OpBinary, codec.AppendSubscribe(nil, codec.Subscribe{Marks: marks}))
}

// painter applies what a client is shown, and checks that it is contiguous.
type painter struct {
	geometry canvas.Geometry
	regions  map[canvas.RegionID]*painted

	snapshots, batches int
}

// painted is a region that the client follows.
type painted struct {
	at       canvas.Position
	tile     canvas.Tile
	answered bool // otherwise frames from before the subscription may still come
}

func newPainter(g canvas.Geometry) *painter {
	return &painter{geometry: g, regions: make(map[canvas.RegionID]*painted)}
}

// follow notes that the client subscribes to a region and holds nothing of it.
func (p *painter) follow(id canvas.RegionID) canvas.Mark {
	_, _, w, h := p.geometry.Bounds(id)
	p.regions[id] = &painted{tile: canvas.NewTile(w, h)}
	return canvas.Mark{Region: id}
}

func (p *painter) followAll() []canvas.Mark {
	var marks []canvas.Mark
	for id := range p.geometry.Regions() {
		marks = append(marks, p.follow(canvas.RegionID(id)))
	}
	return marks
}

func (p *painter) apply(m codec.ServerMessage) error {
	switch m := m.(type) {
	case codec.Snapshot:
		r := p.regions[m.Mark.Region]
		if r == nil {
			return nil
		}
		_, _, w, h := p.geometry.Bounds(m.Mark.Region)
		tile, err := codec.DecompressTile(m.Data, w, h)
		if err != nil {
			return err
		}
		r.tile, r.at, r.answered = tile, m.Mark.Position, true
		p.snapshots++
	case codec.Pixels:
		b := &m.Batch
		r := p.regions[b.Region]
		switch {
		case r == nil || !r.answered && b.From != r.at.Seq:
			return nil
		case b.From != r.at.Seq || b.Epoch < r.at.Epoch:
			return fmt.Errorf("region %d: client stands at %v, got a batch from %d to %d", b.Region, r.at, b.From, b.To)
		}
		r.tile.Apply(b)
		r.at, r.answered = b.Position(), true
		p.batches++
	}
	return nil
}

// has reports whether a region is at a position.
func (p *painter) has(id canvas.RegionID, at canvas.Position) bool {
	r := p.regions[id]
	return r.answered && r.at.Seq == at.Seq
}

// paint reads until done.
func (c *client) paint(p *painter, done func() bool) {
	c.t.Helper()
	for !done() {
		if err := p.apply(c.message()); err != nil {
			c.t.Fatal(err)
		}
	}
}

// paintAll reads until the client has all that the host has, and compares.
func (c *client) paintAll(p *painter, host *fakeHost) {
	c.t.Helper()
	for id := range p.regions {
		tile, at := host.tile(id)
		c.paint(p, func() bool { return p.has(id, at) })
		if !bytes.Equal(p.regions[id].tile, tile) {
			c.t.Errorf("region %d looks different at %v", id, at)
		}
	}
}
