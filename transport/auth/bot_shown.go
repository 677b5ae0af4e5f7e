package auth

import (
	"time"

	"pixelplayground/actors/canvas"
	"pixelplayground/transport/auth/botkey"
)

// KeyWanted is what is asked for of a new key.
type KeyWanted struct {
	Name   string         `json:"name"`
	Scopes []botkey.Scope `json:"scopes"`
	Until  int64          `json:"until"` // Unix ms; 0: for good
	Rate   *float64       `json:"rate"`
	Burst  int            `json:"burst"`
}

func (k KeyWanted) key() botkey.Key {
	key := botkey.Key{Name: k.Name, Scopes: k.Scopes, Rate: k.Rate, Burst: k.Burst}
	if k.Until != 0 {
		key.Until = max(1, time.UnixMilli(k.Until).Unix()) // 1 has passed long ago: check says so
	}
	return key
}

// KeyShown is a key as its owner or an operator sees it: all but its hash.
type KeyShown struct {
	ID      string         `json:"id"`
	Secret  string         `json:"key,omitempty"` // only once, when it is made
	Name    string         `json:"name"`
	Scopes  []botkey.Scope `json:"scopes"`
	User    string         `json:"user"`            // public id of who has it
	Owner   string         `json:"owner,omitempty"` // subject of the account that made it; empty: an operator
	Created int64          `json:"created"`         // Unix ms
	Until   int64          `json:"until,omitempty"` // Unix ms; 0: for good
	Rate    *float64       `json:"rate,omitempty"`  // as in botkey.Key
	Burst   int            `json:"burst,omitempty"`
	Used    int64          `json:"lastUsed,omitempty"` // Unix ms, at most botkey.ToldEvery ago if it is in use; 0: never
}

// UsedKey is a key, and when it was last in use.
type UsedKey struct {
	botkey.Key
	used int64 // Unix seconds; 0: never
}

// keysShown answers a list of keys.
type keysShown struct {
	Keys []KeyShown `json:"keys"`
}

func (p *People) show(key botkey.Key) KeyShown {
	shown := KeyShown{ID: key.ID, Name: key.Name, Scopes: key.Scopes, Owner: key.Owner, Created: unixMilli(key.Made), Until: unixMilli(key.Until), Rate: key.Rate, Burst: key.Burst}
	if keys := p.keys.Load(); keys != nil {
		shown.User = keys.subject(canvas.Bot, []byte(key.ID)).User(canvas.Bot).Text()
	}
	return shown
}

func (p *People) showAll(keys []UsedKey) []KeyShown {
	shown := make([]KeyShown, len(keys))
	for i, key := range keys {
		shown[i] = p.show(key.Key)
		shown[i].Used = unixMilli(key.used)
	}
	return shown
}

func unixMilli(seconds int64) int64 { return time.Unix(seconds, 0).UnixMilli() }
