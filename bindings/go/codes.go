// SPDX-License-Identifier: MIT

package contain

// #include <contain/contain.h>
import "C"

import "fmt"

// Code says what went wrong. The numbers are permanent; their order means nothing.
// A Code is an error, to be given to errors.Is.
type Code int

// The call itself.
const (
	ErrNoMemory    Code = C.CONTAIN_E_NO_MEMORY   // out of memory
	ErrArgument    Code = C.CONTAIN_E_ARGUMENT    // an argument is not acceptable
	ErrForked      Code = C.CONTAIN_E_FORKED      // the handle belongs to another process
	ErrBusy        Code = C.CONTAIN_E_BUSY        // too late or too early for this call on this handle
	ErrTimeout     Code = C.CONTAIN_E_TIMEOUT     // the time given is over
	ErrSystem      Code = C.CONTAIN_E_SYSTEM      // a system call failed that should not have
	ErrUnsupported Code = C.CONTAIN_E_UNSUPPORTED // the kernel or this build lacks what is asked for
	ErrCancelled   Code = C.CONTAIN_E_CANCELLED   // the caller gave the call up
)

// Containers and their state.
const (
	ErrID          Code = C.CONTAIN_E_ID           // not a valid container id
	ErrExists      Code = C.CONTAIN_E_EXISTS       // a container with this id exists
	ErrNotFound    Code = C.CONTAIN_E_NOT_FOUND    // no container has this id
	ErrStatus      Code = C.CONTAIN_E_STATUS       // the container is not in the status the call needs
	ErrNotRunning  Code = C.CONTAIN_E_NOT_RUNNING  // the container's process has ended
	ErrState       Code = C.CONTAIN_E_STATE        // the state directory or a record in it is unusable
	ErrExitUnknown Code = C.CONTAIN_E_EXIT_UNKNOWN // the exit status was taken by another process
	ErrKeeper      Code = C.CONTAIN_E_KEEPER       // there is no keeper, or it cannot do what is asked
)

// The configuration.
const (
	ErrBundle    Code = C.CONTAIN_E_BUNDLE    // the bundle cannot be read
	ErrJSON      Code = C.CONTAIN_E_JSON      // not JSON, or beyond the limits
	ErrType      Code = C.CONTAIN_E_TYPE      // a value of the wrong type
	ErrMissing   Code = C.CONTAIN_E_MISSING   // a required member is missing
	ErrValue     Code = C.CONTAIN_E_VALUE     // a value outside of what is allowed
	ErrDuplicate Code = C.CONTAIN_E_DUPLICATE // given twice where once is allowed
	ErrConflict  Code = C.CONTAIN_E_CONFLICT  // contradicts another part of the configuration
)

// Building the container.
const (
	ErrSpawn     Code = C.CONTAIN_E_SPAWN     // the first process cannot be started
	ErrNamespace Code = C.CONTAIN_E_NAMESPACE // a namespace cannot be made or joined
	ErrIDMap     Code = C.CONTAIN_E_IDMAP     // ids cannot be mapped
	ErrRootfs    Code = C.CONTAIN_E_ROOTFS    // the root file system is unusable
	ErrMount     Code = C.CONTAIN_E_MOUNT     // a mount failed
	ErrPath      Code = C.CONTAIN_E_PATH      // a path inside leads nowhere, or out
	ErrDevice    Code = C.CONTAIN_E_DEVICE    // a device cannot be supplied
	ErrConsole   Code = C.CONTAIN_E_CONSOLE   // the terminal cannot be set up
	ErrHook      Code = C.CONTAIN_E_HOOK      // a hook failed or took too long
	ErrCgroup    Code = C.CONTAIN_E_CGROUP    // a cgroup cannot be made, set, joined or read
	ErrSysctl    Code = C.CONTAIN_E_SYSCTL    // a kernel parameter cannot be set
	ErrLimit     Code = C.CONTAIN_E_LIMIT     // a resource limit or a scheduling value cannot be set
	ErrIdentity  Code = C.CONTAIN_E_IDENTITY  // ids, groups or capabilities cannot be set
	ErrSecurity  Code = C.CONTAIN_E_SECURITY  // a security label or attribute cannot be set
	ErrSeccomp   Code = C.CONTAIN_E_SECCOMP   // the seccomp filter is refused
	ErrNetwork   Code = C.CONTAIN_E_NETWORK   // a network device cannot be set up
	ErrCwd       Code = C.CONTAIN_E_CWD       // the working directory is unusable
	ErrProgram   Code = C.CONTAIN_E_PROGRAM   // the program is absent or cannot be executed
	ErrLost      Code = C.CONTAIN_E_LOST      // the container's first process died while being set up

	ErrCheckpoint Code = C.CONTAIN_E_CHECKPOINT // a container cannot be checkpointed, or not be restored
)

// Images.
const (
	ErrSource   Code = C.CONTAIN_E_SOURCE   // what an image is to be taken from is absent or cannot be read
	ErrImage    Code = C.CONTAIN_E_IMAGE    // an image is damaged, too big, or of a kind that is not understood
	ErrDigest   Code = C.CONTAIN_E_DIGEST   // content is not what its digest or its size says
	ErrUnpack   Code = C.CONTAIN_E_UNPACK   // what is in an image cannot be written
	ErrSize     Code = C.CONTAIN_E_SIZE     // an image is beyond the limits that were given
	ErrRegistry Code = C.CONTAIN_E_REGISTRY // a registry or daemon cannot be reached, or refuses
	ErrStore    Code = C.CONTAIN_E_STORE    // the content store is unusable
	ErrDeploy   Code = C.CONTAIN_E_DEPLOY   // a release cannot be made, switched to or removed
)

func (c Code) Error() string {
	return fmt.Sprintf("contain: CT-%d", int(c))
}

// Cause is the part of the world that an error is due to: who has to change something.
type Cause int

// The values of Cause.
const (
	CauseOther     Cause = C.CONTAIN_CAUSE_OTHER     // none of these, or not known
	CauseConfig    Cause = C.CONTAIN_CAUSE_CONFIG    // the configuration, or what it names
	CauseKernel    Cause = C.CONTAIN_CAUSE_KERNEL    // the kernel lacks what is asked for
	CausePrivilege Cause = C.CONTAIN_CAUSE_PRIVILEGE // the caller lacks a right
	CauseBuild     Cause = C.CONTAIN_CAUSE_BUILD     // this build of the library lacks what is asked for
)

// Status of a container (runtime-spec, runtime.md, "State").
type Status int

// The values of Status.
const (
	StatusNone     Status = C.CONTAIN_STATUS_NONE // not created, or destroyed
	StatusCreating Status = C.CONTAIN_STATUS_CREATING
	StatusCreated  Status = C.CONTAIN_STATUS_CREATED
	StatusRunning  Status = C.CONTAIN_STATUS_RUNNING
	StatusStopped  Status = C.CONTAIN_STATUS_STOPPED
	StatusPaused   Status = C.CONTAIN_STATUS_PAUSED
)

var statusWords = [...]string{"none", "creating", "created", "running", "stopped", "paused"}

func (s Status) String() string {
	if s < 0 || int(s) >= len(statusWords) {
		return fmt.Sprintf("Status(%d)", int(s))
	}
	return statusWords[s]
}

// Event tells what happened to a container.
type Event int

// The values of Event.
const (
	EventCreated   Event = C.CONTAIN_EVENT_CREATED
	EventStarted   Event = C.CONTAIN_EVENT_STARTED
	EventExited    Event = C.CONTAIN_EVENT_EXITED // Wait returns at once from here on
	EventOOM       Event = C.CONTAIN_EVENT_OOM    // the kernel killed a process for want of memory
	EventDestroyed Event = C.CONTAIN_EVENT_DESTROYED
	EventPaused    Event = C.CONTAIN_EVENT_PAUSED
	EventResumed   Event = C.CONTAIN_EVENT_RESUMED
)

var eventWords = [...]string{"none", "created", "started", "exited", "oom", "destroyed", "paused", "resumed"}

func (e Event) String() string {
	if e < 0 || int(e) >= len(eventWords) {
		return fmt.Sprintf("Event(%d)", int(e))
	}
	return eventWords[e]
}

// LogLevel is the severity of a log line, most severe first.
type LogLevel int

// The values of LogLevel.
const (
	LogError   LogLevel = C.CONTAIN_LOG_ERROR
	LogWarning LogLevel = C.CONTAIN_LOG_WARNING
	LogInfo    LogLevel = C.CONTAIN_LOG_INFO
	LogDebug   LogLevel = C.CONTAIN_LOG_DEBUG
)

// Flags of the C functions, which are fields of options and parameters here.
const (
	flagEphemeral    = C.CONTAIN_EPHEMERAL
	flagNoPivot      = C.CONTAIN_NO_PIVOT
	flagNoNewKeyring = C.CONTAIN_NO_NEW_KEYRING
	flagRootless     = C.CONTAIN_CONFIG_ROOTLESS
	flagSubids       = C.CONTAIN_CONFIG_SUBIDS
	flagTerminal     = C.CONTAIN_CONFIG_TERMINAL
	flagSignalAll    = C.CONTAIN_SIGNAL_ALL
	flagForce        = C.CONTAIN_DESTROY_FORCE
	flagDetach       = C.CONTAIN_EXEC_DETACH
	flagIgnorePaused = C.CONTAIN_EXEC_IGNORE_PAUSED

	flagLeaveRunning    = C.CONTAIN_CHECKPOINT_LEAVE_RUNNING
	flagPreDump         = C.CONTAIN_CHECKPOINT_PRE_DUMP
	flagTCPEstablished  = C.CONTAIN_CHECKPOINT_TCP_ESTABLISHED
	flagTCPSkipInFlight = C.CONTAIN_CHECKPOINT_TCP_SKIP_IN_FLIGHT
	flagExtUnixSockets  = C.CONTAIN_CHECKPOINT_EXT_UNIX_SK
	flagShellJob        = C.CONTAIN_CHECKPOINT_SHELL_JOB
	flagFileLocks       = C.CONTAIN_CHECKPOINT_FILE_LOCKS
	flagEmptyNetwork    = C.CONTAIN_CHECKPOINT_EMPTY_NETWORK
	flagLazyPages       = C.CONTAIN_CHECKPOINT_LAZY_PAGES
	flagAutoDedup       = C.CONTAIN_CHECKPOINT_AUTO_DEDUP
	flagLinkRemap       = C.CONTAIN_CHECKPOINT_LINK_REMAP
	flagTCPClose        = C.CONTAIN_CHECKPOINT_TCP_CLOSE

	flagRunReadOnly   = C.CONTAIN_RUN_READ_ONLY
	flagRunTerminal   = C.CONTAIN_RUN_TERMINAL
	flagRunUsernsAuto = C.CONTAIN_RUN_USERNS_AUTO

	flagPlaceHostFiles      = C.CONTAIN_PLACE_HOST_FILES
	flagPlaceKeepPrivileges = C.CONTAIN_PLACE_KEEP_PRIVILEGES
	flagPlaceUsernsAuto     = C.CONTAIN_PLACE_USERNS_AUTO

	flagStdin           = C.CONTAIN_KEEPER_STDIN
	flagStdinOnce       = C.CONTAIN_KEEPER_STDIN_ONCE
	flagRing            = C.CONTAIN_KEEPER_RING
	flagNoLog           = C.CONTAIN_KEEPER_NO_LOG
	flagFollow          = C.CONTAIN_LOGS_FOLLOW
	flagImageInsecure   = C.CONTAIN_IMAGE_INSECURE
	flagNoDevices       = C.CONTAIN_UNPACK_NO_DEVICES
	flagExportNoEnv     = C.CONTAIN_EXPORT_NO_ENV
	flagExportNoDevices = C.CONTAIN_EXPORT_NO_DEVICES
	flagInPlace         = C.CONTAIN_DEPLOY_IN_PLACE
	flagQuick           = C.CONTAIN_DEPLOY_QUICK
	flagForceDeploy     = C.CONTAIN_DEPLOY_FORCE
	flagDeployNoEnv     = C.CONTAIN_DEPLOY_NO_ENV
	flagPruneDryRun     = C.CONTAIN_PRUNE_DRY_RUN
	ownerAsIs           = C.CONTAIN_OWNER_AS_IS
	ownerSingle         = C.CONTAIN_OWNER_SINGLE
	ownerShifted        = C.CONTAIN_OWNER_SHIFTED
	ownerSubids         = C.CONTAIN_OWNER_SUBIDS
)
