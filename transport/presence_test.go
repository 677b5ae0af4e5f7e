package transport

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors"
	"pixelplayground/actors/canvas"
	"pixelplayground/transport/frames"
)

// gather makes JSON clients join 200 ms apart, one with each Presence, and returns what was
// written to them.
func gather(b *bench, crowd int) (sockets []*benchSocket, bytes int) {
	var named []canvas.User
	for i := range crowd {
		c, socket := b.connect(frames.JSON)
		sockets = append(sockets, socket)
		user := canvas.User{Author: canvas.Author(i + 1), Name: fmt.Sprintf("somebody called %04d", i)}
		named = append(named[:len(named):len(named)], user)
		b.do(present{b.server.presence.Next(&actors.Presence{Count: i + 1, Named: named, Joined: []canvas.User{user}}, time.Now), []canvas.ViewerID{c.id}})
		b.flush()
		b.turn(b.now.Add(200 * time.Millisecond))
		b.pass()
	}
	for _, socket := range sockets {
		bytes += socket.written.Len()
	}
	return sockets, bytes
}

// pass is what a turn of the loop does at its end.
func (b *bench) pass() {
	if !b.now.Before(b.sweepAt) {
		for _, c := range b.conns {
			c.heard = b.moment()
		}
		b.sweep()
		b.sweepAt = b.now.Add(time.Second)
	}
	if b.unwritten() {
		b.flush()
	}
}

// When 300 JSON clients join, the cost of their lists of names is bounded, and in the end all of
// them have been sent all names.
func TestPresence_JSONCrowdJoins(t *testing.T) {
	b := newBench(t)
	const crowd = 300
	sockets, bytes := gather(b, crowd)
	const seconds, counts, firstLists = crowd / 5, crowd * crowd / 2 * 70, crowd * crowd / 2 * 30
	if most := seconds*nameListRate + counts + firstLists + 3<<20; bytes > most {
		t.Errorf("%d bytes were written, at most %d are right", bytes, most)
	}
	for range 11 {
		b.turn(b.now.Add(time.Second))
		b.pass()
	}
	for i, socket := range sockets {
		got := socket.written.String()
		if list := got[strings.LastIndex(got, `"user_list"`):]; strings.Count(list, "somebody") != crowd {
			t.Fatalf("client %d knows of %d", i, strings.Count(list, "somebody"))
		}
		if count := got[strings.LastIndex(got, `"activeUsers"`):]; !strings.HasPrefix(count, fmt.Sprintf(`"activeUsers":%d,`, crowd)) {
			t.Fatalf("client %d counts %.30s", i, count)
		}
		socket.written.Reset()
	}
	if b.nameList.due || b.unwritten() {
		t.Error("there is still something to tell")
	}
}

// A few are told of every change at once.
func TestPresence_JSONFewAreToldAtOnce(t *testing.T) {
	b := newBench(t)
	sockets, _ := gather(b, 10)
	if n := strings.Count(sockets[0].written.String(), `"user_list"`); n != 10 {
		t.Errorf("the first was told %d times of 10", n)
	}
}
