// SPDX-License-Identifier: MIT

package contain

import (
	"reflect"
	"testing"
)

func TestStats(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{}, "/bin/sleep", "1000")
	stats, err := c.Stats()
	w.check(err)
	if stats.Pids.Current != 1 || stats.Memory.Usage.Usage == 0 || stats.Memory.Usage.Limit == 0 {
		t.Errorf("stats %+v", stats)
	}
	if len(stats.Memory.Raw) == 0 || len(stats.CPUSet.CPUs) == 0 {
		t.Errorf("stats %+v", stats)
	}
	if len(stats.NetworkInterfaces) == 0 || stats.NetworkInterfaces[0].Name != "lo" {
		t.Errorf("interfaces %+v", stats.NetworkInterfaces)
	}
}

func TestStatsTooEarly(t *testing.T) {
	w := newWorld(t)
	c := w.container(Options{}, "/bin/sleep", "1000")
	_, err := c.Stats()
	expectError(t, err, ErrStatus)
	_, err = c.Processes()
	expectError(t, err, ErrStatus)
}

func TestProcesses(t *testing.T) {
	w := newWorld(t)
	c := w.started(Options{}, "/bin/sleep", "1000")
	pids, err := c.Processes()
	w.check(err)
	if !reflect.DeepEqual(pids, []int{c.Pid()}) {
		t.Errorf("processes %v, want %d", pids, c.Pid())
	}
}
