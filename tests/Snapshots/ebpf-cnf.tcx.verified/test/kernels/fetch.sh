#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches what the kernel runner boots, from Debian, without root.
#
#	bash fetch.sh CACHE ARCH SERIES		prints the folder of an unpacked kernel
#	bash fetch.sh CACHE ARCH busybox	prints the static busybox for the initramfs
#
# ARCH is amd64 or arm64, SERIES a kernel series such as 6.1, 6.12 or 7.3.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
	printf 'fetch.sh: %s\n' "$*" >&2
	exit 1
}

debian() { bash "$here/debian.sh" "$cache" "$arch" "$@"; }

# A release keeps its own kernel series for years; every other series passes
# through backports and the suites that are still moving.
suites() {
	case $1 in
	6.1) printf 'bookworm' ;;
	6.12) printf 'trixie' ;;
	*) printf 'trixie-backports,forky,sid' ;;
	esac
}

busybox() {
	local package
	package=$(debian busybox-static/trixie)
	find "$package" -type f -path '*/bin/busybox' -print -quit
}

kernel() {
	local series=$1 from image release folder
	from=$(suites "$series")
	image=$(debian "linux-image-$series.*-cloud-$arch/$from")
	release=$(basename "$image")
	release=${release#linux-image-}
	release=${release%%_*}
	folder=$cache/linux-$release-$arch
	if [[ ! -d $folder ]]; then
		assemble "$folder.new" "$image" "$release" "$from"
		mv "$folder.new" "$folder"
	fi
	printf '%s\n' "$folder"
}

# From 7.0 on Debian splits a kernel: the image package only depends on the
# packages of the binary and of the modules.
assemble() {
	local folder=$1 image=$2 release=$3 from=$4 part
	local -a parts=("$image")
	if [[ -z $(find "$image" -name 'vmlinuz*' -print -quit) ]]; then
		mapfile -t parts < <(debian "linux-binary-$release/$from" "linux-modules-$release/$from")
		[[ ${#parts[@]} -eq 2 ]] || fail "cannot complete kernel $release"
	fi
	rm -rf "$folder"
	mkdir -p "$folder"
	# Hard links: the folder costs no space.
	for part in "${parts[@]}"; do cp -al "$part/." "$folder"; done
}

[[ $# -eq 3 ]] || fail "usage: bash fetch.sh CACHE amd64|arm64 SERIES|busybox"
[[ $2 == amd64 || $2 == arm64 ]] || fail "$2: the architecture is amd64 or arm64"
mkdir -p "$1"
cache=$(cd "$1" && pwd -P)
arch=$2

case $3 in
busybox) busybox ;;
[0-9]*.[0-9]*) kernel "$3" ;;
*) fail "$3: not a kernel series such as 6.12, nor busybox" ;;
esac
