#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Turn the function tracer on and off again and again, for one function, at the top level
# and in an instance. A call shows up in each tracer that is on, and in no other.

. "$(dirname "$0")/helpers.sh"

ROUNDS=5
INSTANCE=$TRACING/instances/jitcache

# The kernel calls it to open a file.
function=do_sys_openat2

# seen DIR: has the tracer with its files in DIR recorded a call?
seen()
{
	grep -q "[ :]$function <-" "$1/trace"
}

# on DIR, off DIR: turn the tracer with its files in DIR on or off
on()
{
	echo $function > "$1/set_ftrace_filter" || fail "can't filter on $function"
	echo function > "$1/current_tracer" || fail "can't turn the tracer on"
}

off()
{
	echo nop > "$1/current_tracer" || fail "can't turn the tracer off"
	: > "$1/set_ftrace_filter"
	: > "$1/trace"
}

# trampolines: print how many trampolines are text of jit_cache, or nothing if they are not
# from there
trampolines()
{
	local caches=$DEBUGFS/jitcache/caches

	[ "$(uname -m)" = x86_64 ] && [ -r $caches ] || return 0
	awk '$1 == "ftrace" && $4 != "text" { exit 1 }' $caches ||
		fail "trampolines are not text" >&2
	jit_stat ftrace objects
}

clean_up()
{
	echo nop > $TRACING/current_tracer
	: > $TRACING/set_ftrace_filter
	[ ! -d $INSTANCE ] || rmdir $INSTANCE
}

needs_root
grep -qsw function $TRACING/available_tracers || skip "no CONFIG_FUNCTION_TRACER"
[ -e $TRACING/set_ftrace_filter ] || skip "no CONFIG_DYNAMIC_FTRACE"
grep -q "^$function\$" $TRACING/available_filter_functions ||
	fail "$function can't be traced"

trap clean_up EXIT
mkdir $INSTANCE || fail "can't make an instance"
round=0
while [ $round -lt $ROUNDS ]; do
	on $TRACING
	: < /proc/version
	seen $TRACING || fail "no call of $function was seen"
	! seen $INSTANCE || fail "seen by an instance that is off"
	on $INSTANCE
	: < /proc/version
	seen $INSTANCE || fail "no call of $function was seen in an instance"
	during=$(trampolines) || exit
	off $TRACING
	: < /proc/version
	! seen $TRACING || fail "seen by a tracer that is off"
	off $INSTANCE
	: < /proc/version
	! seen $INSTANCE || fail "seen by an instance that was turned off"
	after=$(trampolines) || exit
	[ -z "$after" ] || [ "$during" -eq $((after + 1)) ] ||
		fail "$during trampolines while two tracers are on, $after after"
	round=$((round + 1))
done
echo "$round rounds${during:+, $during trampolines while on, $after after}"
