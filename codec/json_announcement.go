package codec

import (
	"strconv"
	"time"
)

// AppendJSONAnnouncement shows a line from the operator. Clients that don't know the message ignore
// it.
func AppendJSONAnnouncement(dst []byte, text string, timeMS int64) []byte {
	dst = append(dst, `{"type":"announcement","message":`...)
	dst = appendJSONString(dst, text)
	return appendJSONTime(dst, timeMS)
}

// AppendJSONRules says that the rules are others now, and over which time to spread asking for them. Clients
// that don't know the message ignore it.
func AppendJSONRules(dst []byte, version uint64, spread time.Duration, timeMS int64) []byte {
	dst = append(dst, `{"type":"rules","version":`...)
	dst = strconv.AppendUint(dst, version, 10)
	dst = append(dst, `,"retryAfter":`...)
	dst = strconv.AppendInt(dst, spread.Milliseconds(), 10)
	return appendJSONTime(dst, timeMS)
}
