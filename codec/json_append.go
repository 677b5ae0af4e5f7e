package codec

import (
	"strconv"
	"time"

	"pixelplayground/actors/canvas"
)

// AppendJSONConnected greets a client with its public id and the pod it is on.
func AppendJSONConnected(dst []byte, clientID, node string) []byte {
	dst = append(dst, `{"type":"connected","message":"Connected to Cloud Pixel Playground","clientId":`...)
	dst = appendJSONString(dst, clientID)
	dst = append(dst, `,"node":`...)
	dst = appendJSONString(dst, node)
	return append(dst, '}')
}

// AppendJSONPixelUpdated shows a pixel. spelling is the colour as it was sent (empty: as
// Color.String), and name the display name (empty: Anonymous). Times here and below are Unix
// milliseconds. One of these messages goes out for every pixel that anyone places, so it allocates
// nothing except room in dst.
func AppendJSONPixelUpdated(dst []byte, x, y int, c canvas.Color, spelling, name string, timeMS int64) []byte {
	dst = append(dst, `{"type":"pixel_updated","x":`...)
	dst = strconv.AppendInt(dst, int64(x), 10)
	dst = append(dst, `,"y":`...)
	dst = strconv.AppendInt(dst, int64(y), 10)
	dst = append(dst, `,"color":`...)
	if spelling != "" {
		dst = appendJSONString(dst, spelling)
	} else {
		dst = append(dst, '"')
		dst = c.AppendText(dst)
		dst = append(dst, '"')
	}
	if name == "" {
		name = Anonymous
	}
	dst = append(dst, `,"username":`...)
	dst = appendJSONString(dst, name)
	return appendJSONTime(dst, timeMS)
}

// AppendJSONStats shows how many users the whole cluster has.
func AppendJSONStats(dst []byte, users int, timeMS int64) []byte {
	dst = append(dst, `{"type":"stats","activeUsers":`...)
	dst = strconv.AppendInt(dst, int64(users), 10)
	return appendJSONTime(dst, timeMS)
}

// AppendJSONUserList shows the names of the users who have set one.
func AppendJSONUserList(dst []byte, names []canvas.User, timeMS int64) []byte {
	dst = append(dst, `{"type":"user_list","users":[`...)
	first := true
	for _, u := range names {
		if u.Name == "" {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendJSONString(dst, u.Name)
	}
	dst = append(dst, ']')
	return appendJSONTime(dst, timeMS)
}

// AppendJSONPong answers a ping.
func AppendJSONPong(dst []byte, timeMS int64) []byte {
	return appendJSONTime(append(dst, `{"type":"pong"`...), timeMS)
}

// AppendJSONError says what was wrong, in a text that clients know.
func AppendJSONError(dst []byte, message string) []byte {
	dst = append(dst, `{"type":"error","message":`...)
	dst = appendJSONString(dst, message)
	return append(dst, '}')
}

// AppendJSONRefused says why a pixel was not placed. retryAfter is the number of milliseconds after
// which it may be placed again; it is absent if that is no use.
func AppendJSONRefused(dst []byte, message string, retry time.Duration) []byte {
	dst = AppendJSONError(dst, message)
	if retry <= 0 {
		return dst
	}
	dst = append(dst[:len(dst)-1], `,"retryAfter":`...)
	dst = strconv.AppendInt(dst, int64((retry+time.Millisecond-1)/time.Millisecond), 10)
	return append(dst, '}')
}

// appendJSONTime ends a message with its time.
func appendJSONTime(dst []byte, timeMS int64) []byte {
	dst = append(dst, `,"timestamp":`...)
	dst = strconv.AppendInt(dst, timeMS, 10)
	return append(dst, '}')
}

// appendJSONString quotes valid UTF-8. encoding/json would allocate, and would also escape
// characters that only HTML treats specially.
func appendJSONString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xF])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
