package moderation

import (
	"net/http"
	"strings"
	"testing"
)

// TestBody_Texts: whatever is wrong with a body is said in words that name the field, and not in those of the language.
func TestBody_Texts(t *testing.T) {
	o := newOffice(t)
	for body, says := range map[string]string{
		``:                                        "it is no JSON, or not all of it",
		`{"do":"freeze"`:                          "it is no JSON, or not all of it",
		`{"do":"freeze"} {}`:                      "it is no JSON, or not all of it",
		`[]`:                                      "it must be an object, in braces",
		`null`:                                    "it must be an object, in braces",
		`7`:                                       "it must be an object, in braces",
		`{"do":5}`:                                "do: must be a text, in quotation marks",
		`{"do":"freeze","until":"tomorrow"}`:      "until: must be a whole number, and not too large",
		`{"do":"freeze","until":1.5}`:             "until: must be a whole number",
		`{"do":"freeze","until":1e99}`:            "until: must be a whole number, and not too large",
		`{"do":"undo","of":-1}`:                   "of: must be a whole number, 0 or more",
		`{"do":"ban","target":"0000000000aa"}`:    "target: must be an object, in braces",
		`{"do":"ban","target":{"user":170}}`:      "target.user: must be a text, in quotation marks",
		`{"do":"ban","target":{"user":"aa"}}`:     `target.user: user \"aa\": must be 12 hexadecimal digits`,
		`{"do":"ban","target":{"network":"x"}}`:   "target.network: network ",
		`{"do":"ban","target":{"users":"x"}}`:     `there is no field \"target.users\"`,
		`{"do":"palette","colors":"#FF0000"}`:     "colors: must be a list",
		`{"do":"palette","colors":["#FF0000",7]}`: "colors[1]: must be a text",
		`{"do":"palette","colors":["red"]}`:       `colors[0]: colour \"red\": must be like #FF0000`,
		`{"do":"role","role":"king","target":{"user":"0000000000aa"}}`:              "must be guest, member, moderator or owner",
		`{"do":"pace","role":"guest","pace":{"rate":"fast","burst":1}}`:             "pace.rate: must be a number",
		`{"do":"pace","role":"guest","pace":{"rate":1,"burst":1e40}}`:               "pace.burst: must be a whole number",
		`{"do":"timetable","phases":[{"from":1,"state":"open"},{"from":"x"}]}`:      "phases[1].from: must be a whole number",
		`{"do":"protect","area":{"x":1,"y":1,"width":1,"height":1,"users":["aa"]}}`: "area.users[0]: user ",
		`{"do":"rollback","selection":{"networks":["0000000000aa"],"from":[]}}`:     "selection.from: must be a whole number",
		`{"do":"rollback","selection":{"networks":["0000000000aa", null ]}}`:        "selection.networks[1]: must be left out, or something other than null",
		`{"do":"rollback","selection":{"users":[null]}}`:                            "selection.users[0]: must be left out",
		`{"do":"protect","area":{"width":1,"height":1,"users":[null]}}`:             "area.users[0]: must be left out",
		`{"do":"palette","colors":[null]}`:                                          "colors[0]: must be left out",
		`{"do":"timetable","phases":[null]}`:                                        "phases[0]: must be left out",
	} {
		w := o.ask("owner", "POST", "acts", body)
		text := w.Body.String()
		if w.Code != http.StatusBadRequest || !strings.Contains(text, says) {
			t.Errorf("%s: %d %s, want %q", body, w.Code, text, says)
		}
		for _, word := range []string{"json:", "strconv", "unmarshal", "Go ", "int64", "struct", "rules.", "canvas."} {
			if strings.Contains(text, word) {
				t.Errorf("%s: %s", body, text)
			}
		}
	}
	for path, body := range map[string]string{
		"reports": `{"x":"1","y":2,"words":"w"}`, "rollbacks/preview": `{"selection":{"x":true}}`, "reports/x/claim": `{"release":1}`, "reports/x/resolve": `{"text":{}}`, "reports/resolve": `{"ids":[null],"text":"t"}`,
	} {
		if w := o.ask("owner", "POST", path, body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), ": must be ") || strings.Contains(w.Body.String(), "json") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// TestClean: what people write about a report has nothing in it that can't be seen, and keeps its lines.
func TestClean(t *testing.T) {
	if got, ok := clean("\u202e one\u200b\r\n two\u2066\x07 \n", 99); !ok || got != "one\ntwo" {
		t.Errorf("%q", got)
	}
}
