package main

// other is an address to listen at, or none.
func (r *reader) other(setting, text, example string) string {
	if text == "" {
		return ""
	}
	return r.address(setting, text, example)
}
