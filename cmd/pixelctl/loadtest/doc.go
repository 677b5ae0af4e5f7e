// Package loadtest measures a running canvas from outside, as its users see it: whether clients are
// spread over the servers (balance), whether every pixel reaches everyone who looks at it and how
// soon (stress), and whether the servers stay as small as they were (soak). It needs a server's
// address and nothing else. Its subfolders hold the tests chaos and contend, and what all tests are
// made of: the crowd of clients (fleet, crew), what each client was owed (ledger), and what a test
// found (report). cmd/pixelctl parses the flags, calls a test and shows its report; its TESTS.md
// says how each number is measured.
package loadtest
