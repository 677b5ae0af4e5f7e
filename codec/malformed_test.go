package codec

import (
	"bytes"
	"encoding/hex"
	"errors"
	"runtime"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
)

// malformed is bytes that must be refused, and a part of the reason.
type malformed struct {
	name, hex, reason string
}

func testMalformed(t *testing.T, tests []malformed, decode func([]byte) error) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := decode(mustHex(test.hex))
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v, want ErrMalformed", err)
			}
			if !strings.Contains(err.Error(), test.reason) {
				t.Errorf("error %q, want one that says %q", err, test.reason)
			}
		})
	}
}

func refuseClient(p []byte) error { _, err := DecodeClient(p); return err }
func refuseServer(p []byte) error { _, err := DecodeServer(p); return err }

const (
	session16 = "c41000000000000000000000000000000000"
	badUTF8   = "a2c328"
)

func TestDecodeClient_Malformed(t *testing.T) {
	testMalformed(t, []malformed{
		{"empty", "", "message: the message ends early"},
		{"not an array", "2a", "message: not an array"},
		{"a map", "8101c0", "message: not an array"},
		{"nil", "c0", "message: not an array"},
		{"empty array", "90", "elements missing"},
		{"type missing", "91", "message: the message ends early"},
		{"type nil", "91c0", "type: not an unsigned integer"},
		{"type negative", "91ff", "type: not an unsigned integer"},
		{"type a string", "91a131", "type: not an unsigned integer"},
		{"length cut off", "dc00", "message: the message ends early"},
		{"more elements than bytes", "dd7fffffff07", "message: the message ends early"},
		{"bytes after the message", "92072a00", "1 bytes after the message"},
		{"a second message", "92072a92072a", "3 bytes after the message"},

		{"unknown, element cut off", "9263c5ffff00", "element: the message ends early"},
		{"unknown, elements missing", "936301", "message: the message ends early"},
		{"unknown, inner array endless", "9263ddffffffff", "element: the message ends early"},
		{"unknown, map endless", "9263dfffffffff", "element: the message ends early"},
		{"unknown, extension cut off", "9263c9ffffffff01", "element: the message ends early"},
		{"unknown, string cut off", "9263dbffffffff", "element: the message ends early"},
		{"unknown, number cut off", "9263cf0000", "element: the message ends early"},
		{"unknown, meaningless code", "9263c1", "0xc1 has no meaning"},
		{"known, new element meaningless", "93072ac1", "0xc1 has no meaning"},

		{"HELLO without name", "9201c0", "decode HELLO: 1 elements missing"},
		{"HELLO without anything", "9101", "decode HELLO: 2 elements missing"},
		{"HELLO, session short", "9301c40f000000000000000000000000000000a0", "session: 15 bytes instead of 16"},
		{"HELLO, session long", "9301c4110000000000000000000000000000000000a0", "session: 17 bytes, at most 16"},
		{"HELLO, session empty", "9301c400a0", "session: 0 bytes instead of 16"},
		{"HELLO, session a string", "9301b000000000000000000000000000000000a0", "session: not a bin"},
		{"HELLO, session a number", "930100a0", "session: not a bin"},
		{"HELLO, name nil", "9301c0c0", "name: not a string"},
		{"HELLO, name a bin", "9301c0c403416461", "name: not a string"},
		{"HELLO, name cut off", "9301c0a34164", "name: the message ends early"},
		{"HELLO, knows a string", "9601c0a000c0a0", "knows: not an unsigned integer"},
		{"HELLO, knows nil", "9601c0a000c0c0", "knows: not an unsigned integer"},
		{"HELLO, knows cut off", "9601c0a000c0", "message: the message ends early"},
		{"HELLO, name endless", "9301c0dbffffffff41", "name: the message ends early"},

		{"SUBSCRIBE without marks", "9102", "decode SUBSCRIBE: 1 elements missing"},
		{"SUBSCRIBE, nil", "9202c0", "marks: not an array"},
		{"SUBSCRIBE, numbers", "920293000000", "marks: the message ends early"},
		{"SUBSCRIBE, mark a number", "92029100000000", "mark: not an array"},
		{"SUBSCRIBE, mark short", "9202919200000000", "mark: 2 elements, at least 3"},
		{"SUBSCRIBE, region a float", "92029193cb00000000000000000000", "region: not an unsigned integer"},
		{"SUBSCRIBE, region too large", "92029193cf00000001000000000000", "region: 4294967296, at most 4294967295"},
		{"SUBSCRIBE, epoch negative", "9202919300ff00", "epoch: not an unsigned integer"},
		{"SUBSCRIBE, seq negative, 8 bits", "920291930000d080", "seq: negative"},
		{"SUBSCRIBE, seq negative, 64 bits", "920291930000d3ffffffffffffffff", "seq: negative"},
		{"SUBSCRIBE, too many", "9202dc1001" + strings.Repeat("93000000", 4097), "marks: 4097 elements, at most 4096"},
		{"SUBSCRIBE, more than bytes", "9202dc100093000000", "marks: the message ends early"},

		{"UNSUBSCRIBE, too many", "9203dc1001" + strings.Repeat("00", 4097), "regions: 4097 elements, at most 4096"},
		{"UNSUBSCRIBE, more than bytes", "9203dd0000100000", "regions: the message ends early"},
		{"UNSUBSCRIBE, nil", "9203c0", "regions: not an array"},
		{"UNSUBSCRIBE, a bool", "920391c3", "region: not an unsigned integer"},

		{"PLACE without pixels", "920401", "decode PLACE: 1 elements missing"},
		{"PLACE, op 0", "930400c40700030004ff0080", "op: 0, must be at least 1"},
		{"PLACE, op nil", "9304c0c40700030004ff0080", "op: not an unsigned integer"},
		{"PLACE, none", "930401c400", "pixels: none"},
		{"PLACE, not whole pixels", "930401c40800030004ff008000", "pixels: 8 bytes are not whole entries of 7"},
		{"PLACE, a string", "930401a700030004ff0080", "pixels: not a bin"},
		{"PLACE, an array", "93040191930304a0", "pixels: not a bin"},
		{"PLACE, cut off", "930401c40700030004ff00", "pixels: the message ends early"},
		{"PLACE, too many", "930401c57007" + strings.Repeat("00030004ff0080", 4097), "pixels: 28679 bytes, at most 28672"},
		{"PLACE, endless", "930401c6ffffffff00", "pixels: 4294967295 bytes, at most 28672"},

		{"RENAME without name", "9105", "decode RENAME: 1 elements missing"},
		{"RENAME, a number", "920501", "name: not a string"},
		{"CURSOR, x alone", "920601", "decode CURSOR: 1 elements missing"},
		{"CURSOR, x too large", "9306ce0001000000", "x: 65536, at most 65535"},
		{"CURSOR, y a float", "930600ca00000000", "y: not an unsigned integer"},
		{"BECKON, x alone", "920901", "decode BECKON: 1 elements missing"},
		{"BECKON, x too large", "9309ce0001000000", "x: 65536, at most 65535"},
		{"PING without token", "9107", "decode PING: 1 elements missing"},
		{"PING, a string", "9207a0", "token: not an unsigned integer"},
		{"PING, cut off", "9207cf00", "token: the message ends early"},
	}, refuseClient)
}

func TestDecodeServer_Malformed(t *testing.T) {
	welcome := func(session, user, node, time, width, height, region, rate string) string {
		return "9b10" + session + user + node + time + width + height + region + rate + "0101"
	}
	pixels := func(fields string) string { return "9712" + "000100" + fields }
	testMalformed(t, []malformed{
		{"empty", "", "message: the message ends early"},
		{"bytes after the message", "93172a0000", "1 bytes after the message"},

		{"WELCOME, elements missing", "9110", "decode WELCOME: 10 elements missing"},
		{"WELCOME, session nil", welcome("c0", "01", "a0", "00", "01", "01", "01", "00"), "session: not a bin"},
		{"WELCOME, user over 48 bits", welcome(session16, "cf0001000000000000", "a0", "00", "01", "01", "01", "00"), "user: 281474976710656, at most"},
		{"WELCOME, node not UTF-8", welcome(session16, "01", badUTF8, "00", "01", "01", "01", "00"), "node: not UTF-8"},
		{"WELCOME, node too long", welcome(session16, "01", "da0401"+strings.Repeat("41", 1025), "00", "01", "01", "01", "00"), "node: 1025 bytes, at most 1024"},
		{"WELCOME, time too late", welcome(session16, "01", "a0", "cf0020000000000001", "01", "01", "01", "00"), "time: 9007199254740993, at most"},
		{"WELCOME, no width", welcome(session16, "01", "a0", "00", "00", "01", "01", "00"), "canvas 0x1"},
		{"WELCOME, too wide", welcome(session16, "01", "a0", "00", "cd4001", "01", "01", "00"), "width: 16385, at most 16384"},
		{"WELCOME, too many pixels", welcome(session16, "01", "a0", "00", "cd4000", "cd4000", "cd0100", "00"), "at most 67108864 pixels"},
		{"WELCOME, no region", welcome(session16, "01", "a0", "00", "01", "01", "00", "00"), "region 0"},
		{"WELCOME, region too large", welcome(session16, "01", "a0", "00", "01", "01", "cd0101", "00"), "region: 257, at most 256"},
		{"WELCOME, rate negative", welcome(session16, "01", "a0", "00", "01", "01", "01", "cbbff0000000000000"), "rate: -1 is not"},
		{"WELCOME, rate not a number", welcome(session16, "01", "a0", "00", "01", "01", "01", "cb7ff8000000000001"), "rate: NaN is not"},
		{"WELCOME, rate infinite", welcome(session16, "01", "a0", "00", "01", "01", "01", "ca7f800000"), "rate: +Inf is not"},
		{"WELCOME, rate nil", welcome(session16, "01", "a0", "00", "01", "01", "01", "c0"), "rate: not an unsigned integer"},

		{"SNAPSHOT, data a string", "9511000000a0", "data: not a bin"},
		{"SNAPSHOT, data nil", "9511000000c0", "data: not a bin"},
		{"SNAPSHOT, too large", "9511000000c600030d41" + strings.Repeat("00", 200_001), "data: 200001 bytes, at most 200000"},
		{"SNAPSHOT, cut off", "9511000000c4050000", "data: the message ends early"},

		{"PIXELS, count over 64 bits", "97120001cfffffffffffffffff01c4050000ff00000001", "count: 1, at most 0"},
		{"PIXELS, more pixels than count", pixels("01" + "c40a0000ff00000001ff0000" + "01"), "pixels: 2, at most count, which is 1"},
		{"PIXELS, not whole pixels", pixels("01" + "c4040000ff00" + "01"), "pixels: 4 bytes are not whole"},
		{"PIXELS, too many", pixels("ce00010001" + "c600050005" + strings.Repeat("0000ff0000", 65537) + "01"), "pixels: 327685 bytes, at most 327680"},
		{"PIXELS, no author", pixels("01" + "c4050000ff0000" + "90"), "authors: 1 pixels have none"},
		{"PIXELS, author nil", pixels("01" + "c4050000ff0000" + "c0"), "user: not an unsigned integer"},
		{"PIXELS, author over 48 bits", pixels("01" + "c4050000ff0000" + "cf0001000000000000"), "user: 281474976710656, at most"},
		{"PIXELS, author without a name", pixels("01" + "c4050000ff0000" + "a0"), "author: an empty name"},
		{"PIXELS, author not UTF-8", pixels("01" + "c4050000ff0000" + badUTF8), "name: not UTF-8"},
		{"PIXELS, author's name too long", pixels("01" + "c4050000ff0000" + "d93d" + strings.Repeat("41", 61)), "name: 61 bytes, at most 60"},
		{"PIXELS, author without pixels", pixels("00" + "c400" + "01"), "authors: one, but there are no pixels"},
		{"PIXELS, run without pixels", pixels("00" + "c400" + "920101"), "authors: 2 elements, at most 0"},
		{"PIXELS, half a run", pixels("02" + "c40a0000ff00000001ff0000" + "93010101"), "authors: 3 elements are not pairs"},
		{"PIXELS, run of none", pixels("02" + "c40a0000ff00000001ff0000" + "9400010201"), "run: of no pixels"},
		{"PIXELS, run too long", pixels("02" + "c40a0000ff00000001ff0000" + "9401010201"), "run: 2, at most 1"},
		{"PIXELS, runs too short", pixels("02" + "c40a0000ff00000001ff0000" + "920101"), "authors: 1 pixels have none"},

		{"ACK, more ops than bytes", "9313dd0000ffff0100", "ops: the message ends early"},
		{"ACK, op a string", "931391a000", "op: not an unsigned integer"},
		{"REFUSED, code too large", "951401cd01000000", "code: 256, at most 255"},
		{"REFUSED, retry too large", "95140101cf000000010000000000", "retry: 4294967296, at most"},
		{"CURSORS, not whole", "9215c409000000000000000000", "cursors: 9 bytes are not whole entries of 10"},
		{"BECKONS, not whole", "921cc409000000000000000000", "beckons: 9 bytes are not whole entries of 10"},
		{"PRESENCE, full a number", "95160101" + "9090", "full: not a boolean"},
		{"PRESENCE, too many joined", "951601c3dc03e9" + strings.Repeat("920101", 1001) + "90", "joined: 1001 elements, at most 1000"},
		{"PRESENCE, joined short", "951601c392" + "9201a0" + "90", "joined: the message ends early"},
		{"PRESENCE, user short", "951601c391" + "91cd0001" + "90", "user: 1 elements, at least 2"},
		{"PRESENCE, name too long", "951601c391" + "9201d93d" + strings.Repeat("41", 61) + "90", "name: 61 bytes, at most 60"},
		{"PRESENCE, too many left", "951601c390dc03e9" + strings.Repeat("01", 1001), "left: 1001 elements, at most 1000"},
		{"PONG, time a float", "931701cb0000000000000000", "time: not an unsigned integer"},
		{"NOTICE, text nil", "941801c000", "text: not a string"},
	}, refuseServer)
}

func TestDecode_TooLarge(t *testing.T) {
	rest := func(n int) []byte { // an unknown message of n bytes
		return append([]byte{0x92, 0x63, 0xC6, 0, byte((n - 7) >> 16), byte((n - 7) >> 8), byte(n - 7)}, make([]byte, n-7)...)
	}
	for _, test := range []struct {
		name    string
		decode  func([]byte) error
		maximum int
	}{
		{"client", refuseClient, MaxClientMessage},
		{"server", refuseServer, MaxServerMessage},
	} {
		if err := test.decode(rest(test.maximum)); err != nil {
			t.Errorf("%s: %d bytes: %v", test.name, test.maximum, err)
		}
		if err := test.decode(rest(test.maximum + 1)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %d bytes: %v, want ErrMalformed", test.name, test.maximum+1, err)
		}
	}
}

// TestDecode_Truncated cuts every golden frame at every byte: no piece of a message is a message.
func TestDecode_Truncated(t *testing.T) {
	for _, f := range readFrames(t) {
		whole := mustHex(f.Hex)
		decode := map[string]func([]byte) error{"client": refuseClient, "server": refuseServer}[f.From]
		for n := range whole {
			if err := decode(whole[:n]); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s: the first %d of %d bytes: %v, want ErrMalformed", f.Name, n, len(whole), err)
			}
		}
	}
}

// TestDecode_Memory: a short message that announces large contents costs little memory.
func TestDecode_Memory(t *testing.T) {
	deep := append([]byte{0x92, 0x63}, bytes.Repeat([]byte{0x91}, MaxClientMessage-3)...)
	deep = append(deep, 0xC0)
	if _, err := DecodeClient(deep); err != nil {
		t.Fatalf("nested arrays: %v", err)
	}
	hostile := [][]byte{deep}
	for _, s := range []string{
		"ddffffffff01", "9202ddffffffff", "9202dc1000", "9203ddffffffff", "930401c6ffffffff", "930401c57000", "9301c0dbffffffff",
		"9301c6ffffffffa0", "9263dfffffffff", "9263ddffffffff", "9263c9ffffffff00", "9313ddffffffff", "9511000000c6ffffffff",
		"971200010001c6ffffffff", "9215c6ffffffff", "951601c3ddffffffff", "951601c3dc03e8", "951601c390ddffffffff", "9418dbffffffff",
	} {
		hostile = append(hostile, mustHex(s))
	}
	const runs, limit = 20, 16 << 10 // bytes; the error's text is most of it
	for _, p := range hostile {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			_, _ = DecodeClient(p)
			_, _ = DecodeServer(p)
		}
		runtime.ReadMemStats(&after)
		if spent := (after.TotalAlloc - before.TotalAlloc) / runs; spent > limit {
			t.Errorf("%s…: %d bytes allocated, at most %d", hex.EncodeToString(p[:min(len(p), 16)]), spent, limit)
		}
	}
}

func TestDecodeClient_CleansNames(t *testing.T) {
	for _, test := range []struct{ sent, want string }{
		{"  Ada \n", "Ada"},
		{"a\x00b\x1bc", "abc"},
		{"bad\xff\xfeutf8", "badutf8"},
		{"12345678901234567890123", "12345678901234567890"},
		{strings.Repeat("x", 40_000), strings.Repeat("x", canvas.MaxName)},
		{" \t ", ""},
	} {
		if got := decodeFrom(t, "client", AppendHello(nil, Hello{Name: test.sent})); got != (Hello{Name: test.want}) {
			t.Errorf("HELLO %.30q: %#v, want name %q", test.sent, got, test.want)
		}
		if got := decodeFrom(t, "client", AppendRename(nil, Rename{test.sent})); got != (Rename{test.want}) {
			t.Errorf("RENAME %.30q: %#v, want name %q", test.sent, got, test.want)
		}
	}
}

// TestDecodeClient_KeepsNothing: transport reads the next message into the same buffer.
func TestDecodeClient_KeepsNothing(t *testing.T) {
	for _, f := range clientFrames() {
		buffer := f.bytes()
		message := decodeFrom(t, "client", buffer)
		clear(buffer)
		if got, want := asJSON(t, describe(message)), asJSON(t, describe(f.message)); got != want {
			t.Errorf("%s changed with the buffer:\n got %s\nwant %s", f.name, got, want)
		}
	}
}
