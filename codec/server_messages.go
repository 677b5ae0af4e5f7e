package codec

import (
	"math"

	"pixelplayground/actors/canvas"
)

// DecodeServer reads a server's message. Snapshot.Data shares memory with p; everything else is
// copied. Positions in a Pixels can be anything that fits 16 bits: the receiver knows how large the
// region is. Errors wrap ErrMalformed.
func DecodeServer(p []byte) (ServerMessage, error) {
	r := open(p, MaxServerMessage)
	m := decodeServer(r)
	if err := r.end(); err != nil {
		return nil, err
	}
	return m, nil
}

func decodeServer(r *reader) ServerMessage {
	switch r.kind {
	case typeWelcome:
		return decodeWelcome(r)
	case typeSnapshot:
		return decodeSnapshot(r)
	case typePixels:
		return decodePixels(r)
	case typeAck:
		return decodeAck(r)
	case typeRefused:
		return decodeRefused(r)
	case typeCursors:
		return Cursors{Pointers: r.pointers("cursors")}
	case typeBeckons:
		return Beckons{Places: r.pointers("beckons")}
	case typePresence:
		return decodePresence(r)
	case typePong:
		return decodePong(r)
	case typeNotice:
		return decodeNotice(r)
	case typeWaiting:
		return decodeWaiting(r)
	case typeAllowance:
		return decodeAllowance(r)
	}
	return Unknown{Type: uint64(r.kind)}
}

// AppendWelcome writes WELCOME.
func AppendWelcome(dst []byte, m Welcome) []byte {
	w := begin(dst, typeWelcome, 11)
	w.bin(m.Session[:])
	w.uint(uint64(m.User))
	w.shortText(m.Node)
	w.time(m.Time)
	w.uint(uint64(m.Geometry.Width))
	w.uint(uint64(m.Geometry.Height))
	w.uint(uint64(m.Geometry.Region))
	w.float(m.Rate)
	w.uint(m.Burst)
	w.uint(m.Window)
	return w.end()
}

func decodeWelcome(r *reader) Welcome {
	r.need(10)
	m := Welcome{
		Session: r.session(),
		User:    r.author(),
		Node:    r.text("node", maxText),
		Time:    r.time(),
		Geometry: canvas.Geometry{
			Width:  int(r.uint("width", canvas.MaxEdge)),
			Height: int(r.uint("height", canvas.MaxEdge)),
			Region: int(r.uint("region", canvas.MaxRegionEdge)),
		},
		Rate:   r.float("rate"),
		Burst:  r.uint("burst", math.MaxUint64),
		Window: r.uint("window", math.MaxUint64),
	}
	if r.err == nil {
		if err := m.Geometry.Validate(); err != nil {
			r.fail("%v", err)
		}
	}
	return m
}

// AppendAck writes ACK.
func AppendAck(dst []byte, m Ack) []byte {
	w := begin(dst, typeAck, 3+m.Free.elements())
	w.ops(m.Ops)
	w.uint(m.Left)
	w.free(m.Free)
	return w.end()
}

func decodeAck(r *reader) Ack {
	r.need(2)
	return Ack{Ops: r.ops(), Left: r.uint("left", math.MaxUint64), Free: r.free()}
}

// AppendAllowance writes ALLOWANCE.
func AppendAllowance(dst []byte, m Allowance) []byte {
	w := begin(dst, typeAllowance, 5)
	w.float(m.Rate)
	w.uint(m.Burst)
	w.uint(m.Left)
	w.uint(m.Next)
	return w.end()
}

func decodeAllowance(r *reader) Allowance {
	r.need(4)
	return Allowance{
		Rate: r.float("rate"), Burst: r.uint("burst", math.MaxUint64), Left: r.uint("left", math.MaxUint64), Next: r.uint("next", math.MaxInt64),
	}
}

// elements is how many elements Free takes at the end of a message.
func (f Free) elements() int {
	if f.Said {
		return 1
	}
	return 0
}

func (w *writer) free(f Free) {
	if f.Said {
		w.uint(f.At)
	}
}

// free reads what servers of earlier versions don't send.
func (r *reader) free() Free {
	if r.left == 0 || !isUint(r.code("next")) {
		return Free{}
	}
	r.need(1)
	return Free{At: r.uint("next", math.MaxUint64), Said: true}
}

// AppendWaiting writes WAITING.
func AppendWaiting(dst []byte, m Waiting) []byte {
	w := begin(dst, typeWaiting, 2)
	w.ops(m.Ops)
	return w.end()
}

func decodeWaiting(r *reader) Waiting {
	r.need(1)
	return Waiting{Ops: r.ops()}
}

// AppendRefused writes REFUSED.
func AppendRefused(dst []byte, m Refused) []byte {
	w := begin(dst, typeRefused, 5+m.Free.elements())
	w.uint(m.Op)
	w.uint(uint64(m.Code))
	w.retry(m.Retry)
	w.uint(m.Left)
	w.free(m.Free)
	return w.end()
}

func decodeRefused(r *reader) Refused {
	r.need(4)
	return Refused{
		Op:    r.uint("op", math.MaxUint64),
		Code:  canvas.Refusal(r.uint("code", math.MaxUint8)),
		Retry: r.retry(),
		Left:  r.uint("left", math.MaxUint64),
		Free:  r.free(),
	}
}

// AppendPong writes PONG.
func AppendPong(dst []byte, m Pong) []byte {
	w := begin(dst, typePong, 3)
	w.uint(m.Token)
	w.time(m.Time)
	return w.end()
}

func decodePong(r *reader) Pong {
	r.need(2)
	return Pong{Token: r.uint("token", math.MaxUint64), Time: r.time()}
}

// AppendNotice writes NOTICE; a text over 1,024 bytes is cut.
func AppendNotice(dst []byte, m Notice) []byte {
	w := begin(dst, typeNotice, 4)
	w.uint(uint64(m.Code))
	w.shortText(m.Text)
	w.retry(m.Retry)
	return w.end()
}

func decodeNotice(r *reader) Notice {
	r.need(3)
	return Notice{
		Code:  NoticeCode(r.uint("code", math.MaxUint8)),
		Text:  r.text("text", maxText),
		Retry: r.retry(),
	}
}
