package api

import (
	"bufio"
	"net/http"
	"runtime"
	"time"
)

// turns bounds how many requests are encoding at the same moment, so that downloads of the
// whole canvas leave half of the processors to those who draw. A turn is never
// held while waiting for a client or for an actor.
type turns chan struct{}

func newTurns() turns { return make(turns, max(1, runtime.GOMAXPROCS(0)/2)) }

func (t turns) enter() { t <- struct{}{} }
func (t turns) leave() { <-t }

const streamBuffer = 64 << 10 // bytes

// download is the body of a long answer.
type download struct {
	*bufio.Writer // to be used within encode
	turns         turns
	w             http.ResponseWriter
	rc            *http.ResponseController
}

func (s *server) newDownload(w http.ResponseWriter) *download {
	d := &download{turns: s.turns, w: w, rc: http.NewResponseController(w)}
	d.Writer = bufio.NewWriterSize((*network)(d), streamBuffer)
	return d
}

// encode waits for a turn and then runs f, which writes to the download.
func (d *download) encode(f func() error) error {
	d.turns.enter()
	defer d.turns.leave()
	return f()
}

// network is the client's end of a download: it takes one buffer, without a turn.
type network download

func (n *network) Write(p []byte) (int, error) {
	n.turns.leave()
	defer n.turns.enter()
	_ = n.rc.SetWriteDeadline(time.Now().Add(sendPatience))
	return n.w.Write(p)
}
