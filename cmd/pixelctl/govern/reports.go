package govern

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
)

// reportsCommand is the command "reports".
type reportsCommand struct {
	List    reportsList    `cmd:"" default:"withargs" help:"Show what users have reported."`
	Claim   reportsClaim   `cmd:"" help:"Tell the others that you see to a report."`
	Resolve reportsResolve `cmd:"" help:"Close a report."`
}

type reportsList struct {
	State string `enum:"open,resolved,all" default:"open" help:"Which: open, resolved or all."`
	JSON  bool   `help:"Print what the server answers, for scripts."`
}

// Run lists reports.
func (r *reportsList) Run(ctx context.Context, o *Operator) error {
	body, err := o.Ask(ctx, http.MethodGet, "reports?state="+url.QueryEscape(r.State), nil)
	if err != nil {
		return err
	}
	if r.JSON {
		_, err = o.Out.Write(body)
		return err
	}
	var all struct {
		Reports []struct {
			ID              string
			Time            int64
			By, User, Words string
			X, Y            int
			Count, Alike    int
			Claim           *struct{ Name, User string }
			Resolved        *struct {
				Act  uint64
				Text string
			}
		}
	}
	if err := read(body, &all); err != nil {
		return err
	}
	table := tabwriter.NewWriter(o.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tWHEN (UTC)\tPLACE\tABOUT\tBY\tALIKE\tSTATE\tWORDS")
	for _, one := range all.Reports {
		state := "open"
		if one.Claim != nil {
			state = "claimed by " + cmp.Or(one.Claim.Name, one.Claim.User, "an operator")
		}
		if one.Resolved != nil {
			state = fmt.Sprintf("resolved by act %d: %s", one.Resolved.Act, one.Resolved.Text)
		}
		by := cmp.Or(one.By, "nobody known")
		if one.Count > 1 {
			by += fmt.Sprintf(" and %d more", one.Count-1)
		}
		fmt.Fprintf(table, "%s\t%s\t%d,%d\t%s\t%s\t%d\t%s\t%s\n", one.ID, clock(one.Time), one.X, one.Y, cmp.Or(one.User, "the place"), by, max(one.Alike, 1), state, one.Words)
	}
	return table.Flush()
}

type reportsClaim struct {
	ID      string `arg:"" help:"Its id, which list shows."`
	Release bool   `help:"Give it back instead."`
}

// Run claims a report.
func (r *reportsClaim) Run(ctx context.Context, o *Operator) error {
	_, err := o.Ask(ctx, http.MethodPost, "reports/"+url.PathEscape(r.ID)+"/claim", map[string]bool{"release": r.Release})
	if err == nil {
		fmt.Fprintf(o.Notes, "report %s is %s\n", r.ID, map[bool]string{false: "yours for 10 minutes", true: "given back"}[r.Release])
	}
	return err
}

type reportsResolve struct {
	ID    string `arg:"" help:"Its id, which list shows, or several with commas between them."`
	Text  string `arg:"" help:"How it was dealt with."`
	Alike bool   `help:"Also all others that came from the same network; list says how many these are."`
}

// Run resolves reports.
func (r *reportsResolve) Run(ctx context.Context, o *Operator) error {
	ids := strings.Split(r.ID, ",")
	said := map[string]any{"ids": ids, "text": r.Text}
	switch {
	case r.Alike && len(ids) > 1:
		return misused("reports resolve", "--alike: takes one id")
	case r.Alike:
		said = map[string]any{"alike": r.ID, "text": r.Text}
	case len(ids) == 1:
		_, err := o.Ask(ctx, http.MethodPost, "reports/"+url.PathEscape(r.ID)+"/resolve", map[string]string{"text": r.Text})
		if err == nil {
			fmt.Fprintf(o.Notes, "report %s is resolved\n", r.ID)
		}
		return err
	}
	body, err := o.Ask(ctx, http.MethodPost, "reports/resolve", said)
	if err != nil {
		return err
	}
	var done struct{ Resolved, Left []string }
	if err := read(body, &done); err != nil {
		return err
	}
	fmt.Fprintf(o.Notes, "%d reports are resolved", len(done.Resolved))
	if len(done.Left) > 0 {
		fmt.Fprintf(o.Notes, "; others see to %d, or have dealt with them", len(done.Left))
	}
	fmt.Fprintln(o.Notes)
	return nil
}
