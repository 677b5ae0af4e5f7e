//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// firefox is a Firefox with one page, driven by WebDriver BiDi over its own port.
type firefox struct {
	t       *testing.T
	socket  net.Conn
	last    int // id of the last command
	context string
}

// quietly keeps Firefox from calling home.
const quietly = `user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.server", "");
user_pref("intl.accept_languages", "en-US");
`

// openFirefox starts it with a fresh profile.
func openFirefox(t *testing.T) *firefox {
	t.Helper()
	program, err := exec.LookPath("firefox-esr")
	if err != nil {
		program, err = exec.LookPath("firefox")
	}
	if err != nil {
		t.Fatal("there is no Firefox, which .ci/tools installs: on Debian it is the package firefox-esr")
	}
	profile := t.TempDir()
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(quietly), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(program, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile, "about:blank")
	run.Env = append(os.Environ(), "HOME="+profile, "MOZ_CRASHREPORTER_DISABLE=1")
	said, err := run.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill()
		_ = run.Wait()
	})
	address := make(chan string, 1)
	go func() { // ends with Firefox
		listens := regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if found := listens.FindStringSubmatch(lines.Text()); found != nil {
				address <- found[1]
			}
		}
	}()
	f := &firefox{t: t}
	select {
	case url := <-address:
		if f.socket, _, _, err = ws.Dial(t.Context(), url+"/session"); err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Firefox says no address within a minute")
	}
	t.Cleanup(func() {
		_ = f.ask(context.Background(), "browser.close", struct{}{}, nil)
		_ = f.socket.Close()
	})
	f.do("session.new", map[string]any{"capabilities": struct{}{}}, nil)
	var tree struct{ Contexts []struct{ Context string } }
	f.do("browsingContext.getTree", struct{}{}, &tree)
	f.context = tree.Contexts[0].Context
	f.do("browsingContext.setViewport", map[string]any{"context": f.context, "viewport": map[string]int{"width": 1280, "height": 800}}, nil)
	return f
}

// ask sends a command and waits for its result.
func (f *firefox) ask(ctx context.Context, method string, params, result any) error {
	f.last++
	message, err := json.Marshal(map[string]any{"id": f.last, "method": method, "params": params})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	end, _ := ctx.Deadline()
	if err := f.socket.SetDeadline(end); err != nil {
		return err
	}
	if err := wsutil.WriteClientText(f.socket, message); err != nil {
		return err
	}
	for {
		answer, err := wsutil.ReadServerText(f.socket)
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		var said struct {
			ID             int
			Error, Message string
			Result         json.RawMessage
		}
		if err := json.Unmarshal(answer, &said); err != nil {
			return err
		}
		switch {
		case said.ID != f.last: // an event
		case said.Error != "":
			return fmt.Errorf("%s: %s: %s", method, said.Error, said.Message)
		case result == nil:
			return nil
		default:
			return json.Unmarshal(said.Result, result)
		}
	}
}

func (f *firefox) do(method string, params, result any) {
	f.t.Helper()
	if err := f.ask(f.t.Context(), method, params, result); err != nil {
		f.t.Fatal(err)
	}
}

func (f *firefox) navigate(url string) {
	f.t.Helper()
	f.do("browsingContext.navigate", map[string]any{"context": f.context, "url": url, "wait": "complete"}, nil)
}

// value is what an expression of the page is, as JSON says it.
func (f *firefox) value(expression string, into any) error {
	var said struct {
		Type             string
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	err := f.ask(f.t.Context(), "script.evaluate", map[string]any{
		"expression": "JSON.stringify(" + expression + ") ?? 'null'", "target": map[string]string{"context": f.context}, "awaitPromise": true,
	}, &said)
	if err != nil {
		return err
	}
	if said.Type != "success" {
		return fmt.Errorf("%s: %s", expression, said.ExceptionDetails.Text)
	}
	return json.Unmarshal([]byte(said.Result.Value), into)
}

// until polls an expression of the page until it is true.
func (f *firefox) until(what, expression string) {
	f.t.Helper()
	eventually(f.t, what, func() error {
		var is bool
		if err := f.value("Boolean(window.playground && ("+expression+"))", &is); err != nil {
			return err
		}
		if !is {
			return fmt.Errorf("%s is false", expression)
		}
		return nil
	})
}

type action map[string]any

// drag presses the mouse at the first canvas pixel and moves it over the others.
func (f *firefox) drag(pixels ...[2]int) {
	f.t.Helper()
	var actions []action
	for i, pixel := range pixels {
		var at struct{ X, Y float64 }
		if err := f.value(fmt.Sprintf("playground.screen(%d, %d)", pixel[0], pixel[1]), &at); err != nil {
			f.t.Fatal(err)
		}
		actions = append(actions, action{"type": "pointerMove", "x": int(at.X), "y": int(at.Y)})
		if i == 0 {
			actions = append(actions, action{"type": "pointerDown", "button": 0})
		}
	}
	actions = append(actions, action{"type": "pointerUp", "button": 0})
	f.perform(action{"type": "pointer", "id": "mouse", "actions": actions})
}

func (f *firefox) perform(source action) {
	f.t.Helper()
	f.do("input.performActions", map[string]any{"context": f.context, "actions": []action{source}}, nil)
}

// picture is what the page looks like, as PNG.
func (f *firefox) picture() []byte {
	f.t.Helper()
	var shot struct{ Data string }
	f.do("browsingContext.captureScreenshot", map[string]any{"context": f.context}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		f.t.Fatal(err)
	}
	return png
}

// Goal: the page works in Firefox too. Method: Firefox opens it, draws, takes back, and loads it again; what it draws is on
// the server.
func TestFirefox_DrawsAndTakesBack(t *testing.T) {
	beside(t)
	f := openFirefox(t)
	s := start(t, "--rate", "0")
	f.navigate(s.url + "/#512,512,16")
	f.until("connected", `playground.status === "online" && playground.idle`)
	f.drag([2]int{510, 512}, [2]int{514, 512})
	f.until("the line is drawn", `playground.pending === 0 && [510, 511, 512, 513, 514].every((x) => playground.confirmed(x, 512) === "#000000")`)
	s.has(t, "/api/pixel/512/512", `"#000000"`)
	control := "\ue009"
	f.perform(action{"type": "key", "id": "keys", "actions": []action{
		{"type": "keyDown", "value": control}, {"type": "keyDown", "value": "z"}, {"type": "keyUp", "value": "z"}, {"type": "keyUp", "value": control},
	}})
	f.until("it is taken back", `playground.pending === 0 && playground.confirmed(512, 512) === "#FFFFFF"`)
	s.has(t, "/api/pixel/512/512", `"#FFFFFF"`)
	f.drag([2]int{520, 512}, [2]int{521, 512})
	f.until("another line is drawn", `playground.pending === 0 && playground.confirmed(521, 512) === "#000000"`)
	f.do("browsingContext.reload", map[string]any{"context": f.context, "wait": "complete"}, nil)
	f.until("it is there after a reload", `playground.idle && playground.confirmed(521, 512) === "#000000" && playground.confirmed(512, 512) === "#FFFFFF"`)
	if file := os.Getenv("SCREENSHOT"); file != "" {
		if err := os.WriteFile(file, f.picture(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// has waits until the server's answer contains something.
func (s *server) has(t *testing.T, path, want string) {
	t.Helper()
	eventually(t, path, func() error {
		body, err := get(s.url + path)
		if err == nil && !strings.Contains(string(body), want) {
			err = fmt.Errorf("%s has no %s", body, want)
		}
		return err
	})
}
