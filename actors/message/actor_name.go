// Package message is what actors of different pods say to each other, and the names by which they
// find each other. It knows neither the actors nor the form in which their messages travel: that is
// cluster/wire. Whoever is sent a message must not change it, since others may have been sent the
// same.
package message

import (
	"encoding/hex"
	"strconv"
	"strings"

	"pixelplayground/actors/canvas"
)

// Kind is a kind of actor, for statistics.
type Kind int

// The kinds of actor.
const (
	KindConnection Kind = iota
	KindRelay
	KindRegion
	KindPresence
	KindRoster
	KindInspector
	KindPlacer
	KindAllowance
	KindArchivist
	KindRules
	KindCount // how many there are
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{KindConnection, KindRelay, KindRegion, KindPresence, KindRoster, KindInspector, KindPlacer, KindAllowance, KindArchivist, KindRules}
}

// String is the stable name of the kind, for metrics, logs and actor names.
func (k Kind) String() string {
	return [...]string{"connection", "relay", "region", "presence", "roster", "inspector", "placer", "allowance", "archivist", "rules"}[k]
}

// Names by which pods find each other's actors: a name and an address make a PID.
const (
	PresenceName  = "presence"
	InspectorName = "inspector"
	RulesName     = "rules"
	AllowanceName = "allowance" // the front of a pod's allowances, whose names begin with it
)

// RegionName is the name of a region's actor.
func RegionName(id canvas.RegionID) string {
	return KindRegion.String() + "/" + strconv.Itoa(int(id))
}

// AllowancePath is the name of a subject's allowance.
func AllowancePath(s canvas.Subject) string { return AllowanceName + "/" + hex.EncodeToString(s[:]) }

// AllowanceOf reads the subject from the name of its allowance.
func AllowanceOf(name string) (s canvas.Subject, ok bool) {
	digits, ok := strings.CutPrefix(name, AllowanceName+"/")
	if !ok || len(digits) != hex.EncodedLen(len(s)) {
		return s, false
	}
	_, err := hex.Decode(s[:], []byte(digits))
	return s, err == nil
}

// KindOf reads the kind from an actor's name: "region/12" or "connection/3f".
func KindOf(name string) (kind Kind, known bool) {
	name, _, _ = strings.Cut(name, "/")
	for _, k := range Kinds() {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}
