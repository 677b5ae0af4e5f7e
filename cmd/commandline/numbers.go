package commandline

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Options have kong read numbers and times as Arguments and Explain expect.
func Options() []kong.Option {
	return []kong.Option{
		kong.KindMapper(reflect.Float64, mapper("must be a number", "100", func(text string) (float64, error) {
			f, err := strconv.ParseFloat(text, 64)
			if math.IsNaN(f) || math.IsInf(f, 0) {
				err = strconv.ErrRange
			}
			return f, err
		})),
		kong.KindMapper(reflect.Int, mapper("must be a whole number", "100", strconv.Atoi)),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), mapper("must be a time with its unit", "10s", time.ParseDuration)),
	}
}

// mapper reads a value, or says what it must be; the example is for flags without a default.
func mapper[T any](must, example string, parse func(string) (T, error)) kong.MapperFunc {
	return func(ctx *kong.DecodeContext, target reflect.Value) error {
		token := ctx.Scan.Pop()
		if !token.IsValue() && !negative().MatchString(token.String()) { // as those within a list may be
			return errNoValue
		}
		value, err := parse(token.String())
		if err != nil {
			if ctx.Value.HasDefault && ctx.Value.Default != "0" {
				example = ctx.Value.Default
			}
			return &unread{token.String(), must, example}
		}
		target.Set(reflect.ValueOf(value).Convert(target.Type()))
		return nil
	}
}

// errNoValue is another flag, or nothing, where a value must be.
var errNoValue = errors.New("missing value")

// negative is how numbers and times below 0 begin.
func negative() *regexp.Regexp { return regexp.MustCompile(`^-[.\d]`) }

// unread is a value that is not of its flag's kind.
type unread struct{ value, must, example string }

func (u *unread) Error() string {
	return fmt.Sprintf("%q: %s, for example %s", u.value, u.must, u.example)
}

// Arguments are a command line in which what follows a flag and begins like a negative number is that flag's value:
// so `--rate -1` is refused for what it says. Kong takes it for a flag -1.
func Arguments(args []string) []string {
	below := negative()
	var joined []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(joined, args[i:]...)
		}
		if strings.HasPrefix(arg, "--") && !strings.Contains(arg, "=") && i+1 < len(args) && below.MatchString(args[i+1]) {
			i++
			arg += "=" + args[i]
		}
		joined = append(joined, arg)
	}
	return joined
}

// Explain says in the words of whoever typed it what is wrong with a command line that kong refuses.
func Explain(err error) error {
	var parse *kong.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	text := parse.Error()
	if said, hint, ok := strings.Cut(text, ", did you mean "); ok && len(strings.Trim(hint, `"?-`)) == 1 {
		return errors.New(said) // that was no slip of the pen
	}
	name, fault, ok := strings.Cut(strings.TrimPrefix(text, "--"), ": ")
	if !ok || !strings.Contains(fault, "EOL") && !strings.Contains(fault, "missing value") && !strings.Contains(fault, "flag)") {
		var value *unread
		if errors.As(err, &value) {
			return fmt.Errorf("--%s %w", name, value)
		}
		return err
	}
	return fmt.Errorf("--%s: a value must follow%s", name, exampleOf(parse.Context, name))
}

// exampleOf is a value that a flag could have; empty: none is known.
func exampleOf(ctx *kong.Context, name string) string {
	if ctx == nil {
		return ""
	}
	for _, flag := range ctx.Flags() {
		switch {
		case flag.Name != name:
		case flag.HasDefault:
			return fmt.Sprintf(", for example --%s %s", name, flag.Default)
		case flag.PlaceHolder != "":
			return fmt.Sprintf(": --%s %s", name, flag.PlaceHolder)
		}
	}
	return ""
}
