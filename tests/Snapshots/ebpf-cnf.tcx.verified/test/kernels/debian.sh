#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Unpacks Debian packages into a folder, without root and without touching the system.
#
#	bash debian.sh CACHE ARCH PACKAGE/SUITE[,SUITE...]...
#
# PACKAGE is a name or a shell pattern (the newest match is taken); the first
# SUITE that has it is used. Prints one folder a line, in the order asked for:
# CACHE/<package>_<version>_<arch>. What is unpacked already is not downloaded
# again: remove the folder for a newer version.
#
# The archive is the one that this machine's apt uses. On a machine that is not
# Debian, DEBIAN_ARCHIVE holds its address.
set -euo pipefail

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf '%s\n' "$*" >&2; }

fail() {
	say "debian.sh: $*"
	exit 1
}

require() {
	local tool
	for tool in apt-get dpkg-deb flock; do
		command -v "$tool" >/dev/null || fail "$tool is missing: install the packages apt, dpkg and util-linux"
	done
	[[ -r $keyring ]] || fail "$keyring is missing: install the package debian-archive-keyring"
}

# The address of the machine's own release comes first: the security and
# third-party archives beside it do not have the other suites.
archive() {
	local id='' codename='' address
	if [[ -n ${DEBIAN_ARCHIVE:-} ]]; then
		printf '%s\n' "$DEBIAN_ARCHIVE"
		return
	fi
	if [[ -r /etc/os-release ]]; then
		# shellcheck disable=SC1091
		id=$(. /etc/os-release && printf '%s' "${ID:-}")
		# shellcheck disable=SC1091
		codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
	fi
	[[ $id == debian ]] || fail "this machine is not Debian: set DEBIAN_ARCHIVE to the address of a Debian archive"
	# shellcheck disable=SC2016
	address=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v own="$codename" '
			$2 != "main" { next }
			$1 == own && !release { release = $3 }
			$3 ~ /\/debian\/?$/ && !other { other = $3 }
			END { print release ? release : other }')
	[[ -n $address ]] || fail "apt has no Debian archive configured: set DEBIAN_ARCHIVE to the address of one"
	printf '%s\n' "$address"
}

# Every suite has an apt state of its own, so that neither pinning nor a
# package of another suite decides which version is taken.
configure() {
	local suite=$1 state=$cache/apt/$1-$arch
	options=(
		-o "APT::Architecture=$arch" -o "APT::Architectures=$arch"
		-o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$state/sources"
		-o "Dir::Etc::preferences=/dev/null" -o "Dir::Etc::preferencesparts=/dev/null"
		-o "Dir::State=$state" -o "Dir::State::lists=$state/lists" -o "Dir::State::status=$state/status"
		-o "Dir::Cache=$state/cache"
		-o "Acquire::Languages=none" -o "Acquire::Retries=3"
		-o "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false"
		-o "Acquire::IndexTargets::deb::CNF::DefaultEnabled=false"
	)
	# The unprivileged user that apt switches to may not enter the cache.
	if [[ $(id -u) == 0 ]]; then
		options+=(-o "APT::Sandbox::User=root")
	fi
	[[ -e $state/fresh && -z $(find "$state/fresh" -mmin +1440) ]] || update "$suite"
}

update() {
	local suite=$1 state=$cache/apt/$1-$arch address
	address=$(archive)
	mkdir -p "$state/sources" "$state/lists/partial" "$state/cache/archives/partial"
	: >"$state/status"
	cat >"$state/sources/debian.sources" <<-SOURCES
		Types: deb
		URIs: $address
		Suites: $suite
		Components: main
		Signed-By: $keyring
	SOURCES
	say "reading the package list of $suite ($arch)"
	apt-get "${options[@]}" -qq update >&2 || fail "cannot read the package list of $suite: see apt's message above"
	touch "$state/fresh"
}

# Prints the newest package of the configured suite that matches a name or pattern.
newest() {
	local pattern=$1 name
	apt-cache "${options[@]}" pkgnames "${pattern%%[*?[]*}" |
		while read -r name; do
			# shellcheck disable=SC2053
			if [[ $name == $pattern ]]; then printf '%s\n' "$name"; fi
		done | sort -V | tail -n 1
}

download() {
	local suite=$1
	shift
	configure "$suite"
	if [[ $# -le 3 ]]; then
		say "downloading from $suite ($arch): $*"
	else
		say "downloading from $suite ($arch): $1, $2 and $(($# - 2)) more"
	fi
	(cd "$incoming" && apt-get "${options[@]}" -qq download "$@" >&2) && return
	# The list may name a version that the archive has replaced since.
	update "$suite"
	(cd "$incoming" && apt-get "${options[@]}" -qq download "$@" >&2) ||
		fail "cannot download from $suite: $*"
}

# A folder is renamed into place only when it is complete.
unpack() {
	local file=$1 name
	name=$(basename "$file" .deb)
	# apt writes the colon of an epoch as %3a; a path with a colon breaks search paths.
	name=${name/_+([0-9])%3a/_}
	if [[ ! -d $cache/$name ]]; then
		dpkg-deb -x "$file" "$incoming/$name"
		mv "$incoming/$name" "$cache/$name"
	fi
	rm -f "$file"
	printf '%s\n' "$name"
}

answer() { printf '%s\n' "$cache/answers/${1//[^A-Za-z0-9.,+-]/_}_$arch"; }

# Finds PACKAGE/SUITE,... and adds the package to what its suite must deliver.
plan() {
	local spec=$1 suite package
	for suite in ${spec##*/}; do
		configure "$suite"
		package=$(newest "${spec%/*}")
		[[ -n $package ]] || continue
		wanted[$suite]+="$package "
		found[$spec]=$package
		return
	done
	fail "no package ${spec%/*} ($arch) in ${spec##*/}: Debian may have replaced it by a newer one"
}

deliver() {
	local suite package spec file
	for suite in "${!wanted[@]}"; do
		# shellcheck disable=SC2086
		download "$suite" ${wanted[$suite]}
	done
	for spec in "${!found[@]}"; do
		package=${found[$spec]}
		file=$(compgen -G "$incoming/${package}_*.deb" | head -n 1)
		ln -sfn "../$(unpack "$file")" "$(answer "$spec")"
	done
}

[[ $# -ge 3 ]] || fail "usage: bash debian.sh CACHE ARCH PACKAGE/SUITE[,SUITE...]..."
shopt -s extglob
mkdir -p "$1/answers"
cache=$(cd "$1" && pwd -P)
arch=$2
shift 2

exec 9>"$cache/.lock"
flock 9
declare -a options=()
declare -A wanted=() found=()
IFS=$' ,\n'
for spec; do
	[[ $spec == */* ]] || fail "$spec: name the suite as well, for example busybox-static/trixie"
	[[ -d $(answer "$spec") ]] || { require && plan "$spec"; }
done
if [[ ${#found[@]} -gt 0 ]]; then
	incoming=$(mktemp -d "$cache/.incoming.XXXXXX")
	trap 'rm -rf "$incoming"' EXIT
	deliver
fi
for spec; do readlink -f "$(answer "$spec")"; done
