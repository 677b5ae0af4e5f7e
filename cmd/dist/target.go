package main

// target is a system that there are programs for.
type target struct{ os, arch string }

func targets() []target {
	return []target{
		{"linux", "amd64"}, {"linux", "arm64"},
		{"darwin", "amd64"}, {"darwin", "arm64"},
		{"windows", "amd64"}, {"windows", "arm64"},
	}
}

func (t target) String() string { return t.os + "_" + t.arch }

// programs are those that work there. The server is for Unix: it is told to stop, and drains, by SIGTERM, which Windows does not
// have, and that it loses nothing in a crash has never been seen there.
func (t target) programs() []string {
	if t.os == "windows" {
		return []string{"pixelctl"}
	}
	return []string{"playground", "pixelctl"}
}

// executable is the file of a program.
func (t target) executable(program string) string {
	if t.os == "windows" {
		return program + ".exe"
	}
	return program
}
