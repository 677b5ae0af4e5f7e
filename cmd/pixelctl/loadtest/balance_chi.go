package loadtest

import "math"

// ChiSquare tests whether counts are as spread as if each of their sum had chosen one of the
// places at random, all being equally likely. It gives Pearson's statistic and the probability of one as
// large or larger by chance (one place: 0 and 1). Counts that are more even than chance would make them give a
// probability near 1.
func ChiSquare(counts []int) (statistic, p float64) {
	total := 0
	for _, n := range counts {
		total += n
	}
	if len(counts) < 2 || total == 0 {
		return 0, 1
	}
	expected := float64(total) / float64(len(counts))
	for _, n := range counts {
		d := float64(n) - expected
		statistic += d * d / expected
	}
	return statistic, upperGamma(float64(len(counts)-1)/2, statistic/2)
}

// upperGamma is the regularized upper incomplete gamma function Q(a, x), for a > 0 and x >= 0: by its
// series where that converges fast, else by its continued fraction (Abramowitz and Stegun, 6.5.29
// and 6.5.31, the latter evaluated as Lentz does). Both are right to 12 digits.
func upperGamma(a, x float64) float64 {
	const enough, steps = 1e-14, 10_000
	if x <= 0 {
		return 1
	}
	logGamma, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(x) - x - logGamma)
	if x < a+1 {
		term := 1 / a
		sum := term
		for n := 1.0; n < steps && term > sum*enough; n++ {
			term *= x / (a + n)
			sum += term
		}
		return max(0, 1-front*sum)
	}
	const tiny = 1e-300 // instead of a zero, which the recurrence would divide by
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	fraction := d
	for n := 1.0; n < steps; n++ {
		an := -n * (n - a)
		b += 2
		d = 1 / orTiny(an*d+b, tiny)
		c = orTiny(b+an/c, tiny)
		fraction *= d * c
		if math.Abs(d*c-1) < enough {
			break
		}
	}
	return front * fraction
}

func orTiny(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}
