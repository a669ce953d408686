#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# runvm.sh - run one command in a fresh virtual machine that mkvm.sh built
#
# Boots the machine with QEMU, runs the command there under systemd, prints what it prints and
# exits with its exit status. Changes to the machine's disk are thrown away; changes in the
# shared folder stay. Processors are emulated unless -a says otherwise: a /dev/kvm may be there
# and not work.
#
# Needs qemu-system-x86_64 with the 9p ("virtfs") file system.

set -euo pipefail

image=
share=
accel=tcg,thread=multi
hierarchy=unified
cpus=2
memory=2048
limit=900
prepare=
user=
append=
verbose=
variables=()

usage() {
        cat <<END
usage: runvm.sh -i DIR [-s DIR] [-p SCRIPT] [-u USER] [-e NAME=VALUE]... [-t SECONDS] [-m MIB] [-c CPUS]
                                [-a ACCEL] [-g HIERARCHY] [-k ARGUMENTS] [-v] [--] COMMAND [ARGUMENT]...

  -i DIR         folder that mkvm.sh filled
  -s DIR         share DIR, writable, as /share; the command starts there
                 (run as root to have file owners kept)
  -p SCRIPT      shell commands that root runs first
  -u USER        run the command as USER, in a delegated service of that user's systemd
                 manager ("tester" is such a user); otherwise as root in a system service
  -e NAME=VALUE  environment variable for the command; may be repeated
  -t SECONDS     stop the machine after this long       (default: $limit)
  -m MIB         memory                                 (default: $memory)
  -c CPUS        processors                             (default: $cpus)
  -a ACCEL       QEMU's -accel                          (default: $accel)
  -g HIERARCHY   of cgroups: unified, hybrid or legacy  (default: $hierarchy)
  -k ARGUMENTS   more kernel arguments
  -v             print the machine's console and some timing on standard error

exit status: the command's, or
  2    wrong usage
  124  stopped because the time was up
  125  the machine failed before the command had finished
The machine's console is printed in the last two cases.
END
}

die() { echo "runvm.sh: $*" >&2; exit 2; }

while getopts i:s:p:u:e:t:m:c:a:g:k:vh opt; do
        case $opt in
                i) image=$OPTARG ;;
                s) share=$OPTARG ;;
                p) prepare=$OPTARG ;;
                u) user=$OPTARG ;;
                e) variables+=("$OPTARG") ;;
                t) limit=$OPTARG ;;
                m) memory=$OPTARG ;;
                c) cpus=$OPTARG ;;
                a) accel=$OPTARG ;;
                g) hierarchy=$OPTARG ;;
                k) append=$OPTARG ;;
                v) verbose=1 ;;
                h) usage; exit 0 ;;
                *) usage >&2; exit 2 ;;
        esac
done
shift $((OPTIND - 1))
[[ -n $image && $# -gt 0 ]] || { usage >&2; exit 2; }
for f in vmlinuz initrd root.ext4; do
        [[ -r $image/$f ]] || die "$image/$f is missing; run mkvm.sh -o $image"
done
[[ -z $share || -d $share ]] || die "$share is not a folder"
[[ $image$share != *,* ]] || die "the folders' paths must not contain a comma"
qemu=$(command -v qemu-system-x86_64) || die "qemu-system-x86_64 is not installed"

# --- the folder through which the machine gets the command and gives back what came of it ---

ctl=$(mktemp -d)
pids=()
# shellcheck disable=SC2317  # called by the trap
cleanup() {
        local pid
        for pid in "${pids[@]}"; do
                kill "$pid" 2>/dev/null || continue
                wait "$pid" 2>/dev/null || true
        done
        rm -rf "$ctl"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
touch "$ctl"/{stdout,stderr,console}

{
        for v in "${variables[@]}"; do printf 'export %q\n' "$v"; done
        [[ -z $share ]] || echo 'cd /share'
        printf '%q ' "$@"
        echo
} >"$ctl/command"

{
        printf 'user=%q\nshare=%q\nprepare=%q\n' "$user" "$share" "$prepare"
        cat <<'END'
cut -d' ' -f1 /proc/uptime >/run/runvm/uptime
if [ -n "$share" ]; then
        mkdir -p /share
        mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /share
fi
export HOME=/root USER=root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
eval "$prepare"
run() { bash /run/runvm/command; }
if [ -n "$user" ]; then
        uid=$(id -u "$user")
        run() {
                setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --reset-env \
                        env PATH="$PATH" XDG_RUNTIME_DIR="/run/user/$uid" \
                        DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus" \
                        systemd-run --user --wait --pipe --collect --quiet --property=Delegate=yes \
                        --setenv=XDG_RUNTIME_DIR --setenv=DBUS_SESSION_BUS_ADDRESS --setenv=PATH \
                        bash /run/runvm/command
        }
fi
# Pipes in between: the command shall not have files of the shared folder open. A process
# that it leaves behind may hold them open; that is waited for a short while only.
mkfifo /run/stdout /run/stderr
cat /run/stdout >/run/runvm/stdout &
cat /run/stderr >/run/runvm/stderr &
run </dev/null >/run/stdout 2>/run/stderr
status=$?
for ((i = 0; i < 20; i++)); do
        [ -n "$(jobs -r)" ] || break
        sleep 0.1
done
sync
echo "$status" >/run/runvm/status
END
} >"$ctl/start"
chmod -R a+rX "$ctl"

# --- boot ---------------------------------------------------------------------------------------

options=(-accel "$accel"
        -fsdev "local,id=ctl,path=$ctl,security_model=none" -device "virtio-9p-pci,fsdev=ctl,mount_tag=runvm")
if [[ -n $share ]]; then
        options+=(-fsdev "local,id=share,path=$(realpath "$share"),security_model=none,multidevs=remap"
                -device "virtio-9p-pci,fsdev=share,mount_tag=share")
fi

# What systemd mounts; the kernel keeps the controllers from version 1 only where nobody wants them there.
case $hierarchy in
        unified) cgroups="systemd.unified_cgroup_hierarchy=1 cgroup_no_v1=all" ;;
        hybrid) cgroups="systemd.unified_cgroup_hierarchy=0" ;;
        legacy) cgroups="systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1" ;;
        *) die "-g is unified, hybrid or legacy" ;;
esac

# psi=1: pressure stall information is built into Debian's kernel, but off. What keeps users from guessing each other's
# memory costs time, and here is only one.
kernel_arguments="console=ttyS0 quiet panic=-1 psi=1 mitigations=off $cgroups
        SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 systemd.show_status=0 systemd.firstboot=off $append"

started=$SECONDS
"$qemu" -cpu Nehalem -smp "$cpus" -m "$memory" \
        -nodefaults -no-user-config -display none -no-reboot \
        -kernel "$image/vmlinuz" -initrd "$image/initrd" -append "${kernel_arguments//$'\n'/ }" \
        -drive "file=$image/root.ext4,format=raw,if=virtio,snapshot=on" \
        -device virtio-rng-pci -serial "file:$ctl/console" \
        "${options[@]}" </dev/null 2>"$ctl/qemu" &
machine=$!
pids+=("$machine")

tail -n +1 -s 0.2 --pid="$machine" -f "$ctl/stdout" &
tails=($!)
tail -n +1 -s 0.2 --pid="$machine" -f "$ctl/stderr" >&2 &
tails+=($!)
if [[ -n $verbose ]]; then
        tail -n +1 -s 0.2 --pid="$machine" -f "$ctl/console" >&2 &
        tails+=($!)
fi
pids+=("${tails[@]}")

timed_out=
while kill -0 "$machine" 2>/dev/null; do
        if ((SECONDS - started >= limit)); then
                timed_out=1
                kill "$machine"
                break
        fi
        sleep 0.2
done
wait "$machine" || true
wait "${tails[@]}" || true
pids=()

[[ -z $verbose ]] ||
        echo "runvm.sh: command started $(cat "$ctl/uptime" 2>/dev/null || echo '?') s after the" \
         "kernel, machine ran for $((SECONDS - started)) s" >&2

if [[ -s $ctl/status ]]; then
        exit "$(cat "$ctl/status")"
elif [[ -n $timed_out ]]; then
        echo "runvm.sh: stopped after $limit s" >&2
        status=124
else
        echo "runvm.sh: the machine failed before the command had finished" >&2
        status=125
fi
[[ -n $verbose ]] || cat "$ctl/console" >&2
cat "$ctl/qemu" >&2
exit "$status"
