// SPDX-License-Identifier: MIT

package contain

import "context"

// Run runs a command in a new ephemeral container with default settings, waits for it, and removes
// the container. When ctx is done first, the command is killed and ctx.Err() returned.
func Run(ctx context.Context, rootfs string, argv []string, options Options) (ExitStatus, error) {
	options.Ephemeral = true
	c, err := New(nil, options)
	if err != nil {
		return ExitStatus{}, err
	}
	defer c.Close()
	if err := c.LoadRootfs(rootfs, argv); err != nil {
		return ExitStatus{}, err
	}
	if err := c.Create(); err != nil {
		return ExitStatus{}, err
	}
	status, err := c.finish(ctx)
	if failed := c.Destroy(true); err == nil {
		err = failed
	}
	return status, err
}

func (c *Container) finish(ctx context.Context) (ExitStatus, error) {
	if err := c.Start(); err != nil {
		return ExitStatus{}, err
	}
	return c.Wait(ctx)
}
