// Package examples has bots to begin with. Its tests run each of them, and those in the clients' own pages.
package examples

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
	"pixelplayground/transport/client/clienttest"
	"pixelplayground/transport/client/conformance"
	"pixelplayground/transport/client/javascript"
)

// patience is how long a bot may take for what it does at once.
const patience = 60 * time.Second

const red canvas.Color = 0xE50025

// bot is a running program.
type bot struct {
	t   *testing.T
	mu  sync.Mutex
	out bytes.Buffer
}

// start runs a program until the test ends.
func start(t *testing.T, env []string, command ...string) *bot {
	t.Helper()
	b := &bot{t: t}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = b, b
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%v has said %.2000q", command, b.said())
		}
	})
	return b
}

func (b *bot) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

func (b *bot) said() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.String()
}

// until waits until something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func newCanvas(t *testing.T) *clienttest.Canvas {
	t.Helper()
	return clienttest.NewCanvas(t, clienttest.Small(), clienttest.Faults{})
}

// vandal is somebody who paints over what others draw.
func vandal(t *testing.T, c *clienttest.Canvas, x, y int) {
	t.Helper()
	v, err := client.Connect(t.Context(), client.Config{URLs: []string{c.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.Place(t.Context(), []canvas.Dot{{X: uint16(x), Y: uint16(y), Color: 0x00FF00}}); err != nil {
		t.Fatal(err)
	}
}

// isSquare reports whether a canvas has a red square of 8x8 pixels in its corner.
func isSquare(c *clienttest.Canvas) bool {
	for i := range 64 {
		if c.At(i%8, i/8) != red {
			return false
		}
	}
	return true
}

// keeps judges a bot that draws a red square of 8x8 pixels and keeps it.
func keeps(t *testing.T, c *clienttest.Canvas) {
	t.Helper()
	until(t, "the square is there", func() bool { return isSquare(c) })
	vandal(t, c, 3, 4)
	until(t, "the square is repaired", func() bool { return isSquare(c) })
}

// block is the first block of code of a language in a page, with the address of a canvas.
func block(t *testing.T, page, language, url string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s has no %s", page, language)
	}
	lines := 0
	for line := range strings.Lines(string(found[1])) {
		if strings.TrimSpace(line) != "" {
			lines++
		}
	}
	if lines > 10 {
		t.Errorf("the bot in %s has %d lines, at most 10", page, lines)
	}
	return regexp.MustCompile(`(http|ws)://127\.0\.0\.1:8080/(ws)?`).ReplaceAllString(string(found[1]), url)
}

// nodeModules makes a folder in which programs find the JavaScript client and, for Node.js before 22, ws.
func nodeModules(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := javascript.Write(filepath.Join(folder, "node_modules/pixelplayground-client"), "1.0.0"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/usr/share/nodejs/ws", filepath.Join(folder, "node_modules/ws")); err != nil {
		t.Fatal(err)
	}
	return folder
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func pythonPath(t *testing.T) []string {
	t.Helper()
	path, err := filepath.Abs("../python")
	if err != nil {
		t.Fatal(err)
	}
	return []string{"PYTHONPATH=" + path, "PYTHONDONTWRITEBYTECODE=1"}
}

func TestPages_BotInJavaScript(t *testing.T) {
	c, folder := newCanvas(t), nodeModules(t)
	code := block(t, "../javascript/README.md", "js", c.URL())
	code = regexp.MustCompile(`"[^"]*client\.js"`).ReplaceAllString(code, `"pixelplayground-client"`)
	code = "globalThis.WebSocket ??= (await import(\"ws\")).default; // before Node.js 22\n" + code
	start(t, nil, "node", write(t, filepath.Join(folder, "bot.mjs"), code))
	keeps(t, c)
}

func TestPages_BotInPython(t *testing.T) {
	c := newCanvas(t)
	code := block(t, "../python/README.md", "python", c.URL())
	start(t, pythonPath(t), conformance.Python(t), write(t, filepath.Join(t.TempDir(), "bot.py"), code))
	keeps(t, c)
}

// The bot in Go is compiled as it stands in the page, within a program.
func TestPages_BotInGo(t *testing.T) {
	c := newCanvas(t)
	code := "package main\n\nimport (\n\t\"context\"\n\n\t\"pixelplayground/actors/canvas\"\n\t\"pixelplayground/transport/client\"\n)\n\n" +
		block(t, "../README.md", "go", c.URL()) +
		"\nfunc main() {\n\tvar corner []canvas.Dot\n\tfor i := range uint16(64) {\n\t\tcorner = append(corner, canvas.Dot{X: i % 8, Y: i / 8, Color: 0xE50025})\n\t}\n\tpanic(bot(context.Background(), corner))\n}\n"
	program := filepath.Join(t.TempDir(), "bot")
	build(t, program, write(t, filepath.Join(t.TempDir(), "main.go"), code))
	start(t, nil, program)
	keeps(t, c)
}

func build(t *testing.T, program, source string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-o", program, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as everything else is compiled
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestPicture_DrawsAndRepairs(t *testing.T) {
	c := newCanvas(t)
	img := image.NewNRGBA(image.Rect(0, 0, 9, 8))
	for i := range 64 {
		img.Set(i%8, i/8, color.NRGBA{0xE5, 0, 0x25, 0xFF}) // the ninth column stays transparent
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "picture")
	build(t, program, "pixelplayground/transport/client/examples/picture")
	start(t, nil, program, c.URL(), write(t, filepath.Join(t.TempDir(), "square.png"), file.String()), "0", "0")
	keeps(t, c)
	if got := c.At(8, 0); got != canvas.Background {
		t.Errorf("where the picture is transparent, the canvas is %v", got)
	}
}

// The clock's digits, as it draws them.
func digits(c *clienttest.Canvas, x, y int) (text string) {
	known := map[string]string{"75557": "0", "26227": "1", "71747": "2", "71717": "3", "55711": "4", "74717": "5", "74757": "6", "71111": "7", "75757": "8", "75717": "9"}
	for _, left := range []int{0, 4, 10, 14} {
		shape := ""
		for row := range 5 {
			bits := 0
			for column := range 3 {
				bits <<= 1
				if c.At(x+left+column, y+row) == 0x172B6B {
					bits++
				}
			}
			shape += fmt.Sprint(bits)
		}
		text += known[shape]
	}
	return text
}

func TestClock_ShowsTheTime(t *testing.T) {
	c, folder := newCanvas(t), nodeModules(t)
	source, err := os.ReadFile("clock.mjs")
	if err != nil {
		t.Fatal(err)
	}
	start(t, nil, "node", write(t, filepath.Join(folder, "clock.mjs"), string(source)), c.URL(), "2", "3")
	right := func() bool { return digits(c, 2, 3) == time.Now().Format("1504") }
	until(t, "the clock is right", right)
	vandal(t, c, 2, 3)
	until(t, "the clock is repaired", func() bool { return right() && c.At(2, 3) != 0x00FF00 })
}

func TestWall_ShowsTheCanvas(t *testing.T) {
	c := newCanvas(t) // 40x24
	vandal(t, c, 0, 0)
	vandal(t, c, 39, 23)
	screen := write(t, filepath.Join(t.TempDir(), "fb0"), strings.Repeat("\x00", 4*40*24))
	start(t, pythonPath(t), conformance.Python(t), "wall.py", c.URL(), "--framebuffer", screen, "--size", "40x24")
	terminal := start(t, pythonPath(t), conformance.Python(t), "wall.py", c.URL(), "--size", "20x12")
	shows := func(x, y int, want string) func() bool {
		return func() bool {
			content, err := os.ReadFile(screen)
			at := 4 * (x + 40*y)
			return err == nil && len(content) == 4*40*24 && string(content[at:at+4]) == want
		}
	}
	until(t, "the screen shows the canvas", shows(39, 23, "\x00\xFF\x00\x00"))
	until(t, "the screen shows white", shows(1, 1, "\xFF\xFF\xFF\x00"))
	cell := "\x1b[38;2;0;255;0m\x1b[48;2;255;255;255m\u2580"
	until(t, "the terminal shows the canvas", func() bool { return strings.Contains(terminal.said(), "\x1b[H"+cell) })
	vandal(t, c, 5, 6)
	until(t, "the screen shows what is drawn", shows(5, 6, "\x00\xFF\x00\x00"))
}
