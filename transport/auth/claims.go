package auth

import (
	"cmp"
	"strings"

	"pixelplayground/actors/canvas"
)

// Claims is what a token or the issuer's userinfo says about an account, decoded from JSON.
type Claims map[string]any

// at returns the claim at a path such as "realm_access.roles". A name may have dots in it, as those
// that are URLs have, so every way to read the path is tried, the longest name first.
func (c Claims) at(path string) (any, bool) {
	if value, ok := c[path]; ok {
		return value, true
	}
	for dot := strings.LastIndexByte(path, '.'); dot > 0; dot = strings.LastIndexByte(path[:dot], '.') {
		if inner, ok := c[path[:dot]].(map[string]any); ok {
			if value, ok := Claims(inner).at(path[dot+1:]); ok {
				return value, true
			}
		}
	}
	return nil, false
}

// text returns a claim that is a string; else "".
func (c Claims) text(name string) string {
	text, _ := c[name].(string)
	return text
}

// name is what the account may be called in front of others. What looks like an e-mail address is not
// for them: some issuers have one in every claim.
func (c Claims) name() string {
	var names [3]string
	for i, claim := range [3]string{"name", "nickname", "preferred_username"} {
		if text := c.text(claim); !strings.Contains(text, "@") {
			names[i] = canvas.CleanName(text)
		}
	}
	return cmp.Or(names[:]...)
}
