package transport

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
)

func TestFrame_Header(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 200_000} {
		var want bytes.Buffer
		if err := ws.WriteHeader(&want, ws.Header{Fin: true, OpCode: ws.OpBinary, Length: int64(n)}); err != nil {
			t.Fatal(err)
		}
		payload := make([]byte, n)
		for i := range payload {
			payload[i] = byte(i)
		}
		want.Write(payload)
		if got := seal(ws.OpBinary, append(room(n), payload...)); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%d bytes: got % x…", n, got[:min(len(got), 16)])
		}
	}
}

func TestFrame_SealCopiesNoPayload(t *testing.T) {
	b := append(room(1000), make([]byte, 1000)...)
	if n := testing.AllocsPerRun(100, func() { seal(ws.OpBinary, b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPixels_AreEncodedOnce(t *testing.T) {
	b := &canvas.Batch{To: 2, Time: 5, Ops: []canvas.Op{{Name: "ada", Pixels: make([]canvas.Pixel, 2)}}}
	p := newPixels(b, testGeometry)
	for protocol := range protocols {
		first, second := p.encoded[protocol](), p.encoded[protocol]()
		if len(first) == 0 || &first[0] != &second[0] {
			t.Errorf("protocol %d: encoded twice", protocol)
		}
	}
}

type numbered int

func (numbered) run(*shard) {}

func TestInbox_Bounds(t *testing.T) {
	var b inbox
	if b.post(numbered(0)) || b.offerBatch(numbered(0), 3, 1) {
		t.Error("took a command before it was open")
	}
	woken := 0
	b.open(8, func() { woken++ })
	for i := range 3 {
		if !b.offerBatch(numbered(i), 1, maxInboxFrames/3) {
			t.Errorf("refused number %d", i)
		}
	}
	if b.offerBatch(numbered(3), 5, maxInboxFrames/3) || b.offerBatch(numbered(4), 2, maxInboxFrames/3) || b.offer(numbered(5), maxInboxFrames/3) {
		t.Error("took more frames than fit")
	}
	if !b.post(numbered(6)) || woken != 1 {
		t.Errorf("refused what has no bound, or woke %d times", woken)
	}
	commands, lost := b.take(nil)
	if len(commands) != 4 || len(lost) != 2 || lost[0] != 2 || lost[1] != 5 {
		t.Errorf("took %v, lost %v", commands, lost)
	}
	if !b.offer(numbered(7), 2*maxInboxFrames) || woken != 2 {
		t.Error("a frame that is larger than the bound never gets through")
	}
	if commands, lost = b.take(commands); len(commands) != 1 || len(lost) != 0 {
		t.Errorf("took %v, lost %v", commands, lost)
	}
	b.post(numbered(8))
	if left := b.close(); len(left) != 1 || b.post(numbered(9)) {
		t.Errorf("left %v", left)
	}
}

func TestCatchUps_EncodeOnce(t *testing.T) {
	var k catchUps
	at := canvas.Position{Epoch: 1, Seq: 5}
	snapshot := &canvas.Snapshot{Region: 3, Position: at, Tile: canvas.NewTile(64, 64)}
	snapshot.Tile.Set(1, 2)
	delta := &canvas.Batch{Region: 3, Epoch: 1, From: 5, To: 6}
	catchUp := actors.CatchUp{Region: 3, At: delta.Position(), Snapshot: snapshot, Delta: delta}
	first, second := k.join(1, catchUp, testGeometry), k.join(2, catchUp, testGeometry)
	if &first.snapshot[0] != &second.snapshot[0] || first.delta != second.delta {
		t.Error("encoded twice")
	}
	later := *snapshot
	later.Position.Seq++
	if third := k.join(1, actors.CatchUp{Region: 3, Snapshot: &later}, testGeometry); &third.snapshot[0] == &first.snapshot[0] || third.delta != nil {
		t.Error("a later snapshot is the same")
	}
	h, err := ws.ReadHeader(bytes.NewReader(first.snapshot))
	if err != nil {
		t.Fatal(err)
	}
	m, err := codec.DecodeServer(first.snapshot[ws.HeaderSize(h):])
	if got, ok := m.(codec.Snapshot); err != nil || !ok || got.Mark != (canvas.Mark{Region: 3, Position: at}) {
		t.Errorf("got %+v, %v", m, err)
	}
	if k.forget(); k.snapshot != nil || k.deltas != nil {
		t.Error("not forgotten")
	}
}

// Clients at different positions take turns, and the delta from each position is encoded once.
func TestCatchUps_EncodeOncePerPosition(t *testing.T) {
	var k catchUps
	join := func(from, to uint64, n int) *pixels {
		b := &canvas.Batch{Region: 3, Epoch: 1, From: from, To: to, Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, n)}}}
		return k.join(1, actors.CatchUp{Region: 3, At: b.Position(), Delta: b}, testGeometry).delta
	}
	first, second := join(5, 20, 1), join(8, 20, 1)
	if join(5, 20, 1) != first || join(8, 20, 1) != second {
		t.Error("a position is encoded twice")
	}
	if join(5, 21, 1) == first {
		t.Error("leads to where the region was before")
	}
	most := 0
	for from := range uint64(100) {
		join(from, 200, 10_000)
		most = max(most, len(k.deltas))
	}
	if most < 2 || most > maxDeltas/50_000 {
		t.Errorf("keeps %d of 50 KB", most)
	}
	if big := join(1, 300, 60_000); join(1, 300, 60_000) != big {
		t.Error("one that is larger than the bound is encoded for each")
	}
}

func TestPresence_Lists(t *testing.T) {
	many := make([]canvas.User, canvas.MaxListedUsers+1)
	for i := range many {
		many[i] = canvas.User{Author: canvas.Author(i), Name: "x"}
	}
	var source presenceSource
	shown := source.next(&actors.Presence{Count: 2000, Named: many, Joined: many}, time.Now)
	for name, frame := range map[string][]byte{
		"full": shown.full[binaryProtocol](), "change": shown.change[binaryProtocol](),
	} {
		h, err := ws.ReadHeader(bytes.NewReader(frame))
		if err != nil {
			t.Fatal(err)
		}
		m, err := codec.DecodeServer(frame[ws.HeaderSize(h):])
		if p, ok := m.(codec.Presence); err != nil || !ok || !p.Full || len(p.Joined) != canvas.MaxListedUsers {
			t.Errorf("%s: %v", name, err)
		}
	}
	shown = source.next(&actors.Presence{Count: 2000, Named: many}, time.Now)
	if len(shown.change[binaryProtocol]()) > 0 || len(shown.change[jsonProtocol]()) > 0 {
		t.Error("nothing has changed")
	}
}

func TestConfig_Validate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Config){
		"canvas":         func(c *Config) { c.Geometry.Width = 0 },
		"listen":         func(c *Config) { c.Listen = "" },
		"connections":    func(c *Config) { c.MaxConnections = 0 },
		"every duration": func(c *Config) { c.StallTimeout = 0 },
		"silence":        func(c *Config) { c.SilenceTimeout = c.PingEvery },
		"shards":         func(c *Config) { c.Shards = -1 },
		"send buffer":    func(c *Config) { c.SendBuffer = 0 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

func TestConfig_Jitter(t *testing.T) {
	c := DefaultConfig().withDefaults()
	if d := c.Jitter(0); d != 0 {
		t.Errorf("got %v of nothing", d)
	}
	for range 100 {
		if d := c.Jitter(time.Second); d < 0 || d >= time.Second {
			t.Errorf("got %v", d)
		}
	}
}
