package upgrade

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/netip"
	"strings"

	"pixelplayground/codec"
)

// request is what decides whether a request for a WebSocket is accepted.
type request struct {
	from      netip.Addr // the client's address
	named     []string   // the values of the field in which a proxy names the client
	host      string
	hosts     []string // the values of the field in which a proxy says which host its client asked for
	origin    string
	key       string
	cookies   []string // the values of the fields in which it shows who it is from
	authority []string
	offers    bool // it offers subprotocols
	offersOur bool // it offers codec.Subprotocol
}

// fields are the header fields of a request that matter here. Most must not come twice: if
// there are two values, a proxy may have judged one and we would use the other.
type fields struct {
	proxyHeader                        string // the field whose values are named
	named, passed                      []string
	host, origin, key, version, length []byte
	hosts, origins, keys, versions     int
	lengths                            int
	cookies, authority                 []string
	upgrade, connection, coded         bool
	offers, offersOur                  bool
}

// readHead parses a request for a WebSocket as RFC 9112, section 5, and RFC 6455, section
// 4.2.1, define it, and refuses what they do not allow. In proxyHeader a proxy names the client.
func readHead(head []byte, proxyHeader string) (r request, refused *rejection) {
	line, rest, _ := bytes.Cut(head, []byte("\n"))
	protocol := bytes.TrimSuffix(line[bytes.LastIndexByte(line, ' ')+1:], []byte("\r"))
	switch {
	case bytes.Count(line, []byte(" ")) != 2 || hasControl(bytes.TrimSuffix(line, []byte("\r"))):
		return r, malformed("the request line is not one")
	case !bytes.HasPrefix(protocol, []byte("HTTP/1.")) || bytes.Equal(protocol, []byte("HTTP/1.0")):
		return r, &rejection{refusedMalformed, http.StatusHTTPVersionNotSupported, "WebSockets need HTTP/1.1", ""}
	}
	f := fields{proxyHeader: proxyHeader}
	for line := range bytes.Lines(rest) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !isToken(name) || hasControl(value) {
			return r, malformed("a header field is not one")
		}
		f.add(name, bytes.Trim(value, " \t"))
	}
	if refused := f.check(); refused != nil {
		return r, refused
	}
	return request{
		host: string(f.host), origin: string(f.origin), key: string(f.key), named: f.named, hosts: f.passed,
		cookies: f.cookies, authority: f.authority, offers: f.offers, offersOur: f.offersOur,
	}, nil
}

func (f *fields) add(name, value []byte) {
	if strings.EqualFold(string(name), f.proxyHeader) {
		f.named = append(f.named, string(value))
	}
	switch lower := strings.ToLower(string(name)); lower {
	case "host":
		f.host, f.hosts = value, f.hosts+1
	case "x-forwarded-host":
		f.passed = append(f.passed, string(value))
	case "origin":
		f.origin, f.origins = value, f.origins+1
	case "upgrade":
		f.upgrade = f.upgrade || listed(value, "websocket")
	case "connection":
		f.connection = f.connection || listed(value, "upgrade")
	case "sec-websocket-key":
		f.key, f.keys = value, f.keys+1
	case "sec-websocket-version":
		f.version, f.versions = value, f.versions+1
	case "sec-websocket-protocol":
		f.offers = true
		for one := range bytes.SplitSeq(value, []byte(",")) {
			f.offersOur = f.offersOur || string(bytes.Trim(one, " \t")) == codec.Subprotocol
		}
	case "cookie":
		f.cookies = append(f.cookies, string(value))
	case "authorization":
		f.authority = append(f.authority, string(value))
	case "content-length":
		f.length, f.lengths = value, f.lengths+1
	case "transfer-encoding":
		f.coded = true
	}
}

func (f *fields) check() *rejection {
	nonce, err := base64.StdEncoding.DecodeString(string(f.key))
	switch {
	case f.hosts != 1 || len(f.host) == 0:
		return malformed("there must be one Host")
	case f.origins > 1:
		return malformed("there must be one Origin")
	case f.coded || f.lengths > 1 || f.length != nil && string(f.length) != "0":
		return malformed("a request for a WebSocket has no body") // it would be read as frames
	case !f.upgrade || !f.connection:
		return malformed("Upgrade: websocket and Connection: Upgrade are missing")
	case f.versions > 1:
		return malformed("there must be one Sec-WebSocket-Version")
	case string(f.version) != "13":
		return &rejection{refusedMalformed, http.StatusUpgradeRequired, "this server speaks version 13 of WebSocket", "Sec-WebSocket-Version: 13\r\n"}
	case f.keys != 1 || err != nil || len(nonce) != 16:
		return malformed("there must be one Sec-WebSocket-Key, of 16 bytes in base64")
	}
	return nil
}

func malformed(text string) *rejection {
	return &rejection{refusedMalformed, http.StatusBadRequest, text, ""}
}

// listed reports whether a comma-separated list has an element, ignoring case.
func listed(list []byte, element string) bool {
	for one := range bytes.SplitSeq(list, []byte(",")) {
		if strings.EqualFold(string(bytes.Trim(one, " \t")), element) {
			return true
		}
	}
	return false
}

// hasControl reports whether b has a control character, which no header field may have.
func hasControl(b []byte) bool {
	return bytes.ContainsFunc(b, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7F })
}

// isToken reports whether b is the name of a header field: RFC 9110, section 5.6.2.
func isToken(b []byte) bool {
	return len(b) > 0 && !bytes.ContainsFunc(b, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	})
}

// headEnd returns where the request's head ends; 0: its end has not come. b[:from] has been
// searched before.
func headEnd(b []byte, from int) int {
	const blank = "\r\n\r\n"
	from = max(0, from-len(blank)+1) // blank may begin in b[:from]
	if i := bytes.Index(b[from:], []byte(blank)); i >= 0 {
		return from + i + len(blank)
	}
	return 0
}

// wantsUpgrade reports whether a request's head has "Upgrade: websocket".
func wantsUpgrade(head []byte) bool {
	for line := range bytes.Lines(head) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if ok && bytes.EqualFold(name, []byte("Upgrade")) && listed(bytes.TrimRight(value, "\r\n"), "websocket") {
			return true
		}
	}
	return false
}
