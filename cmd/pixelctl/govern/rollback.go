package govern

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"

	"pixelplayground/actors/rules"
)

// rollback is the command "rollback".
type rollback struct {
	Of     []somebody `placeholder:"WHO" help:"Whose pixels: a user's public id, or network:ID. May be given several times. Default: everybody's."`
	Area   place      `placeholder:"X,Y,W,H" help:"Where, for example 10,20,300,200. Default: everywhere."`
	From   moment     `placeholder:"TIME" help:"Those that were placed after it, for example 2h for the last two hours, or 2026-12-01T12:00:00Z."`
	To     moment     `placeholder:"TIME" help:"Those that were placed up to it. Default: now."`
	DryRun bool       `help:"Only say what would be done."`
	Before string     `placeholder:"FILE" help:"Save a picture of the place as it is, as a PNG."`
	After  string     `placeholder:"FILE" help:"Save one of it as it will be."`
	why
}

// preview is what a rollback would do.
type preview struct {
	Pixels  int
	Unknown int
	// Protected pixels stay since who asks may not draw there.
	Protected int
	Users     []struct {
		User, Name string
		Pixels     int
	}
	Area          struct{ X, Y, Width, Height int }
	Before, After string // data: URLs
	Selection     rules.Selection
}

// Run rolls back, or says what that would do.
func (r *rollback) Run(ctx context.Context, o *Operator) error {
	wanted, err := r.selection(o)
	if err != nil {
		return err
	}
	body, err := o.Ask(ctx, http.MethodPost, "rollbacks/preview", map[string]any{"selection": wanted})
	if err != nil {
		return err
	}
	var found preview
	if err := read(body, &found); err != nil {
		return err
	}
	if err := found.save(r.Before, r.After); err != nil {
		return err
	}
	if r.DryRun && r.JSON {
		_, err = o.Out.Write(body)
		return err
	}
	if err := found.print(o, r.DryRun); err != nil || r.DryRun || found.Pixels == 0 {
		return err
	}
	return o.decide(ctx, rules.Act{Do: rules.Rollback, Selection: &found.Selection}, r.why)
}

func (r *rollback) selection(o *Operator) (rules.Selection, error) {
	s := rules.Selection{X: r.Area.x, Y: r.Area.y, Width: r.Area.width, Height: r.Area.height, From: r.From.before(o.Now()), To: r.To.before(o.Now())}
	for _, one := range r.Of {
		switch {
		case one.User != 0:
			s.Users = append(s.Users, one.User)
		case one.Network != 0:
			s.Networks = append(s.Networks, one.Network)
		default:
			return s, misused("rollback", "--of: addresses are not recorded: give a user's id, or network:ID")
		}
	}
	switch {
	case s.Width == 0 && (s.X != 0 || s.Y != 0):
		return s, misused("rollback", "--area: %d,%d has no size: give x,y,width,height", s.X, s.Y)
	case len(s.Users)+len(s.Networks) == 0 && s.Width == 0 && s.From == 0:
		return s, misused("rollback", "say what to roll back: --of somebody, in an --area, --from a time on, or several of these")
	}
	return s, nil
}

func (p *preview) print(o *Operator, dry bool) error {
	to := o.Notes
	if dry {
		to = o.Out
	}
	if p.Protected > 0 {
		fmt.Fprintf(to, "%d pixels would stay: they are in protected areas where you may not draw\n", p.Protected)
	}
	if p.Unknown > 0 {
		fmt.Fprintf(to, "%d pixels would stay: it is not known what was there before\n", p.Unknown)
	}
	if p.Pixels == 0 {
		why := ": no such pixels are the last ones of their places"
		if p.Unknown > 0 {
			why = ""
		}
		_, err := fmt.Fprintln(to, "nothing would change"+why)
		return err
	}
	fmt.Fprintf(to, "%d pixels at %d,%d,%d,%d get back the colours of before; they are of:\n", p.Pixels, p.Area.X, p.Area.Y, p.Area.Width, p.Area.Height)
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, user := range p.Users {
		fmt.Fprintf(table, "%s\t%d pixels\t%s\n", user.User, user.Pixels, user.Name)
	}
	return table.Flush()
}

// save writes the pictures into files; "": into none.
func (p *preview) save(before, after string) error {
	for _, picture := range []struct{ file, url string }{{before, p.Before}, {after, p.After}} {
		if picture.file == "" || picture.url == "" {
			continue
		}
		_, text, _ := strings.Cut(picture.url, ",")
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !bytes.HasPrefix(data, []byte("\x89PNG")) {
			return fmt.Errorf("the server's picture is none")
		}
		if err := os.WriteFile(picture.file, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
