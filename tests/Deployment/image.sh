#!/usr/bin/env bash
# Runs `make image` in the current folder with buildah in docker's place, in the mount and process namespaces that this
# script was given, which end with it.
#
#	image.sh FOLDER BASE IMAGE [FLAG...]
#
# FOLDER/base is the build context of the image that stands for BASE, the one that the Dockerfile names. FLAGs are further
# ones for buildah. FOLDER/layout gets the image as a registry would.
set -euo pipefail
folder=$1 base=$2 image=$3
shift 3

# buildah starts itself anew without LD_LIBRARY_PATH: what it links with has to be in the linker's cache.
IFS=: read -ra folders <<<"$LIBRARIES"
ldconfig -X -C "$folder/ld.so.cache" "${folders[@]}"
mount --bind "$folder/ld.so.cache" /etc/ld.so.cache

# Nothing of the machine's own images, registries and credentials.
mkdir "$folder/tmp"
export HOME=$folder TMPDIR=$folder/tmp
export CONTAINERS_CONF=/dev/null CONTAINERS_REGISTRIES_CONF=$folder/registries.conf CONTAINERS_STORAGE_CONF=$folder/storage.conf
: >"$folder/registries.conf"
printf '[storage]\ndriver = "vfs"\nrunroot = "%s"\ngraphroot = "%s"\n' "$folder/run" "$folder/graph" >"$folder/storage.conf"
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$folder/policy.json"

build=(timeout 300 "$BUILDAH" build --signature-policy "$folder/policy.json" --isolation chroot --network host --layers=false --pull-never)
"${build[@]}" --tag localhost/base "$folder/base"

{
	echo '#!/usr/bin/env bash'
	printf '%q ' exec "${build[@]}" --build-context "$base=container-image://localhost/base" "$@"
	# What follows the word build.
	echo "\"\${@:2}\""
} >"$folder/docker"
chmod +x "$folder/docker"
make image DOCKER="$folder/docker" IMAGE="$image"
timeout 60 "$BUILDAH" push --signature-policy "$folder/policy.json" "$image" "oci:$folder/layout"
