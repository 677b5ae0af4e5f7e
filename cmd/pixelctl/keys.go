package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"pixelplayground/cmd/pixelctl/govern"
)

// keysCommand is the command "keys".
type keysCommand struct {
	Create createKey `cmd:"" help:"Make a key for a bot or a display, and print it: it is never shown again."`
	List   listKeys  `cmd:"" help:"Show all keys, also those that people have made on the page."`
	Revoke revokeKey `cmd:"" help:"End a key, and the connections that use it."`
}

type createKey struct {
	Label string        `arg:"" help:"What the key is called, as others see it."`
	Scope []string      `placeholder:"SCOPE" default:"draw" help:"What its holder may do: watch, draw or moderate."`
	Rate  *float64      `placeholder:"PIXELS" help:"Pixels per second that it may place in the long run, 0 for no limit. Default: as a member."`
	Burst int           `placeholder:"PIXELS" help:"Pixels that it may place at once. It needs --rate."`
	Lasts time.Duration `placeholder:"TIME" help:"When it ends by itself, for example 720h. Default: never."`
	JSON  bool          `help:"Print what the server answers, for scripts."`
}

type listKeys struct {
	JSON bool `help:"Print what the server answers, for scripts."`
}

type revokeKey struct {
	ID string `arg:"" help:"Its id, which list shows; or the key itself."`
}

// keyReport is a key as the server shows it.
type keyReport struct {
	ID      string   `json:"id"`
	Key     string   `json:"key"`
	Name    string   `json:"name"`
	Scopes  []string `json:"scopes"`
	User    string   `json:"user"`
	Owner   string   `json:"owner"`
	Created int64    `json:"created"` // Unix ms
	Until   int64    `json:"until"`   // Unix ms; 0: for good
	Rate    *float64 `json:"rate"`    // nil: as its role
	Burst   int      `json:"burst"`
	Used    int64    `json:"lastUsed"` // Unix ms; 0: never
}

// Run makes a key.
func (c *createKey) Run(ctx context.Context, o *govern.Operator, std streams) error {
	wanted := map[string]any{"name": c.Label, "scopes": c.Scope, "rate": c.Rate, "burst": c.Burst}
	if c.Lasts < 0 {
		return &usageError{error: fmt.Errorf("--lasts %s: must be more than 0", c.Lasts), command: "keys create "}
	}
	if c.Lasts > 0 {
		wanted["until"] = time.Now().Add(c.Lasts).UnixMilli()
	}
	body, err := o.Ask(ctx, http.MethodPost, "keys", wanted)
	if err != nil {
		return err
	}
	if c.JSON {
		_, err = std.out.Write(body)
		return err
	}
	var made keyReport
	if err := json.Unmarshal(body, &made); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	fmt.Fprintf(std.err, "key %s of %q, whose pixels are those of user %s; it is shown only now:\n", made.ID, made.Name, made.User)
	_, err = fmt.Fprintln(std.out, made.Key)
	return err
}

// Run lists the keys.
func (c *listKeys) Run(ctx context.Context, o *govern.Operator, std streams) error {
	body, err := o.Ask(ctx, http.MethodGet, "keys", nil)
	if err != nil {
		return err
	}
	if c.JSON {
		_, err = std.out.Write(body)
		return err
	}
	var all struct{ Keys []keyReport }
	if err := json.Unmarshal(body, &all); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return printKeys(std.out, all.Keys)
}

func printKeys(out io.Writer, keys []keyReport) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tUSER\tSCOPES\tPACE\tMADE BY\tMADE\tENDS\tLAST USED")
	for _, k := range keys {
		pace, owner, ends, used := "as its role", "an account", "never", "never"
		switch {
		case k.Rate != nil && *k.Rate == 0:
			pace = "no limit"
		case k.Rate != nil:
			pace = fmt.Sprintf("%g/s, %d at once", *k.Rate, k.Burst)
		}
		if k.Owner == "" {
			owner = "an operator"
		}
		if k.Until != 0 {
			ends = day(k.Until)
		}
		if k.Used != 0 {
			used = day(k.Used)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.User, strings.Join(k.Scopes, ","), pace, owner, day(k.Created), ends, used)
	}
	return table.Flush()
}

func day(unixMilli int64) string { return time.UnixMilli(unixMilli).UTC().Format("2006-01-02 15:04") }

// Run revokes a key.
func (c *revokeKey) Run(ctx context.Context, o *govern.Operator, std streams) error {
	id := c.ID
	const prefix, idLength = "pp_", 16
	if rest, whole := strings.CutPrefix(id, prefix); whole && len(rest) > idLength {
		id = rest[:idLength]
	}
	if _, err := o.Ask(ctx, http.MethodPost, "keys/revoke", map[string]string{"id": id}); err != nil {
		return err
	}
	fmt.Fprintf(std.err, "key %s revoked\n", id)
	return nil
}
