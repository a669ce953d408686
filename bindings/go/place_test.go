// SPDX-License-Identifier: MIT

package contain

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// TestLoadPlace runs this test program a second time, which becomes a program in place.
func TestLoadPlace(t *testing.T) {
	w := newWorld(t)
	if os.Getenv("CONTAIN_TEST_PLACE") != "" {
		c, err := New(w.ctx, Options{})
		w.check(err)
		w.check(c.LoadPlace(w.rootfs, []string{"sh", "-c", "echo $$ $A; exit 9"}, PlaceOptions{Env: []string{"A=b=c"}, User: "1500:1600"}))
		w.check(c.Become())
		return
	}
	host := exec.Command(os.Args[0], "-test.run=^TestLoadPlace$")
	host.Env = append(os.Environ(), "CONTAIN_TEST_PLACE=1", "TMPDIR="+w.folder) // it cannot clean up
	w.check(os.Chmod(w.folder, 0o755))
	output, err := host.Output()
	var failure *exec.ExitError
	if !errors.As(err, &failure) || failure.ExitCode() != 9 {
		t.Errorf("%v", err)
	}
	if want := strconv.Itoa(host.Process.Pid) + " b=c\n"; string(output) != want {
		t.Errorf("%q, want %q", output, want)
	}
}

func TestLoadPlaceRefusals(t *testing.T) {
	w := newWorld(t)
	c, err := New(w.ctx, Options{})
	w.check(err)
	defer c.Close()
	for _, options := range []PlaceOptions{{User: "nobody-here"}, {Capabilities: []string{"CAP_FLY"}}, {CapProfile: "full"}, {Binds: []string{"x"}}} {
		if err := c.LoadPlace(w.rootfs, []string{"/bin/true"}, options); err == nil {
			t.Errorf("%+v is taken", options)
		}
	}
}
