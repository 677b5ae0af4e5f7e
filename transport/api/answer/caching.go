package answer

import "strings"

// Matches reports whether an If-None-Match header names a tag (RFC 9110, 13.1.2).
func Matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
