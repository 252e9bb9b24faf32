#!/usr/bin/env bash
# Runs a pod's two bundles in the mount and network namespaces that this script was given, which end with it.
#
#	pod.sh FOLDER TIMES
#
# FOLDER holds the bundles init and main, and gets what was seen: code, log, ready, status, metrics, pins.
# TIMES is how often the main container is started, one after the other.
set -euo pipefail
folder=$1 times=$2
address=127.0.0.1/9464

crun() { timeout 60 "$CRUN" --cgroup-manager=disabled --root "$folder/state" "$@"; }

ask() {
	exec 3<>"/dev/tcp/$address" || return 1
	printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
	timeout 5 cat <&3
	exec 3>&-
}

# A tree without version 1 of cgroups, which crun wants to see and the cgroup hook needs.
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group=/sys/fs/cgroup/cnf-pod-test-$$
mkdir "$group"
trap 'rmdir "$group"' EXIT
sed -i "s|@group@|cnf-pod-test-$$|" "$folder"/{init,main}/config.json

# What is mounted here by the init container has to be seen outside it.
mount --bind "$folder/node" "$folder/node"
mount --make-shared "$folder/node"

ip link set lo up
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v1 up

crun run --bundle "$folder/init" "cnf-init-$$" >>"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }

for ((run = 1; run <= times; run++)); do
	crun run --bundle "$folder/main" --pid-file "$folder/pid" "cnf-main-$$" >>"$folder/log" 2>&1 &
	runtime=$!
	for ((try = 0; try < 100; try++)); do
		kill -0 "$runtime" 2>/dev/null || break
		if ask /readyz >"$folder/ready" 2>/dev/null && grep -q '200 OK' "$folder/ready"; then
			# The capabilities are dropped just after the last link is attached.
			sleep 0.3
			cat "/proc/$(cat "$folder/pid")/status" >"$folder/status"
			ask /metrics >"$folder/metrics"
			break
		fi
		sleep 0.1
	done
	if [[ -s $folder/pid ]]; then
		kill -TERM "$(cat "$folder/pid")" 2>/dev/null || true
	fi
	code=0
	wait "$runtime" || code=$?
	echo "$code" >"$folder/code"
	rm -f "$folder/pid"
	find "$folder/node" -mindepth 1 -printf '%P %u\n' >"$folder/pins"
done
umount "$folder/node/bpf"
