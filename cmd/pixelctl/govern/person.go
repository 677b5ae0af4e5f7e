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

// person is the command "person".
type person struct {
	User somebody `arg:"" help:"The public id of the user."`
	JSON bool     `help:"Print what the server answers, for scripts."`
}

// known is what the servers know of somebody.
type known struct {
	User, Name, Kind, Role string
	Owner                  string // of a bot: the account that has made its key
	Connections            int
	Networks               []canvas.NetworkID
	Seen                   int64 // Unix milliseconds; 0: not known
	Pixels                 []struct {
		X, Y    int
		Time    int64
		Color   string
		Network canvas.NetworkID
	}
	Acts       []*rules.Act
	Reports    []struct{ ID, Words string }
	Incomplete []string
}

// Run shows what is known of somebody.
func (p *person) Run(ctx context.Context, o *Operator) error {
	if p.User.User == 0 {
		return misused("person", "%s is no user", who(rules.Target(p.User)))
	}
	body, err := o.Ask(ctx, http.MethodGet, "people/"+p.User.User.Text(), nil)
	if err != nil {
		return err
	}
	if p.JSON {
		_, err = o.Out.Write(body)
		return err
	}
	var of known
	if err := read(body, &of); err != nil {
		return err
	}
	if len(of.Incomplete) > 0 {
		fmt.Fprintf(o.Notes, "could not be asked now: %s\n", strings.Join(of.Incomplete, ", "))
	}
	return of.print(o)
}

func (k *known) print(o *Operator) error {
	table := tabwriter.NewWriter(o.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "user %s\t%s\n", k.User, k.Name)
	if k.Owner != "" {
		fmt.Fprintf(table, "a key of\tthe account %s, which can make others\n", k.Owner)
	}
	if k.Connections == 0 && k.Role != "" {
		fmt.Fprintf(table, "role\t%s, when they were last here\n", k.Role)
	}
	if k.Connections > 0 {
		fmt.Fprintf(table, "connections\t%d, as a %s with the role %s\n", k.Connections, k.Kind, k.Role)
	}
	if k.Seen != 0 {
		fmt.Fprintf(table, "last seen\t%s\n", clock(k.Seen))
	}
	for _, network := range k.Networks {
		fmt.Fprintf(table, "from\t%s%s\n", networkMark, network.Text())
	}
	for _, pixel := range k.Pixels {
		fmt.Fprintf(table, "drew\t%s at %d,%d, %s\n", pixel.Color, pixel.X, pixel.Y, clock(pixel.Time))
	}
	for _, act := range k.Acts {
		fmt.Fprintf(table, "act %d\t%s, by %s, %s\n", act.N, describe(act), by(act.By), clock(act.Time))
	}
	for _, report := range k.Reports {
		fmt.Fprintf(table, "report %s\t%s\n", report.ID, report.Words)
	}
	return table.Flush()
}
