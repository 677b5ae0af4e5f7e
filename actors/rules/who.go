package rules

import "pixelplayground/actors/canvas"

// WhoIs is a person as the rules know them. Somebody who is known by their session has no User in it.
func WhoIs(p canvas.Person) Who {
	return Who{User: p.User, Known: p.User != 0, Owner: p.Owner(), Network: p.From, Address: p.Address, Role: p.Role, Most: p.Most}
}
