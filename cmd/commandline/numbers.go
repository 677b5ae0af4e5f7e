package commandline

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Options have kong read numbers and times as Arguments and Explain expect. A flag's tags min and max
// bound its value, above is what the value must exceed, and why says why.
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

// mapper reads a value, or reports what the value must be. The error of a flag without a default
// shows the example.
func mapper[T int | float64 | time.Duration](must, example string, parse func(string) (T, error)) kong.MapperFunc {
	return func(ctx *kong.DecodeContext, target reflect.Value) error {
		token := ctx.Scan.Pop()
		if !token.IsValue() && !negative().MatchString(token.String()) { // negative numbers within a list arrive as such
			return errNoValue
		}
		value, err := parse(token.String())
		if err != nil {
			if ctx.Value.HasDefault && ctx.Value.Default != "0" {
				example = ctx.Value.Default
			}
			return &unread{strconv.Quote(token.String()), must, example}
		}
		if must := outside(value, ctx.Value.Tag, parse); must != "" {
			return &unread{token.String(), must, ctx.Value.Default}
		}
		target.Set(reflect.ValueOf(value).Convert(target.Type()))
		return nil
	}
}

// outside says what a value must be, if it is not within the bounds that its flag's tags give.
func outside[T int | float64 | time.Duration](value T, tag *kong.Tag, parse func(string) (T, error)) (must string) {
	for _, bound := range []struct {
		tag, must string
		allows    func(limit T) bool
	}{
		{"min", "at least", func(limit T) bool { return value >= limit }},
		{"max", "at most", func(limit T) bool { return value <= limit }},
		{"above", "more than", func(limit T) bool { return value > limit }},
	} {
		text := tag.Get(bound.tag)
		if limit, err := parse(text); err == nil && !bound.allows(limit) {
			must = "must be " + bound.must + " " + text
			if why := tag.Get("why"); why != "" {
				must += ": " + why
			}
		}
	}
	return must
}

// errNoValue reports another flag, or nothing, where a value must be.
var errNoValue = errors.New("missing value")

// negative matches the beginning of numbers and times below 0.
func negative() *regexp.Regexp { return regexp.MustCompile(`^-[.\d]`) }

// unread is the error for a value that is not of its flag's kind.
type unread struct{ value, must, example string }

func (u *unread) Error() string {
	text := u.value + ": " + u.must
	if u.example != "" {
		text += ", for example " + u.example
	}
	return text
}

// Arguments joins a flag with a negative number that follows it: `--rate -1` becomes `--rate=-1`,
// and is refused because of its value. Otherwise Kong would take -1 for a flag.
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

// Explain says what is wrong with a command line that kong refuses, in the words of the user who
// typed it.
func Explain(err error) error {
	var parse *kong.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	text := parse.Error()
	if said, hint, ok := strings.Cut(text, ", did you mean "); ok && len(strings.Trim(hint, `"?-`)) == 1 {
		return errors.New(said) // a hint of a single letter: the user did not mistype that flag
	}
	if flag, ok := strings.CutPrefix(text, "unknown flag --"); ok {
		return withLike(err, parse.Context, flag)
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

// exampleOf returns a value that the flag could have, or "" if none is known.
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

// likely is how many flags are suggested at most.
const likely = 3

// withLike adds the flags that have a word in common with an unknown one. Flags with a letter or two
// mistyped have been suggested by kong.
func withLike(err error, ctx *kong.Context, unknown string) error {
	if ctx == nil || strings.Contains(unknown, ",") { // it ends with kong's own suggestion
		return err
	}
	words := strings.FieldsFunc(unknown, func(r rune) bool { return r == '-' || r == '_' })
	var like []string
	for _, flag := range ctx.Flags() {
		shared := func(word string) bool { return slices.Contains(words, word) }
		if !flag.Hidden && len(like) < likely && slices.ContainsFunc(strings.Split(flag.Name, "-"), shared) {
			like = append(like, "--"+flag.Name)
		}
	}
	if len(like) == 0 {
		return err
	}
	return fmt.Errorf("%w, did you mean %s?", err, strings.Join(like, " or "))
}
