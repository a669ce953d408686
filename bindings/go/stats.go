// SPDX-License-Identifier: MIT

package contain

/*
#include <contain/contain.h>
*/
import "C"

import (
	"encoding/json"
	"unsafe"
)

// Stats is what a container has used and may use. Times are in nanoseconds, sizes in bytes; NoLimit says that
// there is no limit. What the kernel does not tell is zero, or empty.
type Stats struct {
	CPU               CPUStats                  `json:"cpu"`
	CPUSet            CPUSetStats               `json:"cpuset"`
	Memory            MemoryStats               `json:"memory"`
	Pids              PidsStats                 `json:"pids"`
	BlockIO           BlockIOStats              `json:"blkio"`
	HugePages         map[string]HugePagesStats `json:"hugetlb"` // by their size, such as "2MB"
	IntelRdt          IntelRdtStats             `json:"intel_rdt"`
	NetworkInterfaces []NetworkInterfaceStats   `json:"network_interfaces"`
}

// NoLimit is a limit in Stats that is none.
const NoLimit = ^uint64(0)

type CPUStats struct {
	Usage struct {
		Total        uint64   `json:"total"`
		Kernel       uint64   `json:"kernel"`
		User         uint64   `json:"user"`
		Percpu       []uint64 `json:"percpu"`
		PercpuKernel []uint64 `json:"percpu_kernel"`
		PercpuUser   []uint64 `json:"percpu_user"`
	} `json:"usage"`
	Throttling struct {
		Periods          uint64 `json:"periods"`
		ThrottledPeriods uint64 `json:"throttledPeriods"`
		ThrottledTime    uint64 `json:"throttledTime"`
	} `json:"throttling"`
	Burst struct {
		Periods uint64 `json:"burstsPeriods"`
		Time    uint64 `json:"burstTime"`
	} `json:"burst"`
	Pressure *Pressure `json:"psi"`
}

type CPUSetStats struct {
	CPUs                  []uint16 `json:"cpus"`
	CPUExclusive          uint64   `json:"cpu_exclusive"`
	Mems                  []uint16 `json:"mems"`
	MemHardwall           uint64   `json:"mem_hardwall"`
	MemExclusive          uint64   `json:"mem_exclusive"`
	MemoryMigrate         uint64   `json:"memory_migrate"`
	MemorySpreadPage      uint64   `json:"memory_spread_page"`
	MemorySpreadSlab      uint64   `json:"memory_spread_slab"`
	MemoryPressure        uint64   `json:"memory_pressure"`
	SchedLoadBalance      uint64   `json:"sched_load_balance"`
	SchedRelaxDomainLevel int64    `json:"sched_relax_domain_level"`
}

// MemoryEntry counts one kind of memory. Failures is how often the limit was met.
type MemoryEntry struct {
	Limit    uint64 `json:"limit"`
	Usage    uint64 `json:"usage"`
	Max      uint64 `json:"max"`
	Failures uint64 `json:"failcnt"`
}

type MemoryStats struct {
	Cache     uint64            `json:"cache"`
	Usage     MemoryEntry       `json:"usage"`
	Swap      MemoryEntry       `json:"swap"` // memory and swap together
	Kernel    MemoryEntry       `json:"kernel"`
	KernelTCP MemoryEntry       `json:"kernelTCP"`
	Raw       map[string]uint64 `json:"raw"` // memory.stat
	Pressure  *Pressure         `json:"psi"`
}

type PidsStats struct {
	Current uint64 `json:"current"`
	Limit   uint64 `json:"limit"` // 0: none
}

type BlockIOEntry struct {
	Major uint64 `json:"major"`
	Minor uint64 `json:"minor"`
	Op    string `json:"op"`
	Value uint64 `json:"value"`
}

type BlockIOStats struct {
	Bytes       []BlockIOEntry `json:"ioServiceBytesRecursive"`
	Operations  []BlockIOEntry `json:"ioServicedRecursive"`
	Queued      []BlockIOEntry `json:"ioQueueRecursive"`
	ServiceTime []BlockIOEntry `json:"ioServiceTimeRecursive"`
	WaitTime    []BlockIOEntry `json:"ioWaitTimeRecursive"`
	Merged      []BlockIOEntry `json:"ioMergedRecursive"`
	Time        []BlockIOEntry `json:"ioTimeRecursive"`
	Sectors     []BlockIOEntry `json:"sectorsRecursive"`
	Pressure    *Pressure      `json:"psi"`
}

type HugePagesStats struct {
	Usage    uint64 `json:"usage"`
	Max      uint64 `json:"max"`
	Failures uint64 `json:"failcnt"`
}

// Pressure is for how long some, or all, processes waited; nil where the kernel does not tell.
type Pressure struct {
	Some PressureShare `json:"some"`
	Full PressureShare `json:"full"`
}

// PressureShare is in percent over the last seconds, and in microseconds.
type PressureShare struct {
	Avg10  float64 `json:"avg10"`
	Avg60  float64 `json:"avg60"`
	Avg300 float64 `json:"avg300"`
	Total  uint64  `json:"total"`
}

type IntelRdtStats struct {
	L3CacheInfo *struct {
		CbmMask    string `json:"cbm_mask"`
		MinCbmBits uint64 `json:"min_cbm_bits"`
		NumClosids uint64 `json:"num_closids"`
	} `json:"l3_cache_info"`
	L3CacheSchemaRoot string `json:"l3_cache_schema_root"`
	L3CacheSchema     string `json:"l3_cache_schema"`
	MemBwInfo         *struct {
		BandwidthGran uint64 `json:"bandwidth_gran"`
		DelayLinear   uint64 `json:"delay_linear"`
		MinBandwidth  uint64 `json:"min_bandwidth"`
		NumClosids    uint64 `json:"num_closids"`
	} `json:"mem_bw_info"`
	MemBwSchemaRoot string `json:"mem_bw_schema_root"`
	MemBwSchema     string `json:"mem_bw_schema"`
	MBM             []struct {
		TotalBytes uint64 `json:"mbm_total_bytes"`
		LocalBytes uint64 `json:"mbm_local_bytes"`
	} `json:"mbm_stats"`
	CMT []struct {
		LLCOccupancy uint64 `json:"llc_occupancy"`
	} `json:"cmt_stats"`
}

// NetworkInterfaceStats is of a device in the container's network namespace, as seen from there.
type NetworkInterfaceStats struct {
	Name                                    string
	RxBytes, RxPackets, RxErrors, RxDropped uint64
	TxBytes, TxPackets, TxErrors, TxDropped uint64
}

// Stats is what the container has used and may use, for as long as its cgroup is there.
func (c *Container) Stats() (*Stats, error) {
	text, err := c.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_stats_json((*C.contain_t)(p), ret, e)
	})
	if err != nil {
		return nil, err
	}
	stats := new(Stats)
	if err := json.Unmarshal(text, stats); err != nil {
		return nil, err
	}
	return stats, nil
}

// Processes are the pids of all of the container's processes as the caller sees them. For display, as Pid is.
func (c *Container) Processes() ([]int, error) {
	text, err := c.handle.document(func(p unsafe.Pointer, ret **C.char, e **C.contain_error_t) C.int {
		return C.contain_processes_json((*C.contain_t)(p), ret, e)
	})
	if err != nil {
		return nil, err
	}
	var pids []int
	if err := json.Unmarshal(text, &pids); err != nil {
		return nil, err
	}
	return pids, nil
}
