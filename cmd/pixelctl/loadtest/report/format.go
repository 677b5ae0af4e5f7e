package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// eventColours is how many kinds of event have a colour of their own; html/report.css
// defines them. Further kinds share the last.
const eventColours = 4

// millis formats a duration in milliseconds with three significant digits.
func millis(ms float64) string {
	switch {
	case ms < 10:
		return fmt.Sprintf("%.2f", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f", ms)
	}
	return Number(int64(math.RoundToEven(ms)))
}

// Number formats a number with its digits grouped by three.
func Number[N int | int64 | uint64](n N) string { return humanize.Comma(int64(n)) }

// Counted formats a number of things: 1 kill, 1,200 kills.
func Counted[N int | int64 | uint64](n N, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return Number(n) + " " + thing
}

// Clock formats a time since the start, given in seconds: 0:07.5, 1:02:03.
func Clock(seconds float64) string {
	tenths := int64(math.Round(seconds * 10))
	s, minutes, hours := tenths/10%60, tenths/600%60, tenths/36000
	text := fmt.Sprintf("%d:%02d", minutes, s)
	if hours > 0 {
		return fmt.Sprintf("%d:%02d:%02d", hours, minutes, s)
	}
	if rest := tenths % 10; rest != 0 {
		text += "." + strconv.FormatInt(rest, 10)
	}
	return text
}

// kindsOf lists the kinds of events, in the order in which they first happened.
func kindsOf(events []Event) []string {
	return distinct(events, func(e Event) string { return e.Kind })
}

// distinct lists what things are called, each name once, in their order.
func distinct[T any](things []T, name func(T) string) (names []string) {
	for _, one := range things {
		if name := name(one); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// kindIndex is the index of the colour that a kind of event has.
func kindIndex(kinds []string, kind string) int {
	return min(slices.Index(kinds, kind), eventColours-1)
}

// figures reports for each column of a table whether it holds numbers. Those are easiest to read
// when aligned to the right.
func figures(t Table) []bool {
	columns := len(t.Header)
	for _, row := range t.Rows {
		columns = max(columns, len(row))
	}
	numeric := make([]bool, columns)
	for i := range numeric {
		for _, row := range t.Rows {
			if i >= len(row) || row[i] == "" || row[i] == "–" {
				continue
			}
			if numeric[i] = strings.ContainsAny(row[i][:1], "+-0123456789"); !numeric[i] {
				break
			}
		}
	}
	return numeric
}

// Span formats a duration for people, in milliseconds up to 10 s.
func Span(d time.Duration) string {
	if d < 10*time.Second {
		return millis(float64(d)/float64(time.Millisecond)) + " ms"
	}
	return millis(d.Seconds()) + " s"
}

// First returns at most the first n elements of a list.
func First[T any](list []T, n int) []T { return list[:min(n, len(list))] }

// Median returns the middle of a sorted list; 0 for an empty one.
func Median[N time.Duration | float64](rising []N) N {
	n := len(rising)
	if n == 0 {
		return 0
	}
	return (rising[(n-1)/2] + rising[n/2]) / 2
}
