package codec

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
)

func smallCanvas() canvas.Geometry { return canvas.Geometry{Width: 100, Height: 50, Region: 64} }

func TestDecodeJSON(t *testing.T) {
	pixel := func(x, y uint16, spelling, alias string) JSONPixelUpdate {
		return JSONPixelUpdate{Dot: canvas.Dot{X: x, Y: y, Color: 0xFF00AA}, Spelling: spelling, Alias: alias}
	}
	update := func(fields string) string { return `{"type":"pixel_update",` + fields + `}` }
	for _, test := range []struct {
		sent string
		want JSONMessage
		err  error
	}{
		{`{"type":"ping"}`, JSONPing{}, nil},
		{` { "type" : "ping" , "more" : [ {} ] } `, JSONPing{}, nil},
		{`{"type":"set_username","username":"Ada"}`, JSONSetUsername{"Ada"}, nil},
		{`{"type":"set_username","username":"  Ada Lovelace of London  "}`, JSONSetUsername{"Ada Lovelace of Lond"}, nil},
		{`{"type":"set_username","username":"Zo\u00eb \ud83c\udfa8\u0007"}`, JSONSetUsername{"Zoë 🎨"}, nil},
		{`{"type":"set_username","username":"\ud83c"}`, JSONSetUsername{""}, nil},
		{`{"type":"set_username","username":""}`, JSONSetUsername{""}, nil},
		{`{"type":"set_username","username":7}`, JSONUnknown{}, nil},
		{`{"type":"set_username"}`, JSONUnknown{}, nil},

		{update(`"x":3,"y":4,"color":"#FF00AA"`), pixel(3, 4, "", ""), nil},
		{update(`"x":0,"y":0,"color":"#ff00aa"`), pixel(0, 0, "#ff00aa", ""), nil},
		{update(`"x":99,"y":49,"color":"#fF00Aa","username":" Bot "`), pixel(99, 49, "#fF00Aa", "Bot"), nil},
		{update(`"x":3,"y":4,"color":"#FF00AA","username":"  "`), pixel(3, 4, "", ""), nil},
		{update(`"x":3,"y":4,"color":"#FF00AA","username":null`), pixel(3, 4, "", ""), nil},
		{update(`"x":3.0,"y":4e0,"color":"#FF00AA"`), pixel(3, 4, "", ""), nil},
		{update(`"x":30e-1,"y":-0,"color":"#FF00AA"`), pixel(3, 0, "", ""), nil},
		{update(`"X":5,"x":3,"Y":5,"y":4,"color":"#FF00AA","COLOR":"#000000"`), pixel(3, 4, "", ""), nil},
		{update(`"x":3,"y":4,"color":"\u0023FF00AA"`), pixel(3, 4, "", ""), nil},

		{update(`"x":1.5,"y":4,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":"3","y":4,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":null,"y":4,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":true,"y":4,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":[3],"y":4,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"y":4,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":3,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":-1,"y":4,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":100,"y":4,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":3,"y":50,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":65539,"y":4,"color":"#FF00AA"`), nil, ErrBadPixel}, // 3, in 16 bits
		{update(`"x":18446744073709551619,"y":4,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":1e999,"y":4,"color":"#FF00AA"`), nil, ErrBadPixel},
		{update(`"x":3,"y":4`), nil, ErrBadPixel},
		{update(`"x":3,"y":4,"color":"red"`), nil, ErrBadPixel},
		{update(`"x":3,"y":4,"color":"#FF00A"`), nil, ErrBadPixel},
		{update(`"x":3,"y":4,"color":"#FF00AG"`), nil, ErrBadPixel},
		{update(`"x":3,"y":4,"color":"#FF00AA00"`), nil, ErrBadPixel},
		{update(`"x":3,"y":4,"color":16711850`), nil, ErrBadPixel},
		{update(`"x":3,"y":4,"color":null`), nil, ErrBadPixel},

		{`{"type":"clear_canvas"}`, JSONUnknown{}, nil},
		{`{"type":"PING"}`, JSONUnknown{}, nil},
		{`{"Type":"ping"}`, JSONUnknown{}, nil},
		{`{"type":7}`, JSONUnknown{}, nil},
		{`{}`, JSONUnknown{}, nil},
		{`[]`, JSONUnknown{}, nil},
		{`"ping"`, JSONUnknown{}, nil},
		{`null`, JSONUnknown{}, nil},
		{`1.5`, JSONUnknown{}, nil},

		{``, nil, ErrNotJSON},
		{`hello`, nil, ErrNotJSON},
		{`{"type":"ping"`, nil, ErrNotJSON},
		{`{"type":"ping"}{}`, nil, ErrNotJSON},
		{`{'type':'ping'}`, nil, ErrNotJSON},
		{`{"type":"ping",}`, nil, ErrNotJSON},
		{strings.Repeat("[", 50_000), nil, ErrNotJSON},
		{`"` + strings.Repeat("x", MaxClientMessage) + `"`, nil, ErrNotJSON},
	} {
		got, err := DecodeJSON([]byte(test.sent), smallCanvas())
		if !reflect.DeepEqual(got, test.want) || !errors.Is(err, test.err) {
			t.Errorf("%.80s: %#v and error %v, want %#v and %v", test.sent, got, err, test.want, test.err)
		}
	}
}

func TestAppendJSON(t *testing.T) {
	const ms = 1_760_000_000_123
	users := []canvas.User{{Author: 1, Name: "Ada"}, {Author: 2}, {Author: 3, Name: `"B\`}}
	for _, test := range []struct {
		got  []byte
		want string
	}{
		{AppendJSONConnected(nil, "00abcdef1234", `pod "7"`),
			`{"type":"connected","message":"Connected to Cloud Pixel Playground","clientId":"00abcdef1234","node":"pod \"7\""}`},
		{AppendJSONPixelUpdated(nil, 3, 1023, 0xFF00AA, "", "", ms),
			`{"type":"pixel_updated","x":3,"y":1023,"color":"#FF00AA","username":"Anonymous","timestamp":1760000000123}`},
		{AppendJSONPixelUpdated(nil, 0, 0, 0xFF00AA, "#ff00aA", "Zoë 🎨", ms),
			`{"type":"pixel_updated","x":0,"y":0,"color":"#ff00aA","username":"Zoë 🎨","timestamp":1760000000123}`},
		{AppendJSONStats(nil, 1000, ms), `{"type":"stats","activeUsers":1000,"timestamp":1760000000123}`},
		{AppendJSONUserList(nil, users, ms), `{"type":"user_list","users":["Ada","\"B\\"],"timestamp":1760000000123}`},
		{AppendJSONUserList(nil, nil, ms), `{"type":"user_list","users":[],"timestamp":1760000000123}`},
		{AppendJSONAnnouncement(nil, "Tea at \"five\"", ms), `{"type":"announcement","message":"Tea at \"five\"","timestamp":1760000000123}`},
		{AppendJSONPong(nil, ms), `{"type":"pong","timestamp":1760000000123}`},
		{AppendJSONError(nil, JSONErrorPixel), `{"type":"error","message":"Invalid pixel data"}`},
		{AppendJSONError([]byte("before"), JSONErrorFormat), `before{"type":"error","message":"Invalid message format"}`},
	} {
		if string(test.got) != test.want {
			t.Errorf("\n got %s\nwant %s", test.got, test.want)
		}
	}
}

// TestAppendJSON_AnyText: whatever a name holds, a JSON parser reads it back.
func TestAppendJSON_AnyText(t *testing.T) {
	every := make([]rune, 0, 0x300)
	for r := range rune(0x300) {
		every = append(every, r)
	}
	for _, name := range []string{string(every), `</script>`, `\u0041`, "\u2028\u2029", "🎨日本"} {
		var got struct{ Username string }
		message := AppendJSONPixelUpdated(nil, 1, 2, 3, "", name, 4)
		if err := json.Unmarshal(message, &got); err != nil || got.Username != name {
			t.Errorf("%s: read as %q (error %v), want %q", message, got.Username, err, name)
		}
	}
}

func TestAppendJSONPixelUpdated_Allocs(t *testing.T) {
	dst := make([]byte, 0, 1024)
	for _, name := range []string{"", "Ada", "a \"quote\"\nand 日本"} {
		for _, spelling := range []string{"", "#ff00aA"} {
			if n := testing.AllocsPerRun(100, func() {
				dst = AppendJSONPixelUpdated(dst[:0], 1023, 767, 0xFF00AA, spelling, name, 1_760_000_000_123)
			}); n != 0 {
				t.Errorf("name %q, colour %q: %v allocations, none wanted", name, spelling, n)
			}
		}
	}
}
