// Command server is an S3 server for tests: Versity's gateway with a directory behind it, and
// without what else it brings. It ends when stdin does.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/middlewares"
)

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: server HOST:PORT DIRECTORY DIRECTORY-OF-ATTRIBUTES ACCESS-KEY SECRET-KEY")
		os.Exit(2)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if err := serve(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address, dir, attributes, access, secret string) error {
	// Beside the files, because not every file system of a temporary directory has attributes.
	beside, err := meta.NewSideCar(attributes)
	if err != nil {
		return err
	}
	files, err := posix.New(dir, beside, posix.PosixOpts{SideCarDir: attributes})
	if err != nil {
		return err
	}
	root := auth.Account{Access: access, Secret: secret, Role: auth.RoleAdmin}
	server, err := s3api.New(files, middlewares.RootUserConfig{Access: access, Secret: secret}, "us-east-1",
		auth.NewIAMServiceSingle(root), nil, nil, nil, nil,
		s3api.WithQuiet(), s3api.WithConcurrencyLimiter(1000, 1000), s3api.WithMpMaxParts(10000))
	if err != nil {
		return err
	}
	return server.ServeMultiPort([]string{address})
}
