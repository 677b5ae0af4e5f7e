// Package loadtest measures a running canvas from outside, as its users see it: whether clients are
// spread over the servers (balance), whether every pixel reaches everyone who looks at it and how soon (stress), and
// whether the servers stay as small as they were (soak). It needs a server's address and nothing else. Below it are the tests
// chaos and contend, and what all of them are made of: the crowd of clients (fleet, crew), what each of them was owed
// (ledger), and what a test found (report). cmd/pixelctl parses the flags, calls a test and shows its report; TESTS.md
// there says how each number comes about.
package loadtest
