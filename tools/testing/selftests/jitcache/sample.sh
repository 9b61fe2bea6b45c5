#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The sample of jit_cache ran at boot, and its function returned what it should.

. "$(dirname "$0")/helpers.sh"

needs_root
has_config SAMPLE_JITCACHE || skip "no CONFIG_SAMPLE_JITCACHE"
# The message may have gone from the ring buffer, the counters haven't.
line=$(grep '^sample ' $DEBUGFS/jitcache/caches) || fail "the sample made no cache"
# shellcheck disable=SC2086 # words
set -- $line
[ "${10}" -eq 1 ] && [ "${11}" -eq 1 ] || fail "not one object, allocated and freed: $line"
said=$(dmesg | sed -n 's/.*jitcache_sample: //p')
echo "${said:-nothing in the log any more}"
[ -z "$said" ] || [ "$said" = "the function returns 42" ] || fail "it said: $said"
