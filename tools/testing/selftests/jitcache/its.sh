#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# On x86_64, thunks against Indirect Target Selection are text of a jit_cache, those of
# modules too, which go with their module.

. "$(dirname "$0")/helpers.sh"

STATE=/sys/devices/system/cpu/vulnerabilities/indirect_target_selection
MODULE=ext4

needs_root
[ -r $STATE ] || skip "no ITS here"
state=$(cat $STATE)
case $state in
*thunks*)
	;;
*)
	! has_config MITIGATION_ITS ||
		! grep -q -w indirect_target_selection=force /proc/cmdline ||
		fail "no thunks, though the command line asks for them: $state"
	skip "no thunks: $state"
	;;
esac

kernel=$(jit_stat its objects)
[ "${kernel:-0}" -gt 0 ] || fail "thunks, but no block of them in jit_cache"
echo "the kernel has $kernel blocks of thunks"

if ! has_module $MODULE || grep -q "^$MODULE " /proc/modules; then
	echo "no module to load"
	exit 0
fi
modprobe $MODULE || fail "can't load $MODULE"
with=$(jit_stat its objects)
modprobe -r $MODULE || fail "can't unload $MODULE"
echo "with $MODULE, there are $with"
[ "$with" -gt "$kernel" ] || fail "no thunks for $MODULE"
[ "$(jit_stat its objects)" -eq "$kernel" ] || fail "$MODULE has left thunks"
