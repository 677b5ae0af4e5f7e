package api

import (
	"bufio"
	"errors"
	"net/http"
	"runtime"
	"time"
)

// encodeSlots bounds how many requests are encoding at the same moment, so that downloads of the
// whole canvas leave half of the processors to those who draw. A turn is never
// held while waiting for a client or for an actor.
type encodeSlots chan struct{}

func newEncodeSlots() encodeSlots { return make(encodeSlots, max(1, runtime.GOMAXPROCS(0)/2)) }

func (t encodeSlots) enter() { t <- struct{}{} }
func (t encodeSlots) leave() { <-t }

// during runs f in a turn, which ends even if f fails to.
func (t encodeSlots) during(f func()) {
	t.enter()
	defer t.leave()
	f()
}

const streamBuffer = 64 << 10 // bytes

// download is the body of a long answer.
type download struct {
	*bufio.Writer // to be used within encode
	slots         encodeSlots
	job           *job
	worked        int // bytes encoded in this turn

	w  http.ResponseWriter
	rc *http.ResponseController
}

func (s *server) newDownload(w http.ResponseWriter, one *job) *download {
	d := &download{slots: s.slots, job: one, w: w, rc: http.NewResponseController(w)}
	d.Writer = bufio.NewWriterSize((*network)(d), streamBuffer)
	return d
}

// encode waits for a turn and then runs f, which writes to the download.
func (d *download) encode(f func() error) error {
	d.slots.enter()
	defer d.slots.leave()
	return f()
}

// turnBytes is what is encoded in one turn, in about 10 ms.
const turnBytes = 1 << 20

// share lets others have their turn, within encode, when n more bytes were encoded.
func (d *download) share(n int) {
	if d.worked += n; d.worked >= turnBytes {
		d.worked = 0
		d.slots.leave()
		d.slots.enter()
	}
}

// errSlow says that a client took its download more slowly than the others, and the server
// had more to do than it can.
var errSlow = errors.New("made room for another request")

// network is the client's end of a download: it takes one buffer, without a turn.
type network download

func (n *network) Write(p []byte) (int, error) {
	n.slots.leave()
	defer n.slots.enter()
	_ = n.rc.SetWriteDeadline(time.Now().Add(sendPatience))
	if n.job.cut.Load() { // looked at after the deadline is set, which its end sets too
		return 0, errSlow
	}
	sent, err := n.w.Write(p)
	n.job.sent.Add(int64(sent))
	return sent, err
}
