// Package loadtest measures a running canvas from outside, as its users see it: whether load is
// spread, whether every pixel reaches everyone who looks at it and how soon, and whether all
// agree on what they see. It needs a server's address and nothing else. A Fleet is the crowd of
// clients, a ledger is what each of them was owed and got, and a Report is what a test found.
// cmd/pixelctl parses the flags, calls a test and shows its report; TESTS.md there says how
// each number comes about.
//
// The fleet does not use transport/client: that keeps a view, a replica and two goroutines for
// each client, and decodes every message. Of what 20,000 viewers receive a test must know
// the sequence numbers, and of a pixel whose it is.
package loadtest
