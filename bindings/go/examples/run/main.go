// SPDX-License-Identifier: MIT

// Runs a command over the host's own root, read-only: run COMMAND [ARGUMENT]...
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"libcontain/contain"
)

func main() {
	c, err := contain.New(nil, contain.Options{Ephemeral: true})
	check(err)
	defer c.Close()
	check(c.LoadRootfs("/", os.Args[1:]))
	check(c.Create())
	check(c.Start())
	status, err := c.Wait(context.Background())
	check(err)
	fmt.Println(status)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
