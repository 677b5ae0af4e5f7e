package transport

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
	"pixelplayground/transport/upgrade/upgradetest"
)

// paintingAs is a client that follows the canvas from what a painter holds.
func paintingAs(t *testing.T, s *Server, who string, p *painter) *client {
	c := dial(t, s, upgradetest.OfferBinary+"Authorization: "+who+"\r\n", frame(ws.OpBinary, codec.AppendHello(nil, codec.Hello{}))...)
	await[codec.Welcome](c)
	marks := make([]canvas.Mark, 0, len(p.regions))
	for id, r := range p.regions {
		r.answered = false
		marks = append(marks, canvas.Mark{Region: id, Position: r.at})
	}
	c.subscribe(marks...)
	return c
}

// Goal: whoever is shadowed sees what they draw on all their connections, and everything that others draw,
// in order; nobody else sees any of it; and when they come back they hold nothing that is wrong.
func TestShowOwn(t *testing.T) {
	s, host, people := known(t, false)
	people.mu.Lock()
	people.by["shady"] = canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{7}, From: 7}
	people.by["honest"] = canvas.Person{Kind: canvas.Guest, Subject: canvas.Subject{8}}
	people.mu.Unlock()
	painters := map[string]*painter{}
	clients := map[string]*client{}
	for _, name := range []string{"shady", "shady, too", "honest"} {
		p := newPainter(testGeometry)
		p.followAll()
		who, _, _ := strings.Cut(name, ",")
		painters[name], clients[name] = p, paintingAs(t, s, who, p)
		clients[name].paintAll(p, host)
	}
	host.publish(3, 1, canvas.Pixel{Pos: 1, Color: 0x111111})
	for name, c := range clients {
		c.paintAll(painters[name], host)
	}
	s.ruled(decree{version: 1, shadows: func(who rules.Who) bool { return who.Network == 7 }}, "")
	for _, c := range clients {
		await[codec.Notice](c)
	}

	own := func(pixels ...canvas.Pixel) {
		s.ShowOwn(1, canvas.Subject{7}, &canvas.Batch{Region: 3, To: uint64(len(pixels)), Ops: []canvas.Op{{ID: canvas.OpID{Author: 7}, Pixels: pixels}}})
	}
	own(canvas.Pixel{Pos: 2, Color: 0x777777}, canvas.Pixel{Pos: 5, Color: 0x777777})
	host.publish(3, 2, canvas.Pixel{Pos: 3, Color: 0x333333}, canvas.Pixel{Pos: 5, Color: 0x555555})
	own(canvas.Pixel{Pos: 4, Color: 0x777777})
	clients["honest"].paintAll(painters["honest"], host)
	tile, at := host.tile(3)
	mine := bytes.Clone(tile)
	for _, pos := range []int{2, 4} {
		copy(mine[3*pos:], []byte{0x77, 0x77, 0x77})
	}
	for _, name := range []string{"shady", "shady, too"} {
		p := painters[name]
		ahead := canvas.Position{Seq: at.Seq + 3}
		clients[name].paint(p, func() bool { return p.has(3, ahead) })
		if !bytes.Equal(p.regions[3].tile, mine) {
			t.Errorf("%s sees something else", name)
		}
		if r := p.regions[3]; r.at.Epoch < aheadEpoch {
			t.Errorf("%s holds %v, which may be a position of the region, now at %v", name, r.at, at)
		}
	}

	// The region comes to the number that they hold. They come back, and must not be taken to have that.
	host.publish(3, 2, canvas.Pixel{Pos: 6, Color: 0x666666}, canvas.Pixel{Pos: 7, Color: 0x666666}, canvas.Pixel{Pos: 8, Color: 0x666666})
	back := paintingAs(t, s, "shady", painters["shady"])
	back.paintAll(painters["shady"], host)
	host.publish(3, 2, canvas.Pixel{Pos: 9, Color: 0x666666})
	back.paintAll(painters["shady"], host)

	// On the same connection likewise, and from then on it counts as all do.
	too := clients["shady, too"]
	too.subscribe(painters["shady, too"].follow(3))
	too.paintAll(painters["shady, too"], host)
	settled(t, s, 2)
	clients["honest"].paintAll(painters["honest"], host)
}

// Nobody's own pixels are merged into what others are sent, though their positions may be the same.
func TestMerges_Alone(t *testing.T) {
	m := frames.NewMerges(testGeometry)
	batch := func(from, to uint64, color canvas.Color, alone bool) frames.Due {
		p := frames.NewPixels(&canvas.Batch{Region: 1, Epoch: 1, From: from, To: to, Ops: []canvas.Op{{Pixels: []canvas.Pixel{{Pos: 1, Color: color}}}}}, testGeometry)
		p.Alone = alone
		return frames.Due{From: canvas.Mark{Region: 1}, Pixels: p}
	}
	for _, alone := range [][2]bool{{false, true}, {true, false}} {
		m.Forget()
		for i, color := range []canvas.Color{0xAAAAAA, 0xBBBBBB} {
			all := []frames.Due{batch(0, 1, 1, false), batch(1, 2, color, alone[i])}
			if got := m.Frames(nil, frames.Binary, all); len(got) != 1 || !bytes.Contains(got[0], []byte{byte(color), byte(color), byte(color)}) {
				t.Errorf("alone %t: sent % x", alone[i], got)
			}
		}
	}
}

// JSON clients are sent a message for each pixel, and nobody else is.
func TestShowOwn_JSON(t *testing.T) {
	s, _, _ := known(t, false)
	mine := dial(t, s, "") // viewer 1
	mine.text()
	other := dial(t, s, "")
	other.text()
	s.ShowOwn(1, canvas.Subject{}, &canvas.Batch{Region: 3, To: 1, Ops: []canvas.Op{{Name: "ada", Pixels: []canvas.Pixel{{Pos: 2, Color: 0x777777}}}}})
	m := mine.text()
	for m["type"] != "pixel_updated" {
		m = mine.text()
	}
	if m["color"] != "#777777" || m["username"] != "ada" {
		t.Errorf("shown %v", m)
	}
	other.send(ws.OpText, []byte(`{"type":"ping"}`))
	for m = other.text(); m["type"] != "pong"; m = other.text() {
		if m["type"] == "pixel_updated" {
			t.Errorf("somebody else was shown %v", m)
		}
	}
}

// However many are shadowed and draw, few have what they are shown encoded for themselves.
func TestShowOwn_Bounded(t *testing.T) {
	b := newBench(t)
	for range maxAhead + 10 {
		c, _ := b.connect(frames.Binary)
		b.follows(c, 1)
	}
	for v := range canvas.ViewerID(maxAhead + 10) {
		b.server.ShowOwn(v+1, canvas.Subject{}, &canvas.Batch{Region: 1, To: 1, Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, 1)}}})
	}
	b.obey()
	b.flush()
	if len(b.ahead) != maxAhead {
		t.Errorf("%d are ahead", len(b.ahead))
	}
	for len(b.conns) > 0 {
		b.destroy(b.conns[0], codec.CloseNormal)
	}
	if len(b.ahead) != 0 || len(b.shadowed) != 0 {
		t.Errorf("when all have gone %d are ahead, %d subjects are shadowed", len(b.ahead), len(b.shadowed))
	}
}
