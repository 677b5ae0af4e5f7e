// Command npm writes the npm package of the JavaScript client: npm FILE VERSION. `make npm` runs
// it.
package main

import (
	"fmt"
	"os"

	"pixelplayground/transport/client/javascript"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: npm FILE VERSION, for example npm client.tgz 1.2.3")
		os.Exit(2)
	}
	packed, err := javascript.Pack(os.Args[2])
	if err == nil {
		err = os.WriteFile(os.Args[1], packed, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
