#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# The first process of a test machine: mounts what BPF programs need, loads the
# modules, runs every test binary named in /tests and switches the machine off.
# What it prints is read by results.go.

/bin/busybox --install -s /bin
export PATH=/bin HOME=/ TMPDIR=/tmp

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
chmod 1777 /tmp /sys/fs/bpf

# A kernel message in the middle of a line would spoil a test's result. A panic
# is printed all the same.
dmesg -n 1

while read -r module; do
	insmod "/modules/$module" || echo "##cnf-error insmod $module"
done </modules/order
ip link set lo up

while read -r suite seconds binary pattern; do
	echo
	echo "##cnf-begin $suite $binary"
	cd "/suites/$suite" || continue
	# The test binary stops itself first and prints where it hangs.
	CNF_BINARY="/suites/$suite/cnf" timeout -s KILL $((seconds + 15)) \
		"./$binary" -test.v=test2json -test.short -test.timeout="${seconds}s" -test.run="$pattern" </dev/null 2>&1
	code=$?
	echo
	echo "##cnf-end $suite $binary $code"
	cd /
done </tests

echo "##cnf-done"
poweroff -f
