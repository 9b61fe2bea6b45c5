#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Runs after all other tests: kmemleak finds no memory that the kernel leaked. It scans while
# memory for text is allocated, mapped and freed.

. "$(dirname "$0")/helpers.sh"

LEAKS=$DEBUGFS/kmemleak

needs_root
[ -w $LEAKS ] || skip "no CONFIG_DEBUG_KMEMLEAK"

# churn: make a chunk of text come and go, by giving caches back.
churn()
{
	local round=0

	while [ $round -lt 20 ]; do
		kprobes_on 1 || return
		kprobes_off
		echo 2 > /proc/sys/vm/drop_caches
		round=$((round + 1))
	done
}

# A task that never sleeps holds up RCU-tasks, for which unregistering a probe waits.
scan_on()
{
	while :; do
		echo scan > $LEAKS
		sleep 1
	done
}

if [ -e $TRACING/kprobe_events ]; then
	scan_on &
	# shellcheck disable=SC2064 # now
	trap "kill $!; kprobes_off" EXIT
	churn || fail "can't register a kprobe"
	kill $!
	trap - EXIT
	wait
fi

# kmemleak does not report objects until they are some seconds old. Scan twice, because
# the first scan may report an object whose only pointer was in a register.
sleep 6
echo scan > $LEAKS || fail "can't scan"
sleep 1
echo scan > $LEAKS
leaks=$(cat $LEAKS)
[ -z "$leaks" ] || fail "$leaks"
