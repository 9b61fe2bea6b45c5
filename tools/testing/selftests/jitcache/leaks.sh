#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Runs after all other tests: kmemleak finds no memory that the kernel leaked.

. "$(dirname "$0")/helpers.sh"

LEAKS=$DEBUGFS/kmemleak

needs_root
[ -w $LEAKS ] || skip "no CONFIG_DEBUG_KMEMLEAK"

# kmemleak does not report objects until they are some seconds old. Scan twice, because
# the first scan may report an object whose only pointer was in a register.
sleep 6
echo scan > $LEAKS || fail "can't scan"
sleep 1
echo scan > $LEAKS
leaks=$(cat $LEAKS)
[ -z "$leaks" ] || fail "$leaks"
