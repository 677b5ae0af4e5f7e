package settings

import (
	"strconv"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
)

// maxCooldown is as long as the slowest pace that the actors take.
const maxCooldown = 24 * time.Hour

// paces is how fast each role may place pixels.
func (r *reader) paces(o Options) (paces [canvas.RoleOwner + 1]canvas.Pace) {
	pace := canvas.Pace{Rate: r.rate("rate", o.Rate, "200"), Burst: r.count("burst", o.Burst, maxBurst, "2000")}
	stack := r.count("stack", o.Stack, maxBurst, "6")
	if o.Cooldown != "" {
		pace = cooldown(r.duration("cooldown", o.Cooldown, maxCooldown, "5s"), stack)
	}
	var given [canvas.RoleOwner + 1]*canvas.Pace
	for _, entry := range strings.Split(o.Allowance, ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		name, text, _ := strings.Cut(entry, "=")
		role, known := roleOf(name)
		own, ok := parsePace(text)
		if !known || !ok {
			r.refuse("allowance", o.Allowance, "must be of guest, member, moderator and owner, each with =PIXELS/s:BURST, =TIME:STACK or =0", "member=20/s:200,moderator=2s:10")
			break
		}
		given[role] = &own
	}
	for role := range paces {
		if given[role] != nil {
			pace = *given[role]
		}
		paces[role] = pace
	}
	return paces
}

func roleOf(name string) (canvas.Role, bool) {
	for role := canvas.RoleGuest; role <= canvas.RoleOwner; role++ {
		if role.String() == name {
			return role, true
		}
	}
	return 0, false
}

func cooldown(every time.Duration, stack int) canvas.Pace {
	return canvas.Pace{Rate: 1 / every.Seconds(), Burst: stack}
}

// parsePace reads "20/s:200", "2s:10" or "0".
func parsePace(text string) (canvas.Pace, bool) {
	if text == "0" {
		return canvas.Pace{}, true
	}
	pace, saved, _ := strings.Cut(text, ":")
	burst, err := strconv.Atoi(saved)
	if err != nil || burst < 1 || burst > maxBurst {
		return canvas.Pace{}, false
	}
	if pixels, ok := strings.CutSuffix(pace, "/s"); ok {
		rate, err := strconv.ParseFloat(pixels, 64)
		return canvas.Pace{Rate: rate, Burst: burst}, err == nil && rate >= 0.01 && rate <= 1e9
	}
	every, err := time.ParseDuration(pace)
	if err != nil || every <= 0 || every > maxCooldown {
		return canvas.Pace{}, false
	}
	return cooldown(every, burst), true
}
