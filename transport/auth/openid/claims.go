// Package openid is what others say about accounts, and how far they are believed: an OpenID provider,
// which is asked how it wants to be asked, and the tokens that a site signs. The roles of people follow
// from the claims of either.
package openid

import (
	"cmp"
	"strings"
	"time"

	"pixelplayground/actors/canvas"
)

// Claims is what a token or the issuer's userinfo says about an account, decoded from JSON.
type Claims map[string]any

// At returns the claim at a path such as "realm_access.roles". A name may have dots in it, as those
// that are URLs have, so every way to read the path is tried, the longest name first.
func (c Claims) At(path string) (any, bool) {
	if value, ok := c[path]; ok {
		return value, true
	}
	for dot := strings.LastIndexByte(path, '.'); dot > 0; dot = strings.LastIndexByte(path[:dot], '.') {
		if inner, ok := c[path[:dot]].(map[string]any); ok {
			if value, ok := Claims(inner).At(path[dot+1:]); ok {
				return value, true
			}
		}
	}
	return nil, false
}

// Text returns a claim that is a string; else "".
func (c Claims) Text(name string) string {
	text, _ := c[name].(string)
	return text
}

// Name is what the account may be called in front of others. What looks like an e-mail address is not
// for them: some issuers have one in every claim.
func (c Claims) Name() string {
	var names [3]string
	for i, claim := range [3]string{"name", "nickname", "preferred_username"} {
		if text := c.Text(claim); !strings.Contains(text, "@") {
			names[i] = canvas.CleanName(text)
		}
	}
	return cmp.Or(names[:]...)
}

// MaxSubject is the longest name that an issuer may give an account (OpenID Connect Core, section 2),
// in bytes.
const MaxSubject = 255

// ClockSkew is how much the clocks of two computers may differ.
const ClockSkew = time.Minute

// Excerpt shortens what a stranger has sent to what is useful in the log.
func Excerpt(text string) string {
	const most = 200 // bytes
	return text[:min(len(text), most)]
}
