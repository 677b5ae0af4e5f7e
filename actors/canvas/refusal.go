package canvas

// Refusal is why an op was not carried out. The numbers are those of PROTOCOL.md.
type Refusal uint8

const (
	RefusedRate        Refusal = 1
	RefusedBounds      Refusal = 2
	RefusedBusy        Refusal = 3
	RefusedUnavailable Refusal = 4
	RefusedUnknown     Refusal = 5
	RefusedDraining    Refusal = 6
	RefusedOrder       Refusal = 7
	RefusedRegion      Refusal = 8
	RefusedUnsure      Refusal = 9
	RefusedRights      Refusal = 10
	RefusedFrozen      Refusal = 11
	RefusedProtected   Refusal = 12
	RefusedColor       Refusal = 13
	RefusedBanned      Refusal = 14

	// LastRefusal is the highest of them.
	LastRefusal = RefusedBanned
)

// String is the stable name, for metrics and logs.
func (r Refusal) String() string {
	names := [...]string{"none", "rate", "bounds", "busy", "unavailable", "unknown", "draining", "order", "region", "unsure", "rights", "frozen", "protected", "color", "banned"}
	if int(r) < len(names) {
		return names[r]
	}
	return "invalid"
}

// Text explains the refusal to a person who draws.
func (r Refusal) Text() string {
	switch r {
	case RefusedRate:
		return "You are drawing faster than this canvas allows"
	case RefusedBounds:
		return "That pixel is off the canvas"
	case RefusedBusy:
		return "The server is busy, try again in a moment"
	case RefusedUnavailable:
		return "The canvas can't be saved right now"
	case RefusedDraining:
		return "This server is restarting"
	case RefusedRights:
		return "You may not draw here: sign in, if you have not"
	case RefusedFrozen:
		return "The canvas is closed for drawing"
	case RefusedProtected:
		return "This part of the canvas is protected"
	case RefusedColor:
		return "That colour is not one of this canvas"
	case RefusedBanned:
		return "You have been banned from this canvas"
	case RefusedUnsure:
		return "It is not known whether that was saved: the canvas shows it if it was"
	default:
		return "The server did not accept that"
	}
}
