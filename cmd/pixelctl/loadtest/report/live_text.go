package report

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// barColumns is the width of the progress bar.
	barColumns = 24
	// sparkLowest and sparkHighest are where the sparkline begins and is full, in
	// milliseconds. They do not follow the values, so that the same height always means the
	// same, and each of its 8 steps is 3 times the one before.
	sparkLowest, sparkHighest = 1.0, 3000.0
)

// lines is the display of a terminal with so many columns.
func (s Status) lines(rates []float64, spark string, columns int) []string {
	first := []string{s.Phase, s.bar(), s.time()}
	if s.Clients > 0 {
		first = append(first, s.crowd())
	}
	if s.Note != "" {
		first = append(first, s.Note)
	}
	second := s.rates(rates)
	if strings.TrimSpace(spark) != "" {
		second = append(second, spark+" "+millis(s.Latency)+" ms")
	}
	return []string{cut(strings.Join(first, "  "), columns), cut(strings.Join(second, "  "), columns)}
}

// plain is the line where there is no terminal.
func (s Status) plain(rates []float64) string {
	parts := []string{}
	if s.Clients > 0 {
		parts = append(parts, s.crowd())
	}
	parts = append(parts, s.rates(rates)...)
	if s.Latency > 0 {
		parts = append(parts, "latency "+millis(s.Latency)+" ms")
	}
	if s.Note != "" {
		parts = append(parts, s.Note)
	}
	return s.Phase + " " + s.time() + ": " + strings.Join(parts, ", ")
}

func (s Status) crowd() string {
	return fmt.Sprintf("%s of %s clients", Number(s.Connected), Number(s.Clients))
}

func (s Status) rates(rates []float64) (texts []string) {
	for i, c := range s.Counts {
		texts = append(texts, fmt.Sprintf("%s %s/s", Number(int64(math.Round(rates[i]))), c.Name))
	}
	return texts
}

func (s Status) time() string {
	elapsed := Clock(s.Elapsed.Truncate(time.Second).Seconds())
	if s.Total == 0 {
		return elapsed
	}
	return elapsed + " of " + Clock(s.Total.Truncate(time.Second).Seconds())
}

// bar is how much of the phase is over. Without an end it is empty.
func (s Status) bar() string {
	full := 0
	if s.Total > 0 {
		full = int(min(1, max(0, s.Elapsed.Seconds()/s.Total.Seconds())) * barColumns)
	}
	return strings.Repeat("█", full) + strings.Repeat("░", barColumns-full)
}

// sparkline draws durations in milliseconds as blocks, on a log scale: a blank is none, the lowest is
// sparkLowest or less, the highest sparkHighest or more.
func sparkline(values []float64) string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	line := make([]rune, len(values))
	for i, v := range values {
		if math.IsNaN(v) || v <= 0 {
			line[i] = ' '
			continue
		}
		part := math.Log(v/sparkLowest) / math.Log(sparkHighest/sparkLowest)
		line[i] = blocks[int(min(1, max(0, part))*float64(len(blocks)-1)+0.5)]
	}
	return string(line)
}

// cut keeps a line within so many columns: all characters used here take one.
func cut(text string, columns int) string {
	if columns < 1 {
		return ""
	}
	if utf8.RuneCountInString(text) <= columns {
		return text
	}
	return string([]rune(text)[:columns-1]) + "…"
}
