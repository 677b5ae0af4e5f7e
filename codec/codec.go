// Package codec is the client protocol: the form of every message on the wire, in MessagePack
// (PROTOCOL.md) and in JSON, with its limits. It turns untrusted bytes into bounded values and
// back. It knows no sockets and no actors; transport and the Go client call it.
//
// Decode functions are strict: everything behind them can trust what they return. Append functions
// trust their arguments. Like append, they add one whole message to dst and return the extended
// slice.
package codec

import "errors"

// ErrMalformed is wrapped by every error of DecodeClient, DecodeServer and DecompressTile. The
// sender broke the protocol: its connection is of no use any more.
var ErrMalformed = errors.New("malformed message")

// messageType is the first element of a message.
type messageType uint64

// Types of PROTOCOL.md: below 16 from the client, from 16 on from the server.
const (
	typeHello       messageType = 1
	typeSubscribe   messageType = 2
	typeUnsubscribe messageType = 3
	typePlace       messageType = 4
	typeRename      messageType = 5
	typeCursor      messageType = 6
	typePing        messageType = 7
	typeAuth        messageType = 8
	typeBeckon      messageType = 9

	typeWelcome   messageType = 16
	typeSnapshot  messageType = 17
	typePixels    messageType = 18
	typeAck       messageType = 19
	typeRefused   messageType = 20
	typeCursors   messageType = 21
	typePresence  messageType = 22
	typePong      messageType = 23
	typeNotice    messageType = 24
	typeWaiting   messageType = 25
	typeAllowance messageType = 26
	typeEnd       messageType = 27 // only in the past: see past.go
	typeBeckons   messageType = 28
)

// String returns the name used in PROTOCOL.md.
func (t messageType) String() string {
	names := [...]string{
		typeHello: "HELLO", typeSubscribe: "SUBSCRIBE", typeUnsubscribe: "UNSUBSCRIBE", typePlace: "PLACE",
		typeRename: "RENAME", typeCursor: "CURSOR", typePing: "PING", typeAuth: "AUTH", typeBeckon: "BECKON",
		typeWelcome: "WELCOME", typeSnapshot: "SNAPSHOT", typePixels: "PIXELS", typeAck: "ACK", typeRefused: "REFUSED",
		typeCursors: "CURSORS", typePresence: "PRESENCE", typePong: "PONG", typeNotice: "NOTICE", typeWaiting: "WAITING",
		typeAllowance: "ALLOWANCE", typeEnd: "END", typeBeckons: "BECKONS",
	}
	if t < messageType(len(names)) && names[t] != "" {
		return names[t]
	}
	return "unknown"
}
