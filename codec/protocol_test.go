package codec

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
)

// protocolRows returns the cells of those table rows in PROTOCOL.md that begin with a number, from
// the heading to the next one.
func protocolRows(t *testing.T, heading string) [][]string {
	t.Helper()
	_, section, found := strings.Cut(protocolText(t), "\n"+heading+"\n")
	if !found {
		t.Fatalf("PROTOCOL.md has no %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	var rows [][]string
	for _, match := range regexp.MustCompile(`(?m)^\| (\d[\d, ]*) \|(.*)\|$`).FindAllStringSubmatch(section, -1) {
		row := []string{match[1]}
		for _, cell := range strings.Split(match[2], "|") {
			row = append(row, strings.TrimSpace(cell))
		}
		rows = append(rows, row)
	}
	return rows
}

func protocolText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func number(t *testing.T, cell string) int {
	t.Helper()
	n, err := strconv.Atoi(cell)
	if err != nil {
		t.Fatalf("PROTOCOL.md: %v", err)
	}
	return n
}

// TestProtocol_Messages: the tables list the messages of the code, with an example of each.
func TestProtocol_Messages(t *testing.T) {
	documented := map[messageType]string{}
	elements := map[messageType]bool{}
	for _, heading := range []string{"## Client to server", "## Server to client", "## The past"} {
		for _, row := range protocolRows(t, heading) {
			kind := messageType(number(t, row[0]))
			documented[kind] = row[1]
			elements[kind] = strings.HasPrefix(row[2], "`["+row[0])
		}
	}
	examples := map[messageType]bool{}
	for _, f := range readFrames(t) {
		examples[open(mustHex(f.Hex), MaxServerMessage).kind] = true
	}
	for _, f := range readPast(t) {
		examples[open(mustHex(f.Hex)[sizeBytes:], MaxServerMessage).kind] = true
	}
	for kind := range messageType(256) {
		if name := kind.String(); name != "unknown" {
			if documented[kind] != name {
				t.Errorf("type %d is %s, PROTOCOL.md says %q", kind, name, documented[kind])
			}
			if !elements[kind] {
				t.Errorf("PROTOCOL.md: the fields of %s don't begin with its number, %d", name, kind)
			}
			if !examples[kind] {
				t.Errorf("%s and %s have no %s", framesFile, pastFile, name)
			}
		} else if documented[kind] != "" {
			t.Errorf("PROTOCOL.md has a type %d, %s, that the code doesn't", kind, documented[kind])
		}
	}
}

func TestProtocol_Refusals(t *testing.T) {
	documented := map[canvas.Refusal]string{}
	for _, row := range protocolRows(t, "### Refusal codes") {
		documented[canvas.Refusal(number(t, row[0]))] = row[1]
	}
	for code := canvas.Refusal(1); code < 255; code++ {
		if name := code.String(); name != "invalid" && documented[code] != name || name == "invalid" && documented[code] != "" {
			t.Errorf("refusal %d is %s, PROTOCOL.md says %q", code, name, documented[code])
		}
	}
}

func TestProtocol_CloseCodes(t *testing.T) {
	reconnect := map[int]string{}
	for _, row := range protocolRows(t, "## Close codes") {
		for _, code := range strings.Split(row[0], ", ") {
			reconnect[number(t, code)] = row[2]
		}
	}
	codes := []CloseCode{CloseNormal, CloseProtocol, CloseUnsupported, CloseBadText, CloseTooBig, CloseInternal,
		CloseRestart, CloseTryLater, CloseMalformed, CloseNoHello, CloseSlow, CloseSilent, CloseKicked, CloseEnded, CloseBanned}
	for _, code := range codes {
		text, found := reconnect[int(code)]
		if !found {
			t.Errorf("PROTOCOL.md has no close code %d", code)
		}
		if !strings.HasPrefix(text, "as you like") && strings.HasPrefix(text, "yes") != code.Reconnect() {
			t.Errorf("close code %d: Reconnect is %v, PROTOCOL.md says %q", code, code.Reconnect(), text)
		}
		delete(reconnect, int(code))
	}
	delete(reconnect, 1001) // only browsers send it, when the page is left
	for code := range reconnect {
		t.Errorf("PROTOCOL.md has a close code %d that the code doesn't", code)
	}
	if !CloseCode(1006).Reconnect() {
		t.Error("a connection that broke must be opened again")
	}
}

// TestProtocol_Limits: the numbers in the document are those of the code.
func TestProtocol_Limits(t *testing.T) {
	// The document breaks its lines anywhere.
	text := strings.Join(strings.Fields(protocolText(t)), " ")
	for _, limit := range []struct {
		phrase string // % stands for the number
		value  int
	}{
		{"A client's message is at most **% bytes**", MaxClientMessage},
		{"message larger than % bytes", MaxClientMessage},
		{"A server's is at most **% bytes**", MaxServerMessage},
		{"a SNAPSHOT at most %.", MaxSnapshot},
		{"1 to % entries of 7 bytes", MaxPlacePixels},
		{"at most % entries of 5 bytes", canvas.MaxBatchPixels},
		{"`[[region, epoch, seq], …]`, at most %:", canvas.MaxRegions},
		{"`[region, …]`, at most %:", canvas.MaxRegions},
		{"(at most %). Regions are numbered row by row", canvas.MaxRegionEdge},
		{"cut to % characters", canvas.MaxName},
		{"users with a name are listed, at most %.", canvas.MaxListedUsers},
		{"show `text`, at most % bytes", maxText},
		{"a big-endian u32, at most %.", MaxServerMessage},
		{"what was drawn next, at most % pixels", MaxPastPixels},
	} {
		want := strings.Replace(limit.phrase, "%", thousands(limit.value), 1)
		if !strings.Contains(text, want) {
			t.Errorf("PROTOCOL.md does not say %q", want)
		}
	}
	if !strings.Contains(text, "subprotocol `"+Subprotocol+"`") {
		t.Errorf("PROTOCOL.md does not name the subprotocol %s", Subprotocol)
	}
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// TestAppend_Bounds: whatever text the server is given from outside, the result is still a valid
// message.
func TestAppend_Bounds(t *testing.T) {
	long := strings.Repeat("日", 400) // 1,200 bytes
	for _, test := range []struct {
		name      string
		got, want any
	}{
		{"text is cut between characters", Notice{Code: 2, Text: long}, Notice{Code: 2, Text: long[:1023]}},
		{"text is made UTF-8", Notice{Code: 2, Text: "a\xffb"}, Notice{Code: 2, Text: "ab"}},
		{"retry is rounded up", Notice{Retry: time.Nanosecond}, Notice{Retry: time.Millisecond}},
		{"retry is whole milliseconds", Refused{Retry: 2 * time.Millisecond}, Refused{Retry: 2 * time.Millisecond}},
		{"retry is not negative", Refused{Retry: -time.Second}, Refused{}},
		{"retry is at most 49 days", Refused{Retry: 1 << 62}, Refused{Retry: maxRetry * time.Millisecond}},
		{"time is not before 1970", Pong{}, Pong{Time: time.UnixMilli(0)}},
	} {
		if got := decodeFrom(t, "server", appendMessage(nil, test.got)); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}
