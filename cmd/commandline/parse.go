package commandline

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Parse reads a command line into flags; more is what kong is told besides. It returns neither a
// context nor an error if the line was a question (--help, --version), which is answered on out.
func Parse(flags any, args []string, out, complaints io.Writer, more ...kong.Option) (*kong.Context, error) {
	answered := false
	parser, err := kong.New(flags, append([]kong.Option{
		kong.Vars{"version": Version()}, kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 110}), kong.ValueFormatter(help),
		kong.Writers(out, complaints), kong.Exit(func(int) { answered = true }),
	}, more...)...)
	if err != nil {
		return nil, fmt.Errorf("describe flags: %w", err)
	}
	parsed, err := parser.Parse(Arguments(args))
	if answered {
		return nil, nil
	}
	return parsed, err
}

// help adds to a flag's help its default and its environment variable.
func help(value *kong.Value) string {
	var notes []string
	if value.HasDefault && !value.IsBool() {
		notes = append(notes, "default "+value.Default)
	}
	for _, variable := range value.Tag.Envs {
		notes = append(notes, "$"+variable)
	}
	if len(notes) == 0 {
		return value.Help
	}
	return value.Help + " [" + strings.Join(notes, ", ") + "]"
}
