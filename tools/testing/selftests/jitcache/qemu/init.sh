#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The guest's first process: runs the installed kselftests and reports over the
# port that the command line names. The verdict is the last thing it writes, so
# that whatever goes wrong before means that there is none.

/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin HOME=/

# arg NAME: the last value of jitcache.NAME= on the kernel's command line
arg()
{
	tr ' ' '\n' < /proc/cmdline | sed -n "s/^jitcache\.$1=//p" | tail -n 1
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

# report COMMAND...: what it prints goes over the port, and then, as the verdict,
# whether it succeeds.
report()
{
	local port
	port=/dev/$(arg channel)

	stty -F "$port" raw 2> /dev/null
	exec 3> "$port"
	if "$@" >&3; then
		echo "verdict pass" >&3
	else
		echo "verdict fail" >&3
	fi
	exec 3>&-
}

# At least one result, and none that is bad.
run_tests()
{
	# For who has more time than the tests take by default, or a slower kernel.
	STIR_SECONDS=$(arg stir) PROBES=$(arg probes)
	export STIR_SECONDS PROBES
	/kselftest/run_kselftest.sh | tee /tmp/ktap
	! grep -q '^not ok' /tmp/ktap && grep -q '^ok' /tmp/ktap
}

# Figures, and that they are all there and nothing warned meanwhile.
run_bench()
{
	modprobe jitcache_bench
	dmesg | sed -n -E 's/^.*jitcache_bench: ((cost|skip|bytes|done)( .*)?)$/\1/p' \
		> /tmp/bench
	grep -v '^done$' /tmp/bench
	# Two lines, of a name and a figure, again and again.
	/kselftest/jitcache/kprobes.sh | sed -n -E 's/^(probes|executable-kbytes) /slots &/p'
	grep -qx 'done' /tmp/bench && [ $(($(cat /proc/sys/kernel/tainted) & 0x280)) -eq 0 ]
}

mounts
ip link set lo up
if grep -qw jitcache.bench /proc/cmdline; then
	report run_bench
elif grep -qw jitcache.mappings /proc/cmdline; then
	report /kselftest/jitcache/mappings.sh
elif grep -qw jitcache.shell /proc/cmdline; then
	arm_histogram
	setsid cttyhack sh
else
	arm_histogram
	report run_tests
fi
"$(arg off)" -f
