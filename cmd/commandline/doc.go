// Package commandline is what the programs of cmd have in common before they do anything: it reads
// their command lines, numbers and times within the bounds that the flags' tags give, says how to fix
// what can't be read, and knows which version runs and how many files it may open. The flags are each
// program's own business.
package commandline
