package transport

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/codec"
	"pixelplayground/transport/frames"
)

// slow makes a connection with something pending.
func (b *bench) slow(regions ...canvas.RegionID) (*conn, *benchSocket) {
	b.t.Helper()
	c, socket := b.connect(frames.Binary)
	b.follows(c, regions...)
	socket.room = 10
	b.draw(regions[0], 100)
	b.flush()
	if c.backlog == nil || !c.writes {
		b.t.Fatal("nothing is pending")
	}
	return c, socket
}

func (b *bench) drain(c *conn, socket *benchSocket) {
	b.t.Helper()
	socket.room = -1
	b.writable(c)
	if c.backlog != nil || c.writes {
		b.t.Fatal("still pending")
	}
	b.flush()
}

func TestShard_SlowConnectionStandsWhereItWas(t *testing.T) {
	b := newBench(t)
	c, socket := b.slow(1, 2)
	for range 3 { // ticks
		b.draw(1, 1)
		b.draw(1, 1)
		b.flush()
	}
	want := []canvas.Mark{{Region: 1, Position: canvas.Position{Epoch: 1, Seq: 100}}}
	if !slices.Equal(c.catchingUp.want, want) || c.catchingUp.synced.Has(1) || !c.catchingUp.synced.Has(2) || len(b.asked) > 0 {
		t.Fatalf("wants %v, has %v, asked for %v", c.catchingUp.want, c.catchingUp.synced, b.asked)
	}
	b.drain(c, socket)
	if !slices.Equal(b.asked, want) {
		t.Fatalf("asked for %v", b.asked)
	}
	merged := frames.NewPixels(&canvas.Batch{Region: 1, Epoch: 1, From: 100, To: 106}, testGeometry)
	b.do(join{viewer: c.id, region: 1, at: canvas.Position{Epoch: 1, Seq: 106}, delta: merged})
	b.flush()
	b.draw(1, 1)
	b.flush()
	_, messages := socket.take(t)
	froms := []uint64{}
	for _, m := range messages {
		froms = append(froms, m.(codec.Pixels).Batch.From)
	}
	if !slices.Equal(froms, []uint64{0, 100, 106}) || c.view == nil {
		t.Errorf("got batches from %v, in a view: %t", froms, c.view != nil)
	}
}

// If the connection has become slow by the time an answer comes, the answer is dropped, and the
// region is asked for again from the position that the client really holds.
func TestShard_AnswerToAConnectionThatBecameSlow(t *testing.T) {
	b := newBench(t)
	c, socket := b.connect(frames.Binary)
	b.follows(c, 1)
	b.do(follow{c, []canvas.Mark{{Region: 2}}})
	socket.room = 10
	b.draw(1, 100)
	b.flush()
	snapshot := make([]byte, 1000)
	b.do(join{viewer: c.id, region: 2, at: canvas.Position{Epoch: 1, Seq: 7}, snapshot: snapshot})
	b.do(publish{frames.NewPixels(&canvas.Batch{Region: 2, Epoch: 1, From: 7, To: 8}, testGeometry)})
	b.asked = nil
	b.flush()
	if want := []canvas.Mark{{Region: 2}}; !slices.Equal(c.catchingUp.want, want) || c.catchingUp.bytes != 0 || b.feeds[2].viewers != 0 {
		t.Fatalf("wants %v, %d bytes due", c.catchingUp.want, c.catchingUp.bytes)
	}
	b.drain(c, socket)
	if want := []canvas.Mark{{Region: 2}}; !slices.Equal(b.asked, want) {
		t.Errorf("asked for %v", b.asked)
	}
}

// Goal: a slow connection holds on to little, whatever is drawn between two ticks, which may be
// far apart on a busy computer.
// Method: the connection waits for a region, and two more are drawn on without a tick.
func TestShard_SlowConnectionHoldsLittleBetweenTicks(t *testing.T) {
	b := newBench(t)
	c, socket := b.connect(frames.Binary)
	b.follows(c, 1, 2)
	b.do(follow{c, []canvas.Mark{{Region: 3}}})
	snapshot := make([]byte, 200_000)
	at := canvas.Position{Epoch: 1, Seq: 7}
	for range 2000 { // before the answer comes, to a connection that takes everything
		b.draw(1, 1)
	}
	b.do(join{viewer: c.id, region: 3, at: at, snapshot: snapshot})
	if held := c.held(); held > 256<<10 {
		t.Errorf("%d bytes are held with the answer", held)
	}
	socket.room = 10
	b.flush()
	for range 2000 {
		b.draw(1, 1)
		b.draw(2, 1)
		if held := c.held(); held > 256<<10 {
			t.Fatalf("%d bytes are held while nothing is taken", held)
		}
	}
	b.asked, b.askedBy = nil, nil
	b.drain(c, socket)
	if len(b.asked) != 1 || len(c.catchingUp.want) != 2 {
		t.Errorf("asked for %v of %v", b.asked, c.catchingUp.want)
	}
	b.answer()
	b.flush()
	if c.view == nil {
		t.Errorf("not settled: %+v", c.catchingUp)
	}
}

// An answer that comes when much is due is taken when that has gone out.
func TestShard_AnswerToAConnectionWithMuchDue(t *testing.T) {
	b := newBench(t)
	c, socket := b.connect(frames.Binary)
	b.follows(c, 1)
	b.do(follow{c, []canvas.Mark{{Region: 2}}})
	for range 100 {
		b.draw(1, 100)
	}
	if c.catchingUp.bytes < askAhead {
		t.Fatalf("%d bytes are due, too few", c.catchingUp.bytes)
	}
	b.do(join{viewer: c.id, region: 2, at: canvas.Position{Epoch: 1, Seq: 7}, snapshot: make([]byte, 1000)})
	if socket.writes != 1 || !c.catchingUp.synced.Has(2) || len(c.catchingUp.want) != 0 {
		t.Errorf("%d writes, wants %v", socket.writes, c.catchingUp.want)
	}
}

func TestShard_SlowConnectionIsToldWhoIsHere(t *testing.T) {
	b := newBench(t)
	c, socket := b.slow(1)
	c.stale = false // it has been told before
	for count := range 3 {
		b.do(present{b.server.presence.Next(&actors.Presence{Count: count}, time.Now), nil})
		b.flush()
	}
	b.do(point{1, frames.Seal(ws.OpBinary, codec.AppendCursors(frames.Room(9), codec.Cursors{}))})
	b.flush()
	b.drain(c, socket)
	_, messages := socket.take(t)
	if got := kinds(messages); !slices.Equal(got, []string{"Pixels", "Presence"}) {
		t.Fatalf("got %v", got)
	}
	if p := messages[1].(codec.Presence); !p.Full || p.Count != 2 {
		t.Errorf("got %+v", p)
	}
}

func TestShard_JSONCatchesUpOrReloads(t *testing.T) {
	tests := []struct {
		name   string
		answer join
		closed bool
		frames int
	}{
		{"nothing missed", join{at: canvas.Position{Epoch: 1, Seq: 5}}, false, 0},
		{"few pixels", join{delta: frames.NewPixels(&canvas.Batch{From: 5, To: 7, Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, 2)}}}, testGeometry)}, false, 2},
		{"many pixels", join{delta: frames.NewPixels(&canvas.Batch{From: 5, Ops: []canvas.Op{{Pixels: make([]canvas.Pixel, maxJSONCatchUp+1)}}}, testGeometry)}, true, 1},
		{"snapshot", join{snapshot: []byte{1}}, true, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			c, socket := b.connect(frames.JSON)
			b.do(follow{c, []canvas.Mark{{Region: 0, Position: canvas.Position{Epoch: 1, Seq: 5}}}})
			tt.answer.viewer = c.id
			b.do(tt.answer)
			b.flush()
			ops, _ := socket.take(t)
			if (c.state == closing) != tt.closed || len(ops) != tt.frames || (c.view != nil) == tt.closed {
				t.Errorf("state %d, wrote %v", c.state, ops)
			}
		})
	}
}

func TestJoin_Fits(t *testing.T) {
	at := canvas.Position{Epoch: 2, Seq: 9}
	delta := &frames.Pixels{Batch: &canvas.Batch{From: 5, To: 9}}
	tests := []struct {
		name string
		join join
		held canvas.Position
		fits bool
	}{
		{"nothing missed", join{at: at}, at, true},
		{"nothing missed, but in a history that was replaced", join{at: at}, canvas.Position{Epoch: 1, Seq: 9}, false},
		{"from now on", join{at: at}, canvas.Head(), true},
		{"nothing missed, for one who stood elsewhere", join{at: at}, canvas.Position{Seq: 8}, false},
		{"a difference", join{at: at, delta: delta}, canvas.Position{Seq: 5}, true},
		{"a difference from elsewhere", join{at: at, delta: delta}, canvas.Position{Seq: 6}, false},
		{"a snapshot", join{at: at, snapshot: []byte{1}, delta: delta}, canvas.Position{Seq: 6}, true},
	}
	for _, tt := range tests {
		if got := tt.join.fits(tt.held); got != tt.fits {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}

// The answer to a question that was replaced is not taken for the answer to the new one.
func TestShard_AnswerToAnEarlierQuestion(t *testing.T) {
	b := newBench(t)
	c, _ := b.connect(frames.Binary)
	b.do(follow{c, []canvas.Mark{{Region: 1, Position: canvas.Position{Epoch: 1, Seq: 3}}}})
	b.do(follow{c, []canvas.Mark{{Region: 1}}})
	if len(b.asked) != 2 {
		t.Fatalf("asked for %v", b.asked)
	}
	at := canvas.Position{Epoch: 1, Seq: 3}
	b.do(join{viewer: c.id, region: 1, at: at})
	if c.catchingUp.synced.Has(1) {
		t.Fatal("took the answer to the first question")
	}
	all := frames.NewPixels(&canvas.Batch{Region: 1, Epoch: 1, To: 3}, testGeometry)
	for range 2 { // the second is to the question asked again because of the first
		b.do(join{viewer: c.id, region: 1, at: at, delta: all})
	}
	b.flush()
	if c.view == nil || b.feeds[1].viewers != 1 {
		t.Errorf("not settled, %d viewers", b.feeds[1].viewers)
	}
	b.do(unfollow{c, []canvas.RegionID{1}})
	b.do(join{viewer: c.id, region: 1, at: at, delta: all})
	if b.feeds[1].viewers != 0 {
		t.Error("joined what it does not follow")
	}
}

// JSON clients follow the whole canvas at once: from where other viewers are, or by asking for all
// other regions together.
func TestShard_JSONClientFollowsAtOnce(t *testing.T) {
	b := newBench(t)
	var marks []canvas.Mark
	for region := range canvas.RegionID(4) {
		marks = append(marks, canvas.Mark{Region: region, Position: canvas.Head()})
	}
	seen, _ := b.connect(frames.Binary)
	b.follows(seen, 1)
	first, _ := b.connect(frames.JSON)
	b.do(follow{first, marks})
	if want := []canvas.Mark{marks[0], marks[2], marks[3]}; !slices.Equal(b.asked, want) {
		t.Errorf("asked for %v, want %v", b.asked, want)
	}
	b.answer()
	b.flush()
	second, socket := b.connect(frames.JSON)
	b.do(follow{second, marks})
	b.draw(3, 1)
	b.flush()
	if len(b.asked) > 0 || first.view == nil || first.view != second.view || b.feeds[3].viewers != 2 || b.feeds[1].viewers != 3 {
		t.Errorf("asked for %v, settled %t and %t, %d and %d viewers", b.asked, first.view != nil, second.view != nil, b.feeds[3].viewers, b.feeds[1].viewers)
	}
	if got := socket.written.String(); strings.Count(got, "pixel_updated") != 1 {
		t.Errorf("shown %q, want the pixel in region 3", got)
	}
}

// A JSON client is shown a region as soon as its relay says where the region stands, even if
// the shard has not come to that region yet.
func TestShard_AnswerBeforeItsTurn(t *testing.T) {
	b := newBench(t)
	c, socket := b.connect(frames.JSON)
	var marks []canvas.Mark
	for region := range canvas.RegionID(4) {
		marks = append(marks, canvas.Mark{Region: region, Position: canvas.Head()})
	}
	b.do(follow{c, marks})
	socket.room = 0 // the client takes nothing for now
	b.do(join{viewer: c.id, region: 2, at: canvas.Position{Epoch: 1, Seq: 3}})
	b.draw(2, 1)
	if !c.catchingUp.synced.Has(2) {
		t.Fatalf("synced %v", c.catchingUp.synced)
	}
	socket.room = -1
	b.flush()
	if got := socket.written.String(); strings.Count(got, "pixel_updated") != 1 {
		t.Errorf("shown %q, want the pixel in region 2", got)
	}
	b.answer()
	b.flush()
	if c.view == nil || b.feeds[2].viewers != 1 {
		t.Errorf("not settled, %d viewers", b.feeds[2].viewers)
	}
}

// A question may get lost when a region's history is replaced; it is asked again.
func TestShard_ResetAsksAgain(t *testing.T) {
	b := newBench(t)
	c, _ := b.connect(frames.Binary)
	b.do(follow{c, []canvas.Mark{{Region: 1}, {Region: 2}}})
	b.do(reset{2})
	b.flush()
	if len(b.asked) != 1 {
		t.Fatalf("asked for %v", b.asked)
	}
	b.do(reset{1})
	b.flush()
	if want := []canvas.Mark{{Region: 1}, {Region: 1}}; !slices.Equal(b.asked, want) {
		t.Errorf("asked for %v", b.asked)
	}
}

// A client that changes its mind while questions are under way gets no more at once than
// one that doesn't, and everything in the end.
func TestCatchingUp_AnswersToQuestionsGivenUpDoNotPileUp(t *testing.T) {
	b := newBench(t)
	c, _ := b.connect(frames.Binary)
	snapshot := make([]byte, 200_000)
	regions := canvas.RegionID(b.server.cfg.Geometry.Regions())
	for r := range regions - 1 {
		b.do(follow{c, []canvas.Mark{{Region: r}}})
		b.do(unfollow{c, []canvas.RegionID{r}})
	}
	marks := []canvas.Mark{{Region: regions - 1}}
	for r := range regions - 1 {
		marks = append(marks, canvas.Mark{Region: r})
	}
	b.do(follow{c, marks})
	for answered := 0; answered < len(b.asked); answered++ {
		at := canvas.Position{Epoch: 1, Seq: 9}
		b.do(join{viewer: c.id, region: b.asked[answered].Region, at: at, snapshot: snapshot})
		if c.catchingUp != nil && c.catchingUp.bytes > askAhead+len(snapshot) {
			t.Fatalf("%d bytes are due to one connection", c.catchingUp.bytes)
		}
		b.flush()
	}
	if c.view == nil || len(b.asked) < int(regions) {
		t.Errorf("settled %t after %d questions", c.view != nil, len(b.asked))
	}
}
