// Package answer is what the answers of the HTTP API have in common: their form, whom they are
// for, how long that client may take, and that those who ask at the same time share one.
package answer
