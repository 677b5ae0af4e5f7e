package codec

// AppendJSONAnnouncement shows a line of the operator's. Clients that don't know it ignore it.
func AppendJSONAnnouncement(dst []byte, text string, timeMS int64) []byte {
	dst = append(dst, `{"type":"announcement","message":`...)
	dst = appendJSONString(dst, text)
	return appendJSONTime(dst, timeMS)
}
