#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The guest's first process: runs the installed kselftests and reports over the
# port that the command line names. The verdict is the last thing it writes, so
# that whatever goes wrong before means that there is none.

/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin HOME=/

# arg NAME: the value of jitcache.NAME= on the kernel's command line
arg()
{
	tr ' ' '\n' < /proc/cmdline | sed -n "s/^jitcache\.$1=//p"
}

mounts()
{
	mount -t proc none /proc
	mount -t sysfs none /sys
	mount -t devtmpfs none /dev
	mount -t debugfs none /sys/kernel/debug
	mount -t tracefs none /sys/kernel/tracing
	ln -s /proc/self/fd /dev/fd
	ln -s fd/0 /dev/stdin
	ln -s fd/1 /dev/stdout
	ln -s fd/2 /dev/stderr
}

# The histogram is armed before anything else runs, so that writers.sh shows
# what the other tests wrote too.
arm_histogram()
{
	[ ! -x /kselftest/jitcache/writers.sh ] ||
		/kselftest/jitcache/writers.sh --arm
}

# What the runner's results say, and nothing else: at least one, and none bad.
verdict()
{
	if grep -q '^not ok' "$1" || ! grep -q '^ok' "$1"; then
		echo fail
	else
		echo pass
	fi
}

run_tests()
{
	local port
	port=/dev/$(arg channel)

	# For who has more time than the tests take by default, or a slower kernel.
	STIR_SECONDS=$(arg stir) PROBES=$(arg probes)
	export STIR_SECONDS PROBES
	stty -F "$port" raw 2> /dev/null
	exec 3> "$port"
	/kselftest/run_kselftest.sh | tee /tmp/ktap >&3
	echo "verdict $(verdict /tmp/ktap)" >&3
	exec 3>&-
}

# Figures, and that they are all there and nothing warned meanwhile.
run_bench()
{
	local port
	port=/dev/$(arg channel)

	stty -F "$port" raw 2> /dev/null
	exec 3> "$port"
	modprobe jitcache_bench
	dmesg | sed -n -E 's/^.*jitcache_bench: ((cost|skip|bytes|done)( .*)?)$/\1/p' \
		> /tmp/bench
	grep -v '^done$' /tmp/bench >&3
	# Two lines, of a name and a figure, again and again.
	/kselftest/jitcache/kprobes.sh | sed -n -E 's/^(probes|executable-kbytes) /slots &/p' >&3
	if grep -qx 'done' /tmp/bench && [ $(($(cat /proc/sys/kernel/tainted) & 0x280)) -eq 0 ]
	then
		echo "verdict pass" >&3
	else
		echo "verdict fail" >&3
	fi
	exec 3>&-
}

# What is mapped, for who compares kernels.
print_mappings()
{
	local port
	port=/dev/$(arg channel)

	stty -F "$port" raw 2> /dev/null
	exec 3> "$port"
	if /kselftest/jitcache/mappings.sh >&3; then
		echo "verdict pass" >&3
	else
		echo "verdict fail" >&3
	fi
	exec 3>&-
}

mounts
ip link set lo up
if grep -qw jitcache.mappings /proc/cmdline; then
	print_mappings
	"$(arg off)" -f
fi
if grep -qw jitcache.bench /proc/cmdline; then
	run_bench
	"$(arg off)" -f
fi
arm_histogram
if grep -qw jitcache.shell /proc/cmdline; then
	setsid cttyhack sh
else
	run_tests
fi
"$(arg off)" -f
