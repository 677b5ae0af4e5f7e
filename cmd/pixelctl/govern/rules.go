package govern

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// rulesCommand is the command "rules".
type rulesCommand struct {
	Show rulesShow `cmd:"" help:"Show what is in force, and by which acts."`
	Set  rulesSet  `cmd:"" help:"Set the palette, the timetable, paces, roles, or where the banned turn to."`
}

type rulesShow struct {
	JSON bool `help:"Print what everybody may know of the rules, as the server answers it."`
}

// Run shows the rules.
func (r *rulesShow) Run(ctx context.Context, o *Operator) error {
	body, err := o.Ask(ctx, http.MethodGet, "rules", nil)
	if err != nil {
		return err
	}
	if r.JSON {
		_, err = o.Out.Write(body)
		return err
	}
	var shown rules.Shown
	if err := read(body, &shown); err != nil {
		return err
	}
	chain, err := o.chain(ctx)
	if err != nil {
		return err
	}
	return o.print(&shown, chain)
}

func (o *Operator) print(shown *rules.Shown, chain *rules.Chain) error {
	fmt.Fprintf(o.Out, "version %d; the canvas is %s", shown.Version, shown.State)
	if shown.Until != 0 {
		fmt.Fprintf(o.Out, " until %s", clock(shown.Until))
	}
	fmt.Fprintln(o.Out)
	for _, phase := range shown.Phases {
		fmt.Fprintf(o.Out, "from %s  %s%s\n", clock(phase.From), phase.State, phasePace(phase.Pace))
	}
	if len(shown.Palette) > 0 {
		colors := make([]string, len(shown.Palette))
		for i, c := range shown.Palette {
			colors[i] = c.String()
		}
		fmt.Fprintf(o.Out, "palette %s\n", strings.Join(colors, " "))
	}
	table := tabwriter.NewWriter(o.Out, 0, 0, 2, ' ', 0)
	if acts := chain.Rules().InForce(o.Now()); len(acts) > 0 {
		fmt.Fprintln(table, "ACT\tSINCE (UTC)\tBY\tWHAT\tWHY")
		for _, act := range acts {
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", act.N, clock(act.Time), by(act.By), describe(act), act.Why)
		}
	}
	return table.Flush()
}

func phasePace(p *canvas.Pace) string {
	if p == nil {
		return ""
	}
	return "  " + pace(p)
}

// rulesSet are the commands "rules set".
type rulesSet struct {
	Palette   setPalette   `cmd:"" help:"Let only some colours be placed, or any."`
	Timetable setTimetable `cmd:"" help:"Say when the canvas opens and closes, from a file."`
	Pace      setPace      `cmd:"" help:"Say how fast those of a role may draw."`
	Role      setRole      `cmd:"" help:"Give somebody a role."`
	Appeal    setAppeal    `cmd:"" help:"Say where the banned turn to."`
}

type setPalette struct {
	Colors []colorText `arg:"" optional:"" help:"The colours, for example '#FF0000' '#00FF00'."`
	Any    bool        `help:"Any colour."`
	why
}

type colorText canvas.Color

// UnmarshalText reads it.
func (c *colorText) UnmarshalText(text []byte) error { return (*canvas.Color)(c).UnmarshalText(text) }

// Run sets the palette.
func (s *setPalette) Run(ctx context.Context, o *Operator) error {
	if s.Any == (len(s.Colors) > 0) {
		return misused("rules set palette", "give the colours, or --any")
	}
	act := rules.Act{Do: rules.SetPalette}
	for _, c := range s.Colors {
		act.Colors = append(act.Colors, canvas.Color(c))
	}
	return o.decide(ctx, act, s.why)
}

type setTimetable struct {
	File string `arg:"" type:"existingfile" help:"A phase a line: when it begins, open, frozen or white-out, and if need be how fast guests and members may draw then: pixels per second, and how many at once."`
	why
}

// Run sets the timetable.
func (s *setTimetable) Run(ctx context.Context, o *Operator) error {
	phases, err := readTimetable(s.File)
	if err != nil {
		return err
	}
	return o.decide(ctx, rules.Act{Do: rules.SetTimetable, Phases: phases}, s.why)
}

type setPace struct {
	Role  string  `arg:"" enum:"guest,member,moderator,owner" help:"guest, member, moderator or owner."`
	Rate  float64 `required:"" placeholder:"PIXELS" help:"Pixels per second in the long run; 0 for no limit."`
	Burst int     `placeholder:"PIXELS" default:"1" help:"How many at once, after a pause."`
	why
}

// Run sets the pace of a role.
func (s *setPace) Run(ctx context.Context, o *Operator) error {
	return o.decide(ctx, rules.Act{Do: rules.SetPace, Role: canvas.RoleNamed(s.Role), Pace: &canvas.Pace{Rate: s.Rate, Burst: s.Burst}}, s.why)
}

type setRole struct {
	User somebody `arg:"" help:"The public id of a user."`
	Role string   `arg:"" enum:"guest,member,moderator,owner" help:"guest, member, moderator or owner."`
	why
}

// Run gives a role.
func (s *setRole) Run(ctx context.Context, o *Operator) error {
	target := rules.Target(s.User)
	if target.User == 0 {
		return misused("rules set role", "%s is no user: a role is somebody's", who(target))
	}
	return o.decide(ctx, rules.Act{Do: rules.SetRole, Target: &target, Role: canvas.RoleNamed(s.Role)}, s.why)
}

type setAppeal struct {
	Text string `arg:"" help:"An address or a page, which the banned are shown."`
	why
}

// Run sets where the banned turn to.
func (s *setAppeal) Run(ctx context.Context, o *Operator) error {
	return o.decide(ctx, rules.Act{Do: rules.SetAppeal, Text: s.Text}, s.why)
}
