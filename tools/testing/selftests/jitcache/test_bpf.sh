#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Run all of the kernel's test_bpf with the JIT on. Every program must be compiled, and
# must give the right result. Then do so with a part of it and blinded constants, for which
# a program is compiled from a copy, and have the JIT print what it compiles.

. "$(dirname "$0")/helpers.sh"

BPF_HARDEN=/proc/sys/net/core/bpf_jit_harden
MARK="jitcache test_bpf $$ begins"

restore()
{
	modprobe -r test_bpf 2> /dev/null
	echo "$jit" > $BPF_JIT
	[ -z "$harden" ] || echo "$harden" > $BPF_HARDEN
	rm -f "$log"
}

wrong()
{
	problems="${problems:+$problems, }$*"
}

# check NAME PREFIX: judge the summary of a part of test_bpf. Its line reads
# "PREFIXSummary: N PASSED, N FAILED, [N/N JIT'ed]", without the brackets if the part
# compiles nothing. If the module doesn't load, modprobe may try again. Use the summary of
# the first try, which had the whole module area.
check()
{
	local name="$1" summary

	summary=$(sed -n "s/.*test_bpf: $2Summary: //p" "$log" | head -n 1)
	if [ -z "$summary" ]; then
		wrong "$name: no summary, it didn't finish"
		return
	fi
	echo "$name: $summary"

	# shellcheck disable=SC2046 # four numbers, or two
	set -- $(echo "$summary" | tr -c '0-9\n' ' ')
	[ "$1" -gt 0 ] || wrong "$name: none passed"
	[ "$2" -eq 0 ] || wrong "$name: $2 failed"
	[ "${3:-0}" -eq "${4:-0}" ] || wrong "$name: $3 of $4 compiled"
}

needs_root
if [ ! -e $BPF_JIT ]; then
	has_config MODULES || has_config BPF_JIT_TEXT || skip "no BPF JIT without modules"
	! has_config HAVE_EBPF_JIT || fail "CONFIG_BPF_JIT is off"
	skip "no BPF JIT for this architecture"
fi
has_module test_bpf || skip "no module test_bpf (CONFIG_TEST_BPF=m)"

problems=
jit=$(cat $BPF_JIT)
harden=$(cat $BPF_HARDEN 2> /dev/null)
log=$(mktemp)
trap restore EXIT
modprobe -r test_bpf 2> /dev/null
echo 1 > $BPF_JIT

# load ARGUMENTS...: load it once for each, as it skips the suites after one that fails.
load()
{
	local arguments

	echo "$MARK" > /dev/kmsg
	for arguments; do
		# shellcheck disable=SC2086 # there can be several
		modprobe test_bpf $arguments || wrong "modprobe test_bpf $arguments"
		modprobe -r test_bpf 2> /dev/null
	done
	dmesg | sed "1,/$MARK/d" > "$log"
	grep -E '(FAIL |ret .* != )' "$log" | head -n 20
}

load test_suite=test_bpf test_suite=test_tail_calls test_suite=test_skb_segment
check test_bpf ""
check test_tail_calls "test_tail_calls: "
check test_skb_segment "test_skb_segment: "

if [ -n "$harden" ]; then
	MARK="$MARK, blinded"
	echo 2 > $BPF_HARDEN
	# The time that this takes grows with the square of a program's length.
	load "test_suite=test_bpf test_range=0,200"
	echo "$harden" > $BPF_HARDEN
	check "test_bpf, blinded" ""
fi

MARK="$MARK, dumped"
echo 2 > $BPF_JIT
load test_suite=test_tail_calls
check "test_tail_calls, dumped" "test_tail_calls: "
grep -q 'JIT code: 00000000: ' "$log" || wrong "bpf_jit_enable=2 printed no code"
[ -z "$problems" ] || fail "$problems"
