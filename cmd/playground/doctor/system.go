package doctor

import (
	"context"
	"fmt"

	"pixelplayground/cmd/commandline"
	"pixelplayground/cmd/playground/process"
	"pixelplayground/cmd/playground/settings"
)

// examineSettings says what would run, and what about the settings leaves something open to others. That
// each value makes sense is known already.
func examineSettings(_ context.Context, p patient) []Finding {
	found := []Finding{fine("version", "%v", settings.Versions())}
	kept := fine("settings", "the canvas is %v, kept in %s", p.Geometry, p.KeptIn())
	if len(p.Join) == 0 {
		return append(found, kept)
	}
	if ports, missing := p.Cluster(nil).Exposed(); ports != "" {
		return append(found, kept, warning("settings", fmt.Sprintf("whoever reaches %s is taken for a server", ports),
			fmt.Sprintf("set %s, or let nothing but the servers reach these ports", missing)))
	}
	return append(found, kept)
}

// examineClock compares with what the system knows of its clock. Redis has another one, and is asked where it is examined.
func examineClock(context.Context, patient) []Finding {
	switch is, known := synchronized(); {
	case !known:
		return nil
	case !is:
		return []Finding{warning("clock", "the system does not say that its clock follows others",
			"run chrony, systemd-timesyncd or ntpd: ends of bans, sign-ins and timetables, and the times in the record, go by this clock")}
	}
	return []Finding{fine("clock", "the system says that its clock follows others")}
}

// examineDescriptors compares how many files may be open with how many connections there may be.
func examineDescriptors(_ context.Context, p patient) []Finding {
	need := p.operators
	if p.Gateway {
		need += p.Transport(nil).Descriptors()
	}
	return []Finding{judgeDescriptors(commandline.Descriptors(), process.Descriptors(need))}
}

func judgeDescriptors(limit, need uint64) Finding {
	said := fmt.Sprintf("%d files may be open, and %d may be needed", limit, need)
	if limit < need {
		return warning("descriptors", said, "raise the limit (ulimit -n, LimitNOFILE= in systemd, --ulimit nofile= in Docker) or lower --max-connections")
	}
	return fine("descriptors", "%s", said)
}
