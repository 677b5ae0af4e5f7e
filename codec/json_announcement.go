package codec

// AppendJSONAnnouncement shows a line from the operator. Clients that don't know the message ignore
// it.
func AppendJSONAnnouncement(dst []byte, text string, timeMS int64) []byte {
	dst = append(dst, `{"type":"announcement","message":`...)
	dst = appendJSONString(dst, text)
	return appendJSONTime(dst, timeMS)
}
