package conformance

import (
	"encoding/hex"

	"github.com/gobwas/ws"
)

// hexBytes are bytes that JSON has as hexadecimal digits.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// binary is a WebSocket frame of a message.
func binary(message []byte) []byte { return ws.MustCompileFrame(ws.NewBinaryFrame(message)) }
