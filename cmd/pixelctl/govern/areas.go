package govern

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// protect is the command "protect".
type protect struct {
	Place place      `arg:"" help:"Where: x,y,width,height, for example 10,20,300,200. With --mask, the upper left corner is enough: 10,20."`
	Mask  string     `placeholder:"FILE" type:"existingfile" help:"A PNG that says which pixels count: the opaque ones or, if all are opaque, the dark ones."`
	Label string     `placeholder:"TEXT" help:"What the area is called, for people."`
	Least string     `enum:"member,moderator,owner" default:"moderator" help:"The least role that may draw there: member, moderator or owner."`
	User  []somebody `placeholder:"ID" help:"Users who may draw there too, by their public ids."`
	Until moment     `placeholder:"TIME" help:"When it ends by itself, for example 24h. Default: never."`
	why
}

// Run protects an area.
func (p *protect) Run(ctx context.Context, o *Operator) error {
	area := rules.Area{Name: p.Label, X: p.Place.x, Y: p.Place.y, Width: p.Place.width, Height: p.Place.height, Least: canvas.RoleNamed(p.Least)}
	for _, user := range p.User {
		if user.User == 0 {
			return misused("protect", "--user: %s is no user", who(rules.Target(user)))
		}
		area.Users = append(area.Users, user.User)
	}
	switch {
	case p.Mask != "":
		if err := o.sendMask(ctx, p.Mask, &area); err != nil {
			return err
		}
	case area.Width == 0:
		return misused("protect", "%d,%d has no size: give x,y,width,height, or --mask", area.X, area.Y)
	}
	return o.decide(ctx, rules.Act{Do: rules.Protect, Area: &area, Until: p.Until.after(o.Now())}, p.why)
}

// sendMask gives the servers a mask, and the area its name and size.
func (o *Operator) sendMask(ctx context.Context, file string, area *rules.Area) error {
	picture, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	body, err := o.ask(ctx, request{method: http.MethodPost, path: "masks", body: picture, kind: "image/png"})
	if err != nil {
		return fmt.Errorf("send %s: %w", file, err)
	}
	var mask struct {
		Name                  string
		Width, Height, Pixels int
	}
	if err := read(body, &mask); err != nil {
		return err
	}
	if area.Width != 0 && (area.Width != mask.Width || area.Height != mask.Height) {
		return misused("protect", "--mask: the picture has %dx%d pixels, and the area %dx%d", mask.Width, mask.Height, area.Width, area.Height)
	}
	area.Mask, area.Width, area.Height = mask.Name, mask.Width, mask.Height
	fmt.Fprintf(o.Notes, "%d of the %d pixels of %s count\n", mask.Pixels, mask.Width*mask.Height, file)
	return nil
}

// unprotect is the command "unprotect".
type unprotect struct {
	Area string `arg:"" help:"The area's name, or the number of the act that protects it."`
	why
}

// Run ends protecting an area.
func (u *unprotect) Run(ctx context.Context, o *Operator) error {
	chain, err := o.chain(ctx)
	if err != nil {
		return err
	}
	var acts []*rules.Act
	for _, act := range chain.Rules().InForce(o.Now()) {
		if act.Do == rules.Protect && (act.Area.Name == u.Area || strconv.FormatUint(act.N, 10) == u.Area) {
			acts = append(acts, act)
		}
	}
	if len(acts) == 0 {
		return fmt.Errorf("%w: no area %q is protected; 'pixelctl rules show' lists those that are", errNothing, u.Area)
	}
	return o.takeBack(ctx, acts, u.why)
}
