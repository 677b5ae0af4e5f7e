package main

import (
	"fmt"
	"unicode/utf8"

	"pixelplayground/transport/api"
)

// token is not shown, wrong or not.
func (r *reader) token(setting, text string) string {
	if text != "" && utf8.RuneCountInString(text) < api.MinAdminToken {
		r.refuse(setting, "(hidden)", fmt.Sprintf("must have at least %d characters", api.MinAdminToken), "$(openssl rand -hex 24)")
	}
	return text
}

// other is an address to listen at, or none.
func (r *reader) other(setting, text, example string) string {
	if text == "" {
		return ""
	}
	return r.address(setting, text, example)
}
