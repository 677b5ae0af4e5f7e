package govern

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/actors/rules"
)

// readTimetable reads a timetable from a file.
func readTimetable(file string) ([]rules.Phase, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	phases, err := parseTimetable(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return phases, nil
}

// parseTimetable reads a phase a line: "2026-12-01T10:00:00Z open 0.2 6". What follows # is a comment.
func parseTimetable(text []byte) (phases []rules.Phase, err error) {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		said, _, _ := strings.Cut(string(line), "#")
		fields := strings.Fields(said)
		if len(fields) == 0 {
			continue
		}
		phase, err := parsePhase(fields)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		phases = append(phases, phase)
	}
	if len(phases) == 0 {
		return nil, errors.New("there are no phases in it, for example: 2026-12-01T10:00:00Z open")
	}
	return phases, nil
}

func parsePhase(fields []string) (phase rules.Phase, err error) {
	from, err := time.Parse(time.RFC3339, fields[0])
	if err != nil {
		return phase, fmt.Errorf("%q must be a time like 2026-12-01T10:00:00Z", fields[0])
	}
	if len(fields) != 2 && len(fields) != 4 {
		return phase, errors.New("a phase is a time, a state, and perhaps pixels per second and how many at once: 2026-12-01T10:00:00Z open 0.2 6")
	}
	phase = rules.Phase{From: from.UnixMilli(), State: rules.State(fields[1])}
	if phase.State != rules.Open && phase.State != rules.Frozen && phase.State != rules.WhiteOut {
		return phase, fmt.Errorf("%q must be open, frozen or white-out", fields[1])
	}
	if len(fields) == 4 {
		rate, rateErr := strconv.ParseFloat(fields[2], 64)
		burst, burstErr := strconv.Atoi(fields[3])
		if rateErr != nil || burstErr != nil {
			return phase, fmt.Errorf("%q must be pixels per second and how many at once, for example 0.2 6", fields[2]+" "+fields[3])
		}
		phase.Pace = &canvas.Pace{Rate: rate, Burst: burst}
	}
	return phase, nil
}
