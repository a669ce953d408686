#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# mkvm.sh - build a small Debian virtual machine from Debian packages, to be booted by runvm.sh
#
# The machine has systemd as PID 1, the unified cgroup hierarchy with every controller
# delegated, D-Bus, an unprivileged user "tester" (uid 1000, with subordinate ids and a
# lingering systemd user manager) and a set of tools for testing container runtimes.
# There is no udev, no network device and no login prompt: it boots, runs one command, stops.
#
# Run as root (mmdebstrap unpacks packages into a folder that keeps their owners).
# Needs the packages: mmdebstrap e2fsprogs cpio kmod busybox-static

set -euo pipefail

suite=bookworm
kernel=linux-image-amd64
size=3G
out=
force=
sources=
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
extra=()

base_packages=(
        systemd systemd-sysv dbus dbus-user-session libpam-systemd
        python3 procps util-linux mount iproute2 kmod busybox-static uidmap e2fsprogs
        libseccomp2 libcap-ng0 libjson-c5
)

# Directories (or single modules) of the kernel package's module tree that go into the image.
# All else - sound, graphics, physical hardware - is left out; it is most of the size.
kept_modules=(
        arch block crypto fs lib mm net security virt
        drivers/block drivers/char drivers/crypto drivers/dax drivers/md drivers/virtio
        drivers/net/bonding drivers/net/dummy drivers/net/ifb drivers/net/ipvlan
        drivers/net/macvlan drivers/net/macvtap drivers/net/net_failover
        drivers/net/tap drivers/net/tun drivers/net/veth drivers/net/virtio_net
        drivers/net/vrf drivers/net/vxlan drivers/net/wireguard
)

# Modules that the initial ram disk loads before it mounts the root file system
# (their dependencies are worked out below).
boot_modules=(virtio_pci virtio_blk crc32c_generic ext4 9pnet_virtio 9p overlay)

usage() {
        cat <<END
usage: mkvm.sh -o DIR [-f] [-s SUITE] [-k PACKAGE] [-S SOURCES] [-z SIZE] [-p PACKAGE]...

Builds DIR/vmlinuz, DIR/initrd and DIR/root.ext4. Does nothing when DIR already holds an
undamaged machine that the same options and the same version of this script built. DIR is
replaced as a whole, so a machine that runs from it runs on; one builder at a time.

  -o DIR      folder for the result (made when absent; whatever is in it is replaced)
  -f          build even when DIR is up to date
  -s SUITE    Debian release                          (default: $suite)
  -k PACKAGE  Debian kernel package                   (default: $kernel)
  -S SOURCES  file with the package sources to use, one-line or deb822 form
              (default: this machine's own sources for SUITE, else deb.debian.org)
  -z SIZE     size of the root file system, sparse    (default: $size)
  -p PACKAGE  one more Debian package in the image; may be repeated

exit status: 0 built or up to date, 1 failed, 2 wrong usage
END
}

die() { echo "mkvm.sh: $*" >&2; exit 1; }

while getopts o:fs:k:S:z:p:h opt; do
        case $opt in
                o) out=$OPTARG ;;
                f) force=1 ;;
                s) suite=$OPTARG ;;
                k) kernel=$OPTARG ;;
                S) sources=$OPTARG ;;
                z) size=$OPTARG ;;
                p) extra+=("$OPTARG") ;;
                h) usage; exit 0 ;;
                *) usage >&2; exit 2 ;;
        esac
done
shift $((OPTIND - 1))
[[ -n $out && $# -eq 0 ]] || { usage >&2; exit 2; }
[[ $EUID -eq 0 ]] || die "must be run as root"

PATH=$PATH:/usr/sbin:/sbin
for tool in mmdebstrap mke2fs e2fsck cpio modprobe depmod sha256sum flock busybox; do
        command -v "$tool" >/dev/null || die "$tool is not installed"
done

# --- is there anything to do? -------------------------------------------------------------

mkdir -p "$(dirname "$out")"
out=$(realpath "$out")
exec 9>"$out.lock"
flock 9

stamp=$({ cat "$0"; printf '%s\n' "$suite" "$kernel" "$size" "${extra[@]}"
        [[ -z $sources ]] || cat "$sources"; } | sha256sum | cut -d' ' -f1)

# What the stamp says of the files, but for the disk, which is large; its structure tells.
checksums() { (cd "$1" && sha256sum vmlinuz initrd && stat -c %s root.ext4) 2>/dev/null; }
is_up_to_date() {
        [[ -z $force && $(cat "$out/stamp" 2>/dev/null) == "$stamp"$'\n'$(checksums "$out") ]] &&
                e2fsck -fn "$out/root.ext4" >/dev/null 2>&1
}

if is_up_to_date; then
        touch "$out/stamp"
        echo "mkvm.sh: $out is up to date"
        exit 0
fi

work=$out.new
rm -rf --one-file-system "$work"
mkdir "$work"
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 143' INT TERM

# --- the package sources: those that this machine's apt uses for SUITE ---------------------

if [[ -n $sources ]]; then
        cp "$sources" "$work/sources"
else
        # shellcheck disable=SC2016  # for apt to expand
        apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
                'Created-By: Packages' 'Origin: Debian' |
                awk -v s="$suite" '$3 == s || $3 == s "-updates" || $3 == s "-security"' |
                sort -u >"$work/sources"
        if [[ ! -s $work/sources ]]; then
                [[ -s $keyring ]] || die "no package sources for $suite; use -S, or install debian-archive-keyring"
                echo "deb [signed-by=$keyring] http://deb.debian.org/debian $suite main" >"$work/sources"
        fi
fi

# --- root file system -----------------------------------------------------------------------

# Runs outside the new root, whose path is $1, once its packages are configured.
cat >"$work/customize" <<'END'
set -eu
root=$1

# The kernel package is only unpacked: nothing in the image needs its maintainer scripts.
export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG
image=$(apt-cache depends --no-recommends --no-suggests "$KERNEL_PACKAGE" |
        awk '/Depends: linux-image-/ { print $2; exit }')
cd "$WORK"
apt-get -o APT::Sandbox::User=root download "${image:-$KERNEL_PACKAGE}"
dpkg-deb -x linux-image-*.deb kernel
rm linux-image-*.deb

echo runvm >"$root/etc/hostname"
echo "127.0.0.1 localhost runvm" >"$root/etc/hosts"
: >"$root/etc/fstab"
: >"$root/etc/machine-id"
echo 'LANG=C.UTF-8' >"$root/etc/default/locale"

chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash tester
printf 'tester:100000:65536\n' | tee "$root/etc/subuid" >"$root/etc/subgid"
mkdir -p "$root/var/lib/systemd/linger"
: >"$root/var/lib/systemd/linger/tester"

# Every controller for user managers too, not only the few that are the default.
mkdir -p "$root/etc/systemd/system/user@.service.d"
printf '[Service]\nDelegate=yes\n' >"$root/etc/systemd/system/user@.service.d/delegate.conf"

# runvm.sh passes the command in a folder shared as "runvm".
cat >"$root/etc/systemd/system/runvm.service" <<'UNIT'
[Unit]
Description=Run the command given to runvm.sh
After=multi-user.target dbus.service user@1000.service
Wants=dbus.service user@1000.service

[Service]
Type=oneshot
Delegate=yes
TasksMax=infinity
TimeoutStartSec=infinity
StandardOutput=journal+console
StandardError=journal+console
ExecStartPre=/bin/mkdir -p /run/runvm
ExecStartPre=/bin/mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 runvm /run/runvm
ExecStart=/bin/bash /run/runvm/start
# Nothing on the root disk outlives the machine, so there is no need to stop in order.
ExecStopPost=/bin/sh -c 'sync; echo o >/proc/sysrq-trigger'
UNIT
mkdir -p "$root/etc/systemd/system/default.target.wants"
ln -s ../runvm.service "$root/etc/systemd/system/default.target.wants/runvm.service"
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"

# Jobs that would only cost time.
for unit in getty@tty1.service serial-getty@ttyS0.service getty.target systemd-timesyncd.service \
        apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
        e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer systemd-pstore.service \
        systemd-update-utmp.service systemd-update-utmp-runlevel.service \
        systemd-journal-flush.service systemd-random-seed.service systemd-sysusers.service \
        systemd-binfmt.service proc-sys-fs-binfmt_misc.automount modprobe@drm.service; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\n' >"$root/etc/systemd/journald.conf.d/volatile.conf"

rm -rf "$root"/usr/share/{doc,man,locale,info}/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
END

packages=$(IFS=,; echo "${base_packages[*]}${extra[*]:+,${extra[*]}}")
root=$work/root

echo "mkvm.sh: installing packages"
# In mounts of its own: those that it makes below the new root end with it, also when it is killed.
KERNEL_PACKAGE=$kernel WORK=$work unshare --mount --propagation private mmdebstrap --quiet --mode=root --variant=minbase \
        --include="$packages" --aptopt='APT::Install-Recommends "false"' \
        --customize-hook="bash $work/customize \"\$1\"" \
        "$suite" "$root" "$work/sources"

# --- kernel and modules ----------------------------------------------------------------------

vmlinuz=$(echo "$work"/kernel/boot/vmlinuz-*)
version=${vmlinuz##*/vmlinuz-}
[[ -f $vmlinuz ]] || die "package $kernel has no kernel in it"
cp "$vmlinuz" "$work/vmlinuz"

modules=$(dirname "$(find "$work/kernel" -path "*/$version/modules.builtin" -print -quit)")
mkdir -p "$root/usr/lib/modules/$version"
(
        cd "$modules"
        cp modules.builtin* modules.order "$root/usr/lib/modules/$version/"
        for m in "${kept_modules[@]}"; do
                for found in "kernel/$m" "kernel/$m".ko*; do
                        [[ ! -e $found ]] || find "$found" -type f -print0
                done
        done | cpio -0pdm --quiet "$root/usr/lib/modules/$version"
)
depmod -b "$root" "$version"

# --- initial ram disk: busybox and the modules that mounting the root takes ---------------------

initrd=$work/initrd.d
mkdir -p "$initrd"/{bin,dev,proc,sys,root,modules}
cp "$(command -v busybox)" "$initrd/bin/busybox"

n=100
for m in "${boot_modules[@]}"; do
        modprobe -d "$root" -S "$version" --ignore-install --show-depends "$m"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r ko; do
        name=${ko##*/}
        case $ko in
                *.xz) xz -dc "$ko" ;;
                *.zst) zstd -qdc "$ko" ;;
                *) cat "$ko" ;;
        esac >"$initrd/modules/$((n++))-${name%%.*}"
done

cat >"$initrd/init" <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for m in /modules/*; do insmod "$m"; done
until [ -b /dev/vda ]; do sleep 0.1; done
mount -t ext4 -o rw,relatime /dev/vda /root
umount /sys
umount /proc
mount --move /dev /root/dev
exec switch_root /root /sbin/init
END
chmod +x "$initrd/init"
(cd "$initrd" && find . -print0 | cpio -0o -H newc --quiet) | gzip -1 >"$work/initrd"

# --- disk image -----------------------------------------------------------------------------------

echo "mkvm.sh: making the disk image"
mke2fs -q -t ext4 -L runvm -d "$root" "$work/root.ext4" "$size"

mkdir "$work/done"
mv "$work"/{vmlinuz,initrd,root.ext4} "$work/done/"
{
        echo "$stamp"
        checksums "$work/done"
} >"$work/done/stamp"
rm -rf "$out"
mv -T "$work/done" "$out"
echo "mkvm.sh: $out holds Linux $version, $(du -h --apparent-size "$out/root.ext4" | cut -f1) disk," \
     "$(du -h "$out/root.ext4" | cut -f1) of it used"
