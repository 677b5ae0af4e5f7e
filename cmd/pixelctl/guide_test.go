package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// examples are the blocks of a language in the guide to the rules.
func examples(t *testing.T, language string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "playground", "RULES.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, found[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("no examples in %s", language)
	}
	return blocks
}

// words splits a line as a shell does that knows quotes and comments.
func words(line string) (list []string) {
	for _, found := range regexp.MustCompile(`"([^"]*)"|'([^']*)'|(#.*)|([^\s"']+)`).FindAllStringSubmatch(line, -1) {
		if found[3] != "" {
			break
		}
		list = append(list, found[1]+found[2]+found[4])
	}
	return list
}

// TestGuide_Commands: each command in the guide is one, with flags that it has.
func TestGuide_Commands(t *testing.T) {
	blocks, times := examples(t, "sh"), examples(t, "timetable")
	t.Chdir(t.TempDir())
	for _, file := range []string{"flag.png", "event.txt", "acts.ndjson"} {
		if err := os.WriteFile(file, []byte(times[0]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	commands := 0
	for line := range strings.Lines(strings.Join(blocks, "")) {
		args := words(line)
		if len(args) == 0 || args[0] != "pixelctl" {
			continue
		}
		if n := len(args); n > 2 && args[n-2] == ">" {
			args = args[:n-2]
		}
		commands++
		if parsed, err := parse(t.Context(), args[1:], streams{out: io.Discard, err: io.Discard}); err != nil || parsed == nil {
			t.Errorf("%s: %v", strings.TrimSpace(line), err)
		}
	}
	if commands < 25 {
		t.Errorf("only %d commands were found", commands)
	}
	startCourt(t).says("timetable of 3 phases", "rules", "set", "timetable", "event.txt")
}

// TestGuide_Acts: each act in the guide can be decided.
func TestGuide_Acts(t *testing.T) {
	c := rules.NewChain(canvas.Geometry{Width: 1024, Height: 1024, Region: 256})
	for line := range strings.Lines(examples(t, "json")[0]) {
		act, err := rules.Decode([]byte(strings.Replace(line, "{", `{"n":1,`, 1)))
		if err != nil || act.Ignored {
			t.Errorf("%s: %v", line, err)
			continue
		}
		act.By, act.Time = rules.By{Role: canvas.RoleOwner, Via: "program"}, 1796040000000
		if act.ID == "" {
			act.ID = string(act.Do)
		}
		if act.Do == rules.Undo {
			act.Of = 1
		}
		drafted, err := c.Draft(*act)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if _, err := c.Append(drafted.Encode()); err != nil {
			t.Error(err)
		}
	}
	if c.Len() != 5 {
		t.Errorf("%d acts", c.Len())
	}
}

// TestGuide_ExplainsEveryKind: the guide says of each kind of act what it means.
func TestGuide_ExplainsEveryKind(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "playground", "RULES.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| act | means | least role |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, kind := range rules.Kinds() {
		if !strings.Contains(table, "`"+string(kind)+"`") {
			t.Errorf("%s is not explained", kind)
		}
	}
}
