# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For the scripts of this folder: installing what a fresh Debian or Ubuntu lacks.

as_root() {
        if [ "$(id -u)" = 0 ]; then
                "$@"
        else
                sudo "$@"
        fi
}

# Those of the packages named that are not installed. pkgconf stands in for pkg-config where it has taken its place, any other
# flavour of libcurl for the one that is named, as there can be one only.
missing_packages() {
        for package in "$@"; do
                dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed && continue
                [ "$package" = pkg-config ] && command -v pkg-config >/dev/null && continue
                [ "$package" = libcurl4-gnutls-dev ] && pkg-config --exists libcurl 2>/dev/null && continue
                printf '%s ' "$package"
        done
}

install_packages() {
        needed=$(missing_packages "$@")
        [ -n "$needed" ] || return 0
        if ! command -v apt-get >/dev/null; then
                echo "$0: no apt-get here; please install: $needed" >&2
                exit 1
        fi
        echo "== installing $needed"
        as_root apt-get update -qq </dev/null
        # shellcheck disable=SC2086 # a list of words
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $needed </dev/null
}

# Like install_packages, for what tests can do without: those that this release does not have are left out.
install_optional_packages() {
        available=
        [ -z "$(missing_packages "$@")" ] || as_root apt-get update -qq </dev/null
        for package in "$@"; do
                apt-cache show "$package" >/dev/null 2>&1 && available="$available $package"
        done
        # shellcheck disable=SC2086 # a list of words
        [ -z "$available" ] || install_packages $available
}

# shellcheck disable=SC2034 # for those who source this
packages_to_build='gcc libc6-dev meson ninja-build pkg-config libjson-c-dev libseccomp-dev libcap-ng-dev python3
libarchive-dev libcurl4-gnutls-dev nettle-dev zlib1g-dev libzstd-dev liblzma-dev'
# Other tools for images, a registry, and supervisors: what the tests of images are compared with, and run in.
# shellcheck disable=SC2034
packages_to_compare_images='skopeo umoci buildah podman docker-registry apache2-utils runit supervisor attr acl zstd xz-utils openssl'
