package canvas_test

import (
	"encoding/json"
	"testing"

	"pixelplayground/actors/canvas"
)

// written are all that have a text of their own in JSON.
type written struct {
	Color   canvas.Color
	Network canvas.NetworkID
	Role    canvas.Role
	Pace    canvas.Pace
}

func TestText_InJSON(t *testing.T) {
	value := written{0xAB00CD, 0x1, canvas.RoleModerator, canvas.Pace{Rate: 0.2, Burst: 6}}
	const want = `{"Color":"#AB00CD","Network":"000000000001","Role":"moderator","Pace":{"rate":0.2,"burst":6}}`
	text, err := json.Marshal(value)
	if err != nil || string(text) != want {
		t.Errorf("%s, error %v\nwant %s", text, err, want)
	}
	var back written
	if err := json.Unmarshal(text, &back); err != nil || back != value {
		t.Errorf("read as %+v, error %v", back, err)
	}
}

func TestText_Refused(t *testing.T) {
	for _, text := range []string{
		`{"Color":"red"}`, `{"Color":16711680}`, `{"Color":"#FF00000"}`,
		`{"Network":"00c0ffee12345"}`, `{"Network":"0x00c0ffee12"}`,
		`{"Role":"king"}`, `{"Role":""}`, `{"Role":3}`, `{"Role":"Owner"}`, `{"Role":"unknown"}`,
	} {
		var value written
		if err := json.Unmarshal([]byte(text), &value); err == nil {
			t.Errorf("%s was read as %+v", text, value)
		}
	}
}

func TestParseAuthor(t *testing.T) {
	if user, err := canvas.ParseAuthor("b0c0ffee1234"); err != nil || user != 0xB0C0FFEE1234 {
		t.Errorf("%x, error %v", user, err)
	}
	for _, text := range []string{"c0ffee", "000000000000", "", "12", "00c0ffee123g", "+0c0ffee1234", "0x00c0ffee12", "00c0ffee12345"} {
		if user, err := canvas.ParseAuthor(text); err == nil {
			t.Errorf("%q was read as %x", text, user)
		}
	}
}
