#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Count calls and bytes of each caller that writes kernel text through the poke API.
# Make kprobes and BPF write text, and fail if that adds no call.
#
# writers.sh --arm only starts counting, so that a later run without --arm also shows the
# callers that wrote in between.

. "$(dirname "$0")/helpers.sh"

EVENT=$TRACING/events/text_poke/text_poke
PROBES=32

arm()
{
	grep -q '^hist:' $EVENT/trigger ||
		echo 'hist:keys=caller.sym:vals=len' > $EVENT/trigger
}

# The histogram has a row for each return address:
#   { caller: [ffffffff81000042] function [module]  } hitcount:  1  len:  4
# Sum these up by function. Print the function with the most calls first.
writers()
{
	awk '
	/^\{ caller:/ {
		for (i = 5; i < NF; i++)
			if ($i == "hitcount:")
				calls[$4] += $(i + 1)
			else if ($i == "len:")
				bytes[$4] += $(i + 1)
	}
	END {
		for (name in calls)
			print "writer", name, "calls", calls[name],
				"bytes", bytes[name]
	}' $EVENT/hist | sort -k 4,4nr -k 2,2
}

total_calls()
{
	writers | awk '{ n += $4 } END { print n + 0 }'
}

if [ "${1:-}" = --arm ]; then
	arm
	exit
fi

needs_root
[ -e $TRACING/kprobe_events ] || skip "no CONFIG_KPROBE_EVENTS"
[ -d $EVENT ] || fail "no event text_poke:text_poke"
[ -e $EVENT/hist ] || skip "no CONFIG_HIST_TRIGGERS"
arm || fail "can't set a trigger on text_poke:text_poke"

before=$(total_calls)
trap kprobes_off EXIT
kprobes_on $PROBES || fail "can't register $PROBES kprobes"
kprobes_off
jit_some_bpf || fail "can't load test_bpf"
after=$(total_calls)

writers
[ "$after" -eq "$before" ] || exit 0
grep -qs '^kprobe_insn ' $DEBUGFS/jitcache/caches || skip_without_slots
fail "no new call was counted"
