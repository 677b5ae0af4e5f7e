package codec

import (
	"time"

	"pixelplayground/actors/canvas"
)

// Limits of the wire.
const (
	Subprotocol      = "pixel.msgpack.v1"
	Version          = "1.1"    // of PROTOCOL.md; CHANGELOG.md says what raises it
	MaxClientMessage = 64 << 10 // bytes of one client message, fragments joined
	MaxServerMessage = 1 << 20  // bytes; PIXELS of canvas.MaxBatchPixels, each of another user, is 983,000
	MaxSnapshot      = 200_000  // bytes of a SNAPSHOT; 256x256 of noise is 196,700
	MaxPlacePixels   = 4096     // pixels in one PLACE: 28 KiB
	MaxToken         = 8 << 10  // bytes of a token in HELLO and AUTH
)

// Client messages, decoded by DecodeClient. See PROTOCOL.md for the meaning.
type (
	// Hello opens or resumes a session.
	Hello struct {
		Session canvas.Session
		Resume  bool // Session is from an earlier Welcome
		Name    string
		Sent    *uint64 // the highest op number that was ever sent in the session; nil: not said
		Token   string  // says who the client is; empty: what the handshake showed counts. Only with Sent
		// Knows is the highest refusal that the client knows; 0: not said, it knows those of before it could
		// be said. Only with Sent.
		Knows canvas.Refusal
	}
	// Subscribe asks for regions from positions on.
	Subscribe struct{ Marks []canvas.Mark }
	// Unsubscribe ends a subscription.
	Unsubscribe struct{ Regions []canvas.RegionID }
	// Place is one op.
	Place struct {
		Op   uint64
		Dots []canvas.Dot // the receiver's to keep
	}
	// Rename sets the display name.
	Rename struct{ Name string }
	// Cursor moves the pointer; canvas.PointerGone twice: it left.
	Cursor struct{ X, Y uint16 }
	// Beckon asks whoever watches a place to look there.
	Beckon struct{ X, Y uint16 }
	// Ping asks for a Pong with the same token.
	Ping struct{ Token uint64 }
	// Auth replaces the token by one that ends later.
	Auth struct{ Token string }
	// Unknown is a message of a type this version doesn't know.
	Unknown struct{ Type uint64 }
)

// ClientMessage is one of the types above.
type ClientMessage interface{ clientMessage() }

func (Hello) clientMessage()       {}
func (Subscribe) clientMessage()   {}
func (Unsubscribe) clientMessage() {}
func (Place) clientMessage()       {}
func (Rename) clientMessage()      {}
func (Cursor) clientMessage()      {}
func (Beckon) clientMessage()      {}
func (Ping) clientMessage()        {}
func (Auth) clientMessage()        {}
func (Unknown) clientMessage()     {}

// Server messages, decoded by DecodeServer.
type (
	// Welcome answers Hello.
	Welcome struct {
		Session  canvas.Session
		User     canvas.Author
		Node     string
		Time     time.Time // millisecond resolution
		Geometry canvas.Geometry
		Rate     float64 // pixels per second; 0: no limit
		Burst    uint64  // pixels
		Window   uint64  // how many ops may be unacknowledged at once
	}
	// Snapshot is a whole region.
	Snapshot struct {
		Mark canvas.Mark
		Data []byte // made by CompressTile; shares memory with the decoded message
	}
	// Pixels is a batch. Its Ops are runs of one author each, with ID.Num 0. A display name given
	// for one run alone is in the Op's Name, with Alias set.
	Pixels struct{ Batch canvas.Batch }
	// Ack confirms ops.
	Ack struct {
		Ops  []uint64
		Left uint64 // pixels of the allowance
		Free Free
	}
	// Refused says an op was not carried out.
	Refused struct {
		Op    uint64
		Code  canvas.Refusal
		Retry time.Duration
		Left  uint64
		Free  Free
	}
	// Free is when one more pixel of the allowance will be free.
	Free struct {
		At   uint64 // Unix milliseconds of the server; 0: the allowance is full
		Said bool   // servers of earlier versions don't say it
	}
	// Allowance says what is left of the allowance, apart from an op.
	Allowance struct {
		Rate  float64 // pixels per second
		Burst uint64  // pixels
		Left  uint64
		Next  uint64 // as in Free
	}
	// Waiting says that ops may or may not have been carried out. Ack or Refused follows when this
	// is known.
	Waiting struct{ Ops []uint64 }
	// Cursors are pointers that moved.
	Cursors struct{ Pointers []canvas.Pointer }
	// Beckons are users who ask others to look where they say.
	Beckons struct{ Places []canvas.Pointer }
	// Presence is who is here.
	Presence struct {
		Count  uint64
		Full   bool
		Joined []canvas.User
		Left   []canvas.Author
		People uint64 // how many people Count are; 0: not said
	}
	// Pong answers Ping.
	Pong struct {
		Token uint64
		Time  time.Time
	}
	// Notice announces something.
	Notice struct {
		Code  NoticeCode
		Text  string
		Retry time.Duration
	}
)

// NoticeCode tells what a Notice is about.
type NoticeCode uint8

// Notice codes of PROTOCOL.md.
const (
	NoticeDraining     NoticeCode = 1
	NoticeAnnouncement NoticeCode = 2
	NoticeRules        NoticeCode = 3 // the rules have changed: Text is their version, Retry over how long to spread asking for them
	NoticeTemplates    NoticeCode = 4 // the server lists other templates: Retry is over how long to spread asking for them
)

// ServerMessage is one of the types above, or Unknown.
type ServerMessage interface{ serverMessage() }

func (Welcome) serverMessage()   {}
func (Snapshot) serverMessage()  {}
func (Pixels) serverMessage()    {}
func (Ack) serverMessage()       {}
func (Refused) serverMessage()   {}
func (Cursors) serverMessage()   {}
func (Beckons) serverMessage()   {}
func (Presence) serverMessage()  {}
func (Pong) serverMessage()      {}
func (Notice) serverMessage()    {}
func (Waiting) serverMessage()   {}
func (Allowance) serverMessage() {}
func (Unknown) serverMessage()   {}

// CloseCode is a WebSocket close code with the meaning PROTOCOL.md gives it.
type CloseCode uint16

// Close codes of PROTOCOL.md.
const (
	CloseNormal      CloseCode = 1000
	CloseProtocol    CloseCode = 1002
	CloseUnsupported CloseCode = 1003
	CloseBadText     CloseCode = 1007
	CloseTooBig      CloseCode = 1009
	CloseInternal    CloseCode = 1011
	CloseRestart     CloseCode = 1012
	// CloseTryLater tells a JSON client that it has missed more than its protocol can express. It
	// tells any client that there is no memory for its message now.
	CloseTryLater  CloseCode = 1013
	CloseMalformed CloseCode = 4000
	CloseNoHello   CloseCode = 4001
	CloseSlow      CloseCode = 4002
	CloseSilent    CloseCode = 4003
	CloseKicked    CloseCode = 4004
	CloseEnded     CloseCode = 4005
	CloseBanned    CloseCode = 4006
)

// Reconnect reports whether a client should try again after this code. A connection
// that broke without a code (1006) should.
func (c CloseCode) Reconnect() bool {
	switch c {
	case CloseProtocol, CloseUnsupported, CloseBadText, CloseTooBig, CloseMalformed, CloseNoHello, CloseKicked, CloseBanned, CloseNormal:
		return false
	}
	return true
}
