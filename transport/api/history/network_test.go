package history

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"

	"pixelplayground/transport/api/history/historytest"
)

// TestI13_NetworksAreNotTold: the record has the network of each pixel, and no answer has it in any form.
func TestI13_NetworksAreNotTold(t *testing.T) {
	d := newDesk(t)
	draw(d.record)
	forms := [][]byte{
		[]byte(historytest.Network.Text()), []byte(strconv.FormatUint(uint64(historytest.Network), 10)), []byte("network"),
		binary.BigEndian.AppendUint64(nil, uint64(historytest.Network))[2:], binary.LittleEndian.AppendUint64(nil, uint64(historytest.Network))[:6],
	}
	for pattern := range d.history.Routes() {
		target := strings.NewReplacer("{x}", "3", "{y}", "4", "{region}", "0").Replace(pattern)
		for _, accept := range []string{"application/x-ndjson", "application/vnd.msgpack", "application/json"} {
			w := d.ask("GET", target, "Accept", accept)
			if w.Code != 200 || w.Body.Len() == 0 {
				t.Errorf("%s: %d", target, w.Code)
			}
			for _, form := range forms {
				if bytes.Contains(bytes.ToLower(w.Body.Bytes()), bytes.ToLower(form)) {
					t.Errorf("%s as %s tells the network as %q", target, accept, form)
				}
			}
		}
	}
}
