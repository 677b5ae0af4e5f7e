package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"pixelplayground/cmd/pixelctl/loadtest/report"
	"pixelplayground/cmd/pixelctl/loadtest/target"
)

// clusterCommand is the command "cluster".
type clusterCommand struct {
	Regions bool `help:"List every region, not only how many each member has."`
	JSON    bool `help:"Print what the server answers, for scripts."`
}

// clusterReport is the part of /api/cluster's answer that is printed.
type clusterReport struct {
	Node    string `json:"node"`
	Users   int    `json:"users"`
	Canvas  string `json:"canvas"`
	Members []struct {
		ID       string    `json:"id"`
		Name     string    `json:"name"`
		Roles    []string  `json:"roles"`
		Version  string    `json:"version"`
		Draining bool      `json:"draining"`
		Aside    bool      `json:"aside"`
		StoreOK  *bool     `json:"store_ok"` // nil: the server does not report it
		Started  time.Time `json:"started"`
		Answers  bool      `json:"answers"`
		Users    int       `json:"users"`
		Regions  int       `json:"regions"`
	} `json:"members"`
	Regions []regionReport `json:"regions"`
}

type regionReport struct {
	Region int    `json:"region"`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	Owner  string `json:"owner"`
	State  string `json:"state"`
	Epoch  uint64 `json:"epoch"`
	Seq    uint64 `json:"seq"`
	Relays int    `json:"relays"`
	Ops    int    `json:"pending_ops"`
}

// Run prints the members and what they own.
func (c *clusterCommand) Run(ctx context.Context, s *server, std streams) error {
	body, err := s.ask(ctx, "/api/cluster")
	if err != nil {
		return err
	}
	if c.JSON {
		_, err = std.out.Write(body)
		return err
	}
	var report clusterReport
	if err := json.Unmarshal(body, &report); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return report.print(std.out, c.Regions, time.Now())
}

func (r *clusterReport) print(out io.Writer, regions bool, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MEMBER\tID\tROLES\tSTATE\tUP\tUSERS\tREGIONS\tVERSION")
	names := make(map[string]string, len(r.Members))
	for _, m := range r.Members {
		names[m.ID] = m.Name
		state := "serving"
		switch {
		case !m.Answers:
			state = "no answer"
		case m.Draining:
			state = "draining"
		case m.Aside:
			state = "aside, no store"
		case m.StoreOK != nil && !*m.StoreOK:
			state = "no store"
		}
		up := now.Sub(m.Started).Round(time.Second)
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n", m.Name, m.ID, strings.Join(m.Roles, ","), state, up, m.Users, m.Regions, m.Version)
	}
	if regions {
		fmt.Fprintln(table, "\nREGION\tAT\tOWNER\tSTATE\tEPOCH\tSEQ\tRELAYS\tPENDING")
		slices.SortFunc(r.Regions, func(a, b regionReport) int { return a.Region - b.Region })
		for _, region := range r.Regions {
			fmt.Fprintf(table, "%d\t%d,%d\t%s\t%s\t%d\t%d\t%d\t%d\n", region.Region, region.X, region.Y,
				names[region.Owner], region.State, region.Epoch, region.Seq, region.Relays, region.Ops)
		}
	}
	fmt.Fprintf(table, "\n%s, %s in use of a canvas of %s, %s\n",
		report.Counted(len(r.Members), "member"), report.Counted(len(r.Regions), "region"), r.Canvas, report.Counted(r.Users, "user"))
	return table.Flush()
}

// ask gets a path over HTTP from the first target that answers.
func (s *server) ask(ctx context.Context, path string) (body []byte, err error) {
	targets, err := target.Parse(s.Target)
	if err != nil {
		return nil, &usageError{error: err, command: "cluster "}
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	for _, url := range targets {
		err = target.Get(ctx, target.Site(url)+path, func(answer io.Reader) (err error) {
			body, err = io.ReadAll(io.LimitReader(answer, mostAnswer))
			return err
		})
		if err == nil {
			return body, nil
		}
	}
	return nil, fmt.Errorf("%w; is the server running, and --target right?", err)
}

// mostAnswer bounds how much of an answer is read, in bytes: a report on all regions of the largest
// canvas is a tenth of that.
const mostAnswer = 16 << 20
