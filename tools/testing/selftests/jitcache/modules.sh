#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Load and unload modules again and again. Their init functions run, what they patch in
# each other is patched, and their memory is freed. Probes are enabled in one of them when
# it goes. At the end, several tasks do so while allocations fail.

. "$(dirname "$0")/helpers.sh"

# Each module comes after the modules that it needs.
MODULES='test_module test_static_key_base test_static_keys'
SAMPLE=kobject-example
FAULT=$DEBUGFS/fail_jitcache
ROUNDS=20

# Print how many objects modules have, with thunks against ITS, or nothing if debugfs does
# not show it.
objects()
{
	[ -r $DEBUGFS/jitcache/caches ] || return 0
	jit_stat 'module(_near)?|its' objects
}

# settled COUNT: wait until modules have COUNT objects; a worker frees the last ones.
settled()
{
	local tries=50

	while [ "$(objects)" != "$1" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done
}

loaded()
{
	grep -q "^$1 " /proc/modules
}

# probes: load a module, hit probes on the entry, the inside and the return of a function in
# it, and unload it while they are enabled.
probes()
{
	local function=kobject_example:foo_show

	if ! has_module $SAMPLE || [ ! -e $TRACING/kprobe_events ]; then
		[ $round -gt 0 ] ||
			echo "no probes in a module: no $SAMPLE, or no CONFIG_KPROBE_EVENTS"
		return
	fi
	modprobe $SAMPLE || fail "can't load $SAMPLE"
	probe_inside jitcache/inside $function &&
		echo "p:jitcache/entry $function" >> $TRACING/kprobe_events &&
		echo "r:jitcache/return $function" >> $TRACING/kprobe_events &&
		echo 1 > $TRACING/events/jitcache/enable || fail "can't probe $function"
	cat /sys/kernel/kobject_example/foo > /dev/null || fail "can't call $function"
	rmmod kobject_example || fail "can't unload $SAMPLE"
	kprobes_off
}

unload()
{
	local module

	for module in test_static_keys test_static_key_base test_module; do
		rmmod $module
	done
}

# attempts: load and unload the modules, which may fail
attempts()
{
	local attempt=0 module

	while [ $attempt -lt $ROUNDS ]; do
		for module in $MODULES; do
			modprobe "$module"
		done
		unload
		attempt=$((attempt + 1))
	done 2> /dev/null
}

# starved: attempts of four tasks while one of three allocations of jit_cache fails
starved()
{
	local module fails

	if [ ! -d $FAULT ]; then
		echo "no allocations that fail: no CONFIG_FAIL_JITCACHE"
		return
	fi
	fails=$(jit_stat 'module(_near)?' fails) || exit
	echo 0 > $FAULT/verbose
	echo -1 > $FAULT/times
	echo 33 > $FAULT/probability
	attempts &
	attempts &
	attempts &
	attempts
	wait
	echo 0 > $FAULT/probability
	fails=$(($(jit_stat 'module(_near)?' fails) - fails))
	[ $fails -gt 0 ] || fail "no allocation failed"
	echo "$fails allocations for modules failed"
	unload 2> /dev/null
	for module in $MODULES; do
		modprobe "$module" || fail "can't load $module after loads that failed"
	done
}

clean_up()
{
	local module

	[ ! -d $FAULT ] || echo 0 > $FAULT/probability

	kprobes_off
	rmmod kobject_example 2> /dev/null
	for module in test_static_keys test_static_key_base test_module; do
		rmmod $module 2> /dev/null
	done
}

needs_root
for module in $MODULES; do
	has_module "$module" ||
		skip "no module $module (CONFIG_TEST_LKM=m, CONFIG_TEST_STATIC_KEYS=m)"
done

trap clean_up EXIT
before=$(objects) || exit
round=0
while [ $round -lt $ROUNDS ]; do
	for module in $MODULES; do
		loaded "$module" || modprobe "$module" || fail "can't load $module"
		loaded "$module" || fail "$module isn't there"
	done
	for module in test_static_keys test_static_key_base test_module; do
		rmmod $module || fail "can't unload $module"
		! loaded $module || fail "$module is still there"
	done
	probes
	round=$((round + 1))
done
starved
clean_up

echo "$round rounds of $MODULES${before:+, $before objects of modules before, $(objects) after}"
settled "$before" || fail "$(objects) objects of modules, $before before"
