package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pixelplayground/codec"
)

// TestHistory_Examples runs the examples of CLIENTS.md as it gives them, against a server with a record.
func TestHistory_Examples(t *testing.T) {
	r := start(t, "--data", t.TempDir(), "--record", t.TempDir())
	defer r.terminate(t)
	for _, color := range []string{"#FF0000", "#00FF00"} {
		if status, body := r.ask(t, "PUT", "/api/pixel", `{"x":3,"y":4,"color":"`+color+`"}`); status != 200 {
			t.Fatal(status, body)
		}
	}
	const who = `"time":\d{13},"color":"#00FF00",("before":"#FF0000",)?"user":"[0-9a-f]{12}"`
	const placed = `^\{"x":3,"y":4,"color":"#00FF00","seq":2,"time":\d{13},"user":"[0-9a-f]{12}"\}\n$`
	wants := []string{ // what the answers begin with, in the order of the examples
		placed,
		`^\{"success":true,"x":300,"y":300,"color":"#FF0000","timestamp":\d{13}`,
		`^.PNG`,
		placed,
		`^\{"x":3,"y":4,"pixels":\[\{"seq":2,` + who + `\},\{"seq":1,.*\],"more":false,"since":\d{13},"gaps":\[\]\}\n$`,
		`^\{"x":3,"y":4,"seq":1,.*\n\{"x":3,"y":4,"seq":2,` + who + `\}\n$`,
		`^.PNG`,
		`^\{"pixels":3,"users":\[\{"user":"[0-9a-f]{12}","pixels":1\},.*"regions":\[\{"region":0,"pixels":2\},`,
	}
	examples := regexp.MustCompile(`(?m)^curl .*$`).FindAllString(clientsPage(t), -1)
	if len(examples) != len(wants) {
		t.Fatalf("%d examples: %q", len(examples), examples)
	}
	for i, example := range examples {
		status, body := r.curl(t, example)
		if !regexp.MustCompile(wants[i]).MatchString(strings.ToValidUTF8(body, "\uFFFD")) || status != 200 {
			t.Errorf("%s\n%d %.300q\nwant %s", example, status, body, wants[i])
		}
	}
}

func clientsPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "codec", "CLIENTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// curl does what a command line of curl says, as far as the examples go, with this server in the place
// of the usual one.
func (r *running) curl(t *testing.T, command string) (int, string) {
	t.Helper()
	words := regexp.MustCompile(`'[^']*'|\S+`).FindAllString(command, -1)
	for i := range words {
		words[i] = strings.Trim(words[i], "'")
	}
	method, sent := "GET", ""
	for i, word := range words {
		switch word {
		case "-X":
			method = words[i+1]
		case "-d":
			sent = words[i+1]
		}
	}
	request, err := http.NewRequest(method, strings.Replace(words[len(words)-1], "http://127.0.0.1:8080", r.url, 1), strings.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	for i, word := range words {
		if word == "-H" {
			name, value, _ := strings.Cut(words[i+1], ": ")
			request.Header.Set(name, value)
		}
	}
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// TestHistory_Restart: what was drawn before a restart is known after it, and the past leads to the
// canvas as it is.
func TestHistory_Restart(t *testing.T) {
	args := []string{"--canvas", "64x64", "--region", "32", "--data", t.TempDir(), "--record", t.TempDir()}
	r := start(t, args...)
	var all strings.Builder
	for i := range 500 {
		if i > 0 {
			all.WriteByte(',')
		}
		all.WriteString(`{"x":` + strconv.Itoa(i*7%64) + `,"y":` + strconv.Itoa(i*13%64) + `,"color":"#0000` + "0123456789ABCDEF"[i%16:i%16+1] + `0"}`)
	}
	if status, body := r.ask(t, "PUT", "/api/pixels", `{"pixels":[`+all.String()+`]}`); status != 200 {
		t.Fatal(status, body)
	}
	_, who := r.ask(t, "GET", "/api/pixel/7/13", "")
	_, past := r.ask(t, "GET", "/api/pixel/7/13/history", "")
	r.terminate(t)

	r = start(t, args...)
	defer r.terminate(t)
	for path, want := range map[string]string{"/api/pixel/7/13": who, "/api/pixel/7/13/history": past} {
		if status, body := r.ask(t, "GET", path, ""); status != 200 || body != want || !strings.Contains(body, `"user":"`) {
			t.Errorf("%s after a restart: %d %s, before: %s", path, status, body, want)
		}
	}
	_, now := r.ask(t, "GET", "/api/canvas.png", "")
	if status, picture := r.ask(t, "GET", "/api/canvas.png?at=now", ""); status != 200 || picture != now {
		t.Errorf("%d: the record does not lead to what the canvas is", status)
	}
	for region := range 4 {
		status, answer := r.ask(t, "GET", "/api/history/"+strconv.Itoa(region), "")
		from, ended := bytes.NewReader([]byte(answer)), false
		for {
			m, err := codec.NextPast(from)
			if err != nil {
				break
			}
			_, ended = m.(codec.PastEnd)
		}
		if status != 200 || !ended {
			t.Errorf("region %d: %d, ended %v", region, status, ended)
		}
	}
}
