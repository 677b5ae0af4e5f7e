//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/client"
)

// operator runs pixelctl as somebody who has the admin token.
type operator struct {
	t   *testing.T
	url string
}

func (o *operator) run(args ...string) (out, notes string, err error) {
	cmd := exec.CommandContext(o.t.Context(), filepath.Join(binaries, "pixelctl"), args...)
	var said, noted bytes.Buffer
	cmd.Env = append(os.Environ(), "PIXELCTL_ADMIN_TOKEN="+operatorsToken, "PIXELCTL_TARGET="+o.url)
	cmd.Stdout, cmd.Stderr = &said, &noted
	err = cmd.Run()
	return said.String(), noted.String(), err
}

// does runs what must succeed, and returns what it prints.
func (o *operator) does(args ...string) string {
	o.t.Helper()
	out, notes, err := o.run(args...)
	if err != nil {
		o.t.Fatalf("pixelctl %q: %v\n%s%s", args, err, out, notes)
	}
	return out
}

// fails runs what must fail and say why.
func (o *operator) fails(why string, args ...string) {
	o.t.Helper()
	if out, notes, err := o.run(args...); err == nil || !strings.Contains(notes, why) {
		o.t.Errorf("pixelctl %q: %v\n%s%s; want %q", args, err, out, notes, why)
	}
}

// TestPixelctl_Governs. Goal: what an operator decides with pixelctl is obeyed at once, taken back, there after kill -9, and
// verified against a head that was noted before it. Method: a server, a client that draws, every kind of act.
func TestPixelctl_Governs(t *testing.T) {
	beside(t)
	s := start(t, append(operators(), "--record", "on")...)
	o := &operator{t, s.url}
	ada := dial(t, client.Config{URLs: []string{s.ws()}, Name: "Ada"})
	place := func(x uint16, color canvas.Color) error {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		return ada.Place(ctx, []canvas.Dot{{X: x, Y: 5, Color: color}})
	}
	placed := func(x uint16, color canvas.Color, want canvas.Refusal) {
		t.Helper()
		err := place(x, color)
		var refused *client.RefusedError
		if want == 0 && err != nil || want != 0 && (!errors.As(err, &refused) || refused.Code != want) {
			t.Errorf("place %s at %d,5: %v, want %s", color, x, err, want)
		}
	}
	placed(1, 0xFF0000, 0)
	o.does("freeze", "--why", "to look at it")
	placed(2, 0xFF0000, canvas.RefusedFrozen)
	o.does("open")
	placed(2, 0xFF0000, 0)
	o.does("rules", "set", "palette", "#FF0000", "#0000FF")
	placed(3, 0x00FF00, canvas.RefusedColor)
	placed(3, 0x0000FF, 0)
	o.does("protect", "10,0,20,20", "--label", "Flag")
	placed(15, 0xFF0000, canvas.RefusedProtected)
	placed(40, 0xFF0000, 0)
	looks := func(x uint16, want canvas.Color) {
		t.Helper()
		eventually(t, "the pixel has the colour", func() error {
			if is, err := readPixel(s.url, [2]uint16{x, 5}); err != nil || is != want {
				return fmt.Errorf("%d,5 is %s, want %s, error %v", x, is, want, err)
			}
			return nil
		})
	}
	if would := o.does("rollback", "--dry-run", "--area", "40,5,1,1", "--from", "1h"); !strings.Contains(would, "1 pixels at 40,5,1,1") {
		t.Errorf("a rollback would change: %s", would)
	}
	looks(40, 0xFF0000)
	o.does("rollback", "--area", "40,5,1,1", "--from", "1h")
	looks(40, canvas.Background)
	o.does("undo", "5")
	looks(40, 0xFF0000)
	noted := strings.TrimSpace(o.does("audit", "verify"))

	s.kill()
	s.restart()
	placed(15, 0xFF0000, canvas.RefusedProtected)
	o.does("unprotect", "Flag")
	placed(15, 0xFF0000, 0)
	o.does("undo", "3") // the palette
	placed(3, 0x00FF00, 0)
	o.fails("is taken back by act", "undo", "3")
	o.does("ban", "127.0.0.0/8", "--why", "bots", "--until", "1h")
	if err := place(50, 0xFF0000); err == nil {
		t.Error("who is banned draws")
	}
	o.does("unban", "127.0.0.0/8")
	if shown := o.does("rules", "show"); strings.Contains(shown, "ACT") {
		t.Errorf("all was taken back, but there are rules:\n%s", shown)
	}
	if head := o.does("audit", "verify", "--head", noted); !strings.HasPrefix(head, "10:") {
		t.Errorf("the head is %s", head)
	}
	file := filepath.Join(t.TempDir(), "acts")
	changed := strings.Replace(o.does("audit", "export"), "to look at it", "no reason", 1)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	o.fails("broken at act 2: act 1 before it was changed", "audit", "verify", file)
}
