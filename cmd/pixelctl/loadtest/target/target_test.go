package target

import (
	"slices"
	"strings"
	"testing"
)

func TestTurned(t *testing.T) {
	urls := []string{"a", "b", "c"}
	var got []string
	for index := range 8 {
		got = append(got, strings.Join(Turned(urls, index), ""))
	}
	if want := []string{"abc", "bca", "cab", "acb", "bac", "cba", "abc", "bca"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Turned([]string{"a"}, 5); !slices.Equal(got, []string{"a"}) {
		t.Errorf("one server: %v", got)
	}
}

func TestTargets(t *testing.T) {
	for given, want := range map[string]string{
		"ws://a:1/ws": "ws://a:1/ws", "http://a:1": "ws://a:1/ws", "https://a/": "wss://a/ws", "wss://a/b?c=d": "wss://a/b?c=d",
		"a:80": "", "ftp://a": "", "": "", "ws://": "",
	} {
		got, err := Parse([]string{given})
		if want == "" && err == nil || want != "" && (err != nil || got[0] != want) {
			t.Errorf("%q: %v and error %v, want %q", given, got, err, want)
		}
	}
	if _, err := Parse(nil); err == nil {
		t.Error("no targets were accepted")
	}
	for target, want := range map[string]string{"ws://a:1/ws": "http://a:1", "wss://b/ws": "https://b"} {
		if got := Site(target); got != want {
			t.Errorf("site of %s: %s, want %s", target, got, want)
		}
	}
}
