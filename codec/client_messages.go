package codec

import (
	"math"

	"pixelplayground/actors/canvas"
)

// DecodeClient reads a client's message. It keeps nothing of p. Names are cleaned by
// canvas.CleanName. Coordinates, region numbers and positions can be anything that fits their
// types: the receiver checks whether the canvas has them. Errors wrap ErrMalformed.
func DecodeClient(p []byte) (ClientMessage, error) {
	r := open(p, MaxClientMessage)
	m := decodeClient(r)
	if err := r.end(); err != nil {
		return nil, err
	}
	return m, nil
}

func decodeClient(r *reader) ClientMessage {
	switch r.kind {
	case typeHello:
		return decodeHello(r)
	case typeSubscribe:
		return decodeSubscribe(r)
	case typeUnsubscribe:
		return decodeUnsubscribe(r)
	case typePlace:
		return decodePlace(r)
	case typeRename:
		r.need(1)
		return Rename{Name: r.ownName()}
	case typeCursor:
		return decodeCursor(r)
	case typeBeckon:
		r.need(2)
		return Beckon{X: r.coordinate("x"), Y: r.coordinate("y")}
	case typeAuth:
		r.need(1)
		return Auth{Token: r.token()}
	case typePing:
		r.need(1)
		return Ping{Token: r.uint("token", math.MaxUint64)}
	}
	return Unknown{Type: uint64(r.kind)}
}

// AppendHello writes HELLO.
func AppendHello(dst []byte, m Hello) []byte {
	elements := 3
	switch {
	case m.Sent == nil:
	case m.Knows > 0:
		elements += 3
	case m.Token != "":
		elements += 2
	default:
		elements++
	}
	w := begin(dst, typeHello, elements)
	if m.Resume {
		w.bin(m.Session[:])
	} else {
		w.null()
	}
	w.text(m.Name)
	if elements > 3 {
		w.uint(*m.Sent)
	}
	if elements > 4 && m.Token == "" {
		w.null()
	} else if elements > 4 {
		w.text(m.Token)
	}
	if elements > 5 {
		w.uint(uint64(m.Knows))
	}
	return w.end()
}

func decodeHello(r *reader) Hello {
	var m Hello
	r.need(2)
	if !r.null("session") {
		m.Session, m.Resume = r.session(), true
	}
	m.Name = r.ownName()
	if r.left > 0 { // earlier versions send no more
		r.need(1)
		sent := r.uint("sent", math.MaxUint64)
		m.Sent = &sent
	}
	if r.left > 0 {
		r.need(1)
		if !r.null("token") {
			m.Token = r.token()
		}
	}
	if r.left > 0 {
		r.need(1)
		m.Knows = canvas.Refusal(min(r.uint("knows", math.MaxUint64), math.MaxUint8)) // a later version knows more
	}
	return m
}

// AppendSubscribe writes SUBSCRIBE; at most canvas.MaxRegions marks.
func AppendSubscribe(dst []byte, m Subscribe) []byte {
	w := begin(dst, typeSubscribe, 2)
	w.array(len(m.Marks))
	for _, mark := range m.Marks {
		w.array(3)
		w.mark(mark)
	}
	return w.end()
}

func decodeSubscribe(r *reader) Subscribe {
	r.need(1)
	marks := make([]canvas.Mark, r.array("marks", canvas.MaxRegions, 4))
	for i := range marks {
		r.tuple("mark", 3, func() { marks[i] = r.mark() })
	}
	return Subscribe{Marks: marks}
}

// AppendUnsubscribe writes UNSUBSCRIBE; at most canvas.MaxRegions regions.
func AppendUnsubscribe(dst []byte, m Unsubscribe) []byte {
	w := begin(dst, typeUnsubscribe, 2)
	w.array(len(m.Regions))
	for _, region := range m.Regions {
		w.uint(uint64(region))
	}
	return w.end()
}

func decodeUnsubscribe(r *reader) Unsubscribe {
	r.need(1)
	regions := make([]canvas.RegionID, r.array("regions", canvas.MaxRegions, 1))
	for i := range regions {
		regions[i] = r.region()
	}
	return Unsubscribe{Regions: regions}
}

// AppendRename writes RENAME.
func AppendRename(dst []byte, m Rename) []byte {
	w := begin(dst, typeRename, 2)
	w.text(m.Name)
	return w.end()
}

// AppendCursor writes CURSOR.
func AppendCursor(dst []byte, m Cursor) []byte {
	if m.X == canvas.PointerGone && m.Y == canvas.PointerGone {
		return begin(dst, typeCursor, 1).end()
	}
	w := begin(dst, typeCursor, 3)
	w.uint(uint64(m.X))
	w.uint(uint64(m.Y))
	return w.end()
}

func decodeCursor(r *reader) Cursor {
	if r.left == 0 {
		return Cursor{X: canvas.PointerGone, Y: canvas.PointerGone}
	}
	r.need(2)
	return Cursor{X: r.coordinate("x"), Y: r.coordinate("y")}
}

// AppendBeckon writes BECKON.
func AppendBeckon(dst []byte, m Beckon) []byte {
	w := begin(dst, typeBeckon, 3)
	w.uint(uint64(m.X))
	w.uint(uint64(m.Y))
	return w.end()
}

// AppendAuth writes AUTH.
func AppendAuth(dst []byte, m Auth) []byte {
	w := begin(dst, typeAuth, 2)
	w.text(m.Token)
	return w.end()
}

// AppendPing writes PING.
func AppendPing(dst []byte, m Ping) []byte {
	w := begin(dst, typePing, 2)
	w.uint(m.Token)
	return w.end()
}
