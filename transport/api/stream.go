package api

import (
	"bufio"
	"errors"
	"net/http"
	"runtime"
	"time"

	"pixelplayground/transport/api/answer"
)

// encodeSlots bounds how many requests encode at the same time, so that downloads of the whole
// canvas leave half of the processors to people who draw. A slot is never held while waiting
// for a client or an actor.
type encodeSlots chan struct{}

func newEncodeSlots() encodeSlots { return make(encodeSlots, max(1, runtime.GOMAXPROCS(0)/2)) }

func (t encodeSlots) enter() { t <- struct{}{} }
func (t encodeSlots) leave() { <-t }

// during runs f in a slot, which is left even if f panics.
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
	worked        int // bytes encoded since share last left the slot

	w  http.ResponseWriter
	rc *http.ResponseController
}

func (s *server) newDownload(w http.ResponseWriter, one *job) *download {
	d := &download{slots: s.slots, job: one, w: w, rc: http.NewResponseController(w)}
	d.Writer = bufio.NewWriterSize((*network)(d), streamBuffer)
	return d
}

// encode waits for a slot and then runs f, which writes to the download.
func (d *download) encode(f func() error) error {
	d.slots.enter()
	defer d.slots.leave()
	return f()
}

// turnBytes is how many bytes are encoded before others get the slot: about 10 ms of work.
const turnBytes = 1 << 20

// share notes that n more bytes were encoded, and lets others have the slot if it is their turn.
// It is called within encode.
func (d *download) share(n int) {
	if d.worked += n; d.worked >= turnBytes {
		d.worked = 0
		d.slots.leave()
		d.slots.enter()
	}
}

// errSlow says that a download was cut off because the server had too much to do and this
// client took its download most slowly.
var errSlow = errors.New("made room for another request")

// network is the client's end of a download. Each write sends one buffer, without holding a slot.
type network download

func (n *network) Write(p []byte) (int, error) {
	n.slots.leave()
	defer n.slots.enter()
	_ = n.rc.SetWriteDeadline(time.Now().Add(answer.SendPatience))
	if n.job.cut.Load() { // checked after setting the deadline, because job.stop sets that, too
		return 0, errSlow
	}
	sent, err := n.w.Write(p)
	n.job.sent.Add(int64(sent))
	return sent, err
}
