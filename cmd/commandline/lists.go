package commandline

import (
	"fmt"
	"strconv"
	"strings"
)

// Numbers reads count numbers with commas between them.
func Numbers(text string, count int) ([]int, error) {
	var list []int
	for field := range strings.SplitSeq(text, ",") {
		if n, err := strconv.ParseUint(strings.TrimSpace(field), 10, 16); err == nil {
			list = append(list, int(n))
		}
	}
	if len(list) != count || strings.Count(text, ",") != count-1 {
		return nil, fmt.Errorf("%q must be %d whole numbers from 0 on", text, count)
	}
	return list, nil
}
