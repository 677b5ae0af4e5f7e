package govern

import (
	"context"
	"fmt"
	"iter"
	"os"
	"text/tabwriter"

	"pixelplayground/actors/rules"
)

// auditCommand is the command "audit".
type auditCommand struct {
	List   auditList   `cmd:"" default:"withargs" help:"Show the last acts: who decided what, when and why."`
	Export auditExport `cmd:"" help:"Write all acts as they are stored, one a line, to verify them elsewhere."`
	Verify auditVerify `cmd:"" help:"Prove that no act was changed, left out or put elsewhere."`
}

type auditList struct {
	Limit int  `placeholder:"N" default:"50" help:"How many, the last first."`
	JSON  bool `help:"Print the acts as they are stored, one a line."`
}

// Run lists acts.
func (a *auditList) Run(ctx context.Context, o *Operator) error {
	if a.Limit < 1 || a.Limit > actsAtOnce {
		return misused("audit list", "--limit %d: must be 1 to %d; 'audit export' has all", a.Limit, actsAtOnce)
	}
	page, err := o.page(ctx, 0, a.Limit)
	if err != nil {
		return err
	}
	if a.JSON {
		return o.write(page)
	}
	table := tabwriter.NewWriter(o.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ACT\tWHEN (UTC)\tBY\tROLE\tVIA\tWHAT\tWHY")
	for _, stored := range page {
		act, err := rules.Decode(stored)
		if err != nil {
			return fmt.Errorf("read the acts: %w; 'pixelctl audit verify' says more", err)
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", act.N, clock(act.Time), by(act.By), act.By.Role, act.By.Via, describe(act), act.Why)
	}
	return table.Flush()
}

func (o *Operator) write(acts [][]byte) error {
	for _, stored := range acts {
		if _, err := fmt.Fprintf(o.Out, "%s\n", stored); err != nil {
			return err
		}
	}
	return nil
}

type auditExport struct{}

// Run exports all acts.
func (a *auditExport) Run(ctx context.Context, o *Operator) error {
	stored, err := o.acts(ctx)
	if err != nil {
		return err
	}
	return o.write(stored)
}

type auditVerify struct {
	File string `arg:"" optional:"" type:"existingfile" help:"What 'audit export' wrote. Default: the acts of the server."`
	Head string `placeholder:"N:HASH" help:"What an earlier 'audit verify' printed: all up to that must be there, and the same."`
}

// Run verifies the chain.
func (a *auditVerify) Run(ctx context.Context, o *Operator) error {
	var known rules.Head
	var err error
	if a.Head != "" {
		if known, err = rules.ParseHead(a.Head); err != nil {
			return misused("audit verify", "--head: %w", err)
		}
	}
	stored, err := a.acts(ctx, o)
	if err != nil {
		return err
	}
	head, err := rules.Verify(inOrder(stored), known)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Notes, "%d acts, and each follows the one before", head.N)
	if known.N > 0 {
		fmt.Fprintf(o.Notes, "; act %d is the one that was noted", known.N)
	}
	fmt.Fprintln(o.Notes, ". Note the head, to verify later with --head that they are still the same:")
	_, err = fmt.Fprintln(o.Out, head)
	return err
}

func (a *auditVerify) acts(ctx context.Context, o *Operator) ([][]byte, error) {
	if a.File == "" {
		return o.acts(ctx)
	}
	text, err := os.ReadFile(a.File)
	return lines(text), err
}

func inOrder(acts [][]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, act := range acts {
			if !yield(act, nil) {
				return
			}
		}
	}
}
