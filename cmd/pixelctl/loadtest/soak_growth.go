package loadtest

import (
	"math"
	"slices"

	"pixelplayground/cmd/pixelctl/loadtest/report"
)

const (
	// soakLeast is how many samples the second half of a test must have, so that a single odd one,
	// for example during a garbage collection, does not decide.
	soakLeast = 20
	// soakAllowed is how much a quantity may rise during the second half, as a fraction of its
	// level. That covers its own fluctuations over the hours of a soak.
	soakAllowed = 0.1
	// soakPairs bounds the samples that are compared in pairs, to a million comparisons.
	soakPairs = 1500
)

// growth is how a quantity changed in the second half of a test. The first half is ignored: that is
// when caches and pools fill.
type growth struct {
	Samples int     // in the second half
	Level   float64 // their median
	Slope   float64 // per second
	Rise    float64 // slope times the length of the second half
}

// growthOf measures growth; at must be rising.
func growthOf(at, y []float64) growth {
	if len(at) == 0 {
		return growth{}
	}
	middle := (at[0] + at[len(at)-1]) / 2
	first, _ := slices.BinarySearch(at, middle)
	at, y = at[first:], y[first:]
	g := growth{Samples: len(at), Level: report.Median(slices.Sorted(slices.Values(y))), Slope: theilSen(at, y)}
	g.Rise = g.Slope * (at[len(at)-1] - at[0])
	return g
}

// enough reports whether there were enough samples to say anything.
func (g growth) enough() bool { return g.Samples >= soakLeast }

// allowed is how much the quantity may rise: soakAllowed of its level, or floor if that is more.
func (g growth) allowed(floor float64) float64 { return max(soakAllowed*g.Level, floor) }

// theilSen is the median of the slopes between all pairs of points: up to 29% of them may be
// arbitrarily wrong (P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau",
// 1968). It is 0 when there are no two points at different times.
func theilSen(at, y []float64) float64 {
	step := int(math.Ceil(float64(len(at)) / soakPairs))
	var slopes []float64
	for i := 0; i < len(at); i += step {
		for j := i + step; j < len(at); j += step {
			if at[j] > at[i] {
				slopes = append(slopes, (y[j]-y[i])/(at[j]-at[i]))
			}
		}
	}
	slices.Sort(slopes)
	return report.Median(slopes)
}
