#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The guest's init. Runs the installed kselftests and reports over the port that the
# command line names. The verdict is written last, so there is none if anything goes
# wrong before.

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

# Arm the histogram before anything else runs, so that writers.sh also shows what the
# other tests wrote.
arm_histogram()
{
	[ ! -x /kselftest/jitcache/writers.sh ] ||
		/kselftest/jitcache/writers.sh --arm
}

# report COMMAND...: send its output over the port, then a verdict on its exit status.
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

# Passes with at least one good result and no bad one. "jitcache.only" names one test.
run_tests()
{
	local only

	# More or less stress than by default, for example on a slow kernel.
	STIR_SECONDS=$(arg stir) PROBES=$(arg probes) LOAD_INSTANCES=$(arg tracers)
	export STIR_SECONDS PROBES LOAD_INSTANCES
	only=$(arg only)
	# shellcheck disable=SC2086 # none, or two words
	/kselftest/run_kselftest.sh ${only:+-t jitcache:$only} | tee /tmp/ktap
	! grep -q '^not ok' /tmp/ktap && grep -q '^ok' /tmp/ktap
}

# bench [PARAMETER]: load the benchmark, and print its figures and "done".
bench()
{
	local words='cost|skip|bytes|memory|kallsyms|rounds|owner-cost|interrupts'

	words="$words|owner-broadcasts|poke|poke-broadcasts|done"
	modprobe jitcache_bench "$@"
	dmesg | sed -n -E "s/^.*jitcache_bench: (($words)( .*)?)$/\1/p"
}

# Prints the figures. Passes if the benchmark is done and the kernel didn't warn.
run_bench()
{
	bench > /tmp/bench
	grep -v '^done$' /tmp/bench
	# Two lines, each with pairs of a name and a figure.
	/kselftest/jitcache/kprobes.sh | sed -n -E 's/^(probes|executable-kbytes) /slots &/p'
	grep -qx 'done' /tmp/bench && [ $(($(cat /proc/sys/kernel/tainted) & 0x280)) -eq 0 ]
}

# Prints what writing costs.
run_poke()
{
	bench poke=1 > /tmp/bench
	grep '^poke' /tmp/bench && grep -qx 'done' /tmp/bench
}

# Prints how often locks were held during some operations, and in ns how long at most, and
# in sum.
run_locks()
{
	local operation

	modprobe jitcache_bench || return
	for operation in small piece long owners; do
		echo 0 > /proc/lock_stat
		echo "$operation" > /sys/module/jitcache_bench/parameters/operation || return
		awk -v operation="$operation" '
		$1 ~ /^(text_mutex|pack_mutex|&jit_pool->(lock|grow)):$/ && NF == 13 {
			sub(/:$/, "", $1)
			printf "locks %s %s %d %d %d\n", operation, $1, $9, $11 * 1000, $12 * 1000
		}' /proc/lock_stat
	done
	[ $(($(cat /proc/sys/kernel/tainted) & 0x280)) -eq 0 ]
}

# Executes an instruction that fills unused text. It kills the kernel, or the test fails.
run_trap()
{
	echo EXEC_UNUSED_TEXT > /sys/kernel/debug/provoke-crash/DIRECT
	return 1
}

mounts
ip link set lo up
if grep -qw jitcache.trap /proc/cmdline; then
	report run_trap
elif grep -qw jitcache.locks /proc/cmdline; then
	report run_locks
elif grep -qw jitcache.poke /proc/cmdline; then
	report run_poke
elif grep -qw jitcache.bench /proc/cmdline; then
	report run_bench
elif grep -qw jitcache.mappings /proc/cmdline; then
	report /kselftest/jitcache/mappings.sh
elif grep -qw jitcache.load /proc/cmdline; then
	export LOAD_LIST=1
	report /kselftest/jitcache/load.sh
elif grep -qw jitcache.shell /proc/cmdline; then
	arm_histogram
	setsid cttyhack sh
else
	arm_histogram
	report run_tests
fi
"$(arg off)" -f
