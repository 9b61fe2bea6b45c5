#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The jit_cache sample ran at boot, and its function returned the right value.

. "$(dirname "$0")/helpers.sh"

needs_root
has_config SAMPLE_JITCACHE || skip "no CONFIG_SAMPLE_JITCACHE"
# The log may have lost the message, but the counters remain.
line=$(grep '^sample ' $DEBUGFS/jitcache/caches) || fail "the sample made no cache"
[ "$(jit_stat sample allocs)" -eq 1 ] && [ "$(jit_stat sample frees)" -eq 1 ] ||
	fail "not one object, allocated and freed: $line"
said=$(dmesg | sed -n 's/.*jitcache_sample: //p')
echo "${said:-the log has lost the message}"
[ -z "$said" ] || [ "$said" = "the function returns 42" ] || fail "it said: $said"
