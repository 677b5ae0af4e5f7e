package moderation

import (
	"context"
	"image"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/record/rollback"
	"pixelplayground/actors/rules"
)

func TestPeople_AreDescribed(t *testing.T) {
	o := newOffice(t)
	eve, ada := everybody()["banned"], everybody()["member"]
	o.connected = connectedAs(eve, ada)
	red := canvas.Color(0xFF0000)
	o.pixels = []Pixel{
		{X: 3, Y: 4, Seq: 9, Time: noon.UnixMilli() - 50, Color: 0x00FF00, Before: &red, Name: "eve", Network: 0xBB},
		{X: 1, Y: 4, Seq: 8, Time: noon.UnixMilli() - 60, Color: 0x00FF00, Name: "eve", Network: 0xBB},
	}
	o.act("owner", `{"do":"ban","target":{"network":"0000000000bb"},"why":"a flood"}`)
	o.act("owner", `{"do":"mute","target":{"user":"`+eve.User.Text()+`"}}`)
	o.act("owner", `{"do":"ban","target":{"user":"`+ada.User.Text()+`"}}`)
	o.act("owner", `{"do":"ban","target":{"cidr":"198.51.100.0/24"}}`)
	o.ask("guest", "POST", "reports", `{"x":3,"y":4,"user":"`+eve.User.Text()+`","words":"spoils all"}`)
	o.ask("guest", "POST", "reports", `{"x":3,"y":4,"words":"else"}`)

	w := o.ask("moderator", "GET", "people/"+eve.User.Text(), "")
	said := told[person](t, w)
	if w.Code != 200 || said.User != userID(eve.User) || said.Name != "Eve" || said.Kind != "account" || said.Role != "member" || said.Connections != 2 || said.Since != noon.UnixMilli()-5000 || said.Seen != noon.UnixMilli() {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !slices.Equal(said.Networks, []canvas.NetworkID{eve.From, 0xBB}) || len(said.Pixels) != 2 || *said.Pixels[0].Before != red || len(said.Acts) != 2 || said.Acts[0].N != 2 || said.Acts[1].N != 1 || len(said.Reports) != 1 || len(said.Incomplete) != 0 {
		t.Errorf("%s", w.Body)
	}
	if text := w.Body.String(); strings.Contains(text, "192.0.2") || strings.Contains(text, "198.51.100") || strings.Contains(text, "subject") {
		t.Errorf("an address: %s", text)
	}

	gone := told[person](t, o.ask("moderator", "GET", "people/0000000000ab", ""))
	if gone.Connections != 0 || gone.Seen != noon.UnixMilli()-50 || gone.Name != "eve" {
		t.Errorf("not connected: %+v", gone)
	}
	for _, user := range []string{"x", "0", "aa", "0000000000AA", "000000000000", "1000000000000"} {
		if w := o.ask("moderator", "GET", "people/"+user, ""); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", user, w.Code)
		}
	}
	o.fails = errBroken
	if said := told[person](t, o.ask("moderator", "GET", "people/"+eve.User.Text(), "")); !slices.Equal(said.Incomplete, []string{"connections", "record", "acts"}) {
		t.Errorf("what can't be asked: %+v", said)
	}
}

func TestRollbacks_ArePreviewed(t *testing.T) {
	o := newOffice(t)
	ask := func(who, body string) (int, string) {
		w := o.ask(who, "POST", "rollbacks/preview", body)
		return w.Code, w.Body.String()
	}
	if code, text := ask("moderator", `{"selection":{"users":["0000000000aa"]}}`); code != http.StatusConflict || !strings.Contains(text, "--record") {
		t.Errorf("without a record: %d %s", code, text)
	}
	o.preview = func(s rules.Selection) (*rollback.Preview, error) {
		s.To = noon.UnixMilli()
		return &rollback.Preview{
			Pixels: 5, Unknown: 2, Users: []rollback.Share{{Author: rollback.Author{User: 0xAA, Name: "eve"}, Pixels: 5}}, Area: image.Rect(3, 4, 10, 12), Before: []byte("png"), After: []byte("gnp"), Selection: s,
		}, nil
	}
	want := `{"pixels":5,"unknown":2,"users":[{"user":"0000000000aa","name":"eve","pixels":5}],"area":{"x":3,"y":4,"width":7,"height":8},"before":"data:image/png;base64,cG5n","after":"data:image/png;base64,Z25w",` +
		`"selection":{"users":["0000000000aa"],"to":1777896000000}}` + "\n"
	if code, text := ask("moderator", `{"selection":{"users":["0000000000aa"]}}`); code != 200 || text != want {
		t.Errorf("%d %s", code, text)
	}
	for _, body := range []string{`{"selection":{"user":["0000000000aa"]}}`, `{"selections":{}}`, `{"selection":{"x":"a"}}`, `{"selection":{}}`, `{"selection":{"to":1777896000000}}`, `{"selection":{"x":3}}`} {
		if code, text := ask("moderator", body); code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, code, text)
		}
	}
	kept := o.Rollbacks
	o.Rollbacks = nil
	if w := o.ask("moderator", "POST", "acts", `{"do":"rollback","selection":{"users":["0000000000aa"]}}`); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "--record") {
		t.Errorf("an act where there is no record: %d %s", w.Code, w.Body)
	}
	o.Rollbacks = kept
	begun, end := make(chan struct{}, 9), make(chan struct{})
	slow := func(rules.Selection) (*rollback.Preview, error) {
		begun <- struct{}{}
		<-end
		return &rollback.Preview{}, nil
	}
	o.Rollbacks = previewing(slow)
	answers := make(chan int, previewsAtOnce)
	for range previewsAtOnce {
		go func() { code, _ := ask("operator", `{"selection":{"users":["0000000000aa"]}}`); answers <- code }()
	}
	for range previewsAtOnce {
		select {
		case <-begun:
		case <-time.After(10 * time.Second):
			t.Fatal("it does not begin")
		}
	}
	if code, _ := ask("moderator", `{"selection":{"users":["0000000000aa"]}}`); code != http.StatusTooManyRequests {
		t.Errorf("one more at the same time: %d", code)
	}
	close(end)
	for range previewsAtOnce {
		if code := <-answers; code != 200 {
			t.Errorf("%d", code)
		}
	}
}

// TestPeople_Makers: of a bot, moderators are told the account that made its key, and what was decided about that. Who bans the bot
// alone is told that the account can make others.
func TestPeople_Makers(t *testing.T) {
	o := newOffice(t)
	o.Maker = func(_ context.Context, bot canvas.Author) (canvas.Author, error) {
		return map[canvas.Author]canvas.Author{0xB0_0000000001: 0xACC}[bot], nil
	}
	o.act("moderator", `{"do":"mute","target":{"user":"000000000acc"}}`)
	if p := told[person](t, o.ask("moderator", "GET", "people/b00000000001", "")); p.Owner != 0xACC || len(p.Acts) != 1 {
		t.Errorf("%+v", p)
	}
	if said := told[decided](t, o.ask("moderator", "POST", "acts", `{"do":"ban","target":{"user":"b00000000001"}}`)); said.Owner != 0xACC {
		t.Errorf("%+v", said)
	}
	for _, other := range []string{"b00000000002", "000000000acc"} {
		w := o.ask("moderator", "POST", "acts", `{"do":"ban","target":{"user":"`+other+`"}}`)
		if said := told[decided](t, w); said.Owner != 0 || strings.Contains(w.Body.String(), `"owner"`) {
			t.Errorf("%s: %s", other, w.Body)
		}
	}
	o.Maker = func(context.Context, canvas.Author) (canvas.Author, error) { return 0, errBroken }
	if p := told[person](t, o.ask("moderator", "GET", "people/b00000000001", "")); !slices.Contains(p.Incomplete, "owner") {
		t.Errorf("%+v", p.Incomplete)
	}
	o.act("moderator", `{"do":"mute","target":{"user":"b00000000001"}}`)
}
