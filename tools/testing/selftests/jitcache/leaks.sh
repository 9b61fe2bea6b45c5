#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# After all others: nothing that the kernel allocated meanwhile is lost.

. "$(dirname "$0")/helpers.sh"

LEAKS=$DEBUGFS/kmemleak

needs_root
[ -w $LEAKS ] || skip "no CONFIG_DEBUG_KMEMLEAK"

# What is younger than some seconds may still be on its way, and what is found by
# the first scan may have been in a register.
sleep 6
echo scan > $LEAKS || fail "can't scan"
sleep 1
echo scan > $LEAKS
leaks=$(cat $LEAKS)
[ -z "$leaks" ] || fail "$leaks"
