#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Run all of the kernel's test_bpf with the JIT on. Every program must be compiled, and
# must give the right result.

. "$(dirname "$0")/helpers.sh"

MARK="jitcache test_bpf $$ begins"

restore()
{
	modprobe -r test_bpf 2> /dev/null
	echo "$jit" > $BPF_JIT
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
	has_config MODULES || skip "no BPF JIT without modules"
	! has_config HAVE_EBPF_JIT || fail "CONFIG_BPF_JIT is off"
	skip "no BPF JIT for this architecture"
fi
has_module test_bpf || skip "no module test_bpf (CONFIG_TEST_BPF=m)"

problems=
jit=$(cat $BPF_JIT)
log=$(mktemp)
trap restore EXIT
modprobe -r test_bpf 2> /dev/null
echo 1 > $BPF_JIT

# Load it once for each suite: it skips the suites after one that fails.
echo "$MARK" > /dev/kmsg
for suite in test_bpf test_tail_calls test_skb_segment; do
	modprobe test_bpf test_suite=$suite || wrong "modprobe test_bpf test_suite=$suite"
	modprobe -r test_bpf 2> /dev/null
done
dmesg | sed "1,/$MARK/d" > "$log"

grep -E '(FAIL |ret .* != )' "$log" | head -n 20
check test_bpf ""
check test_tail_calls "test_tail_calls: "
check test_skb_segment "test_skb_segment: "
[ -z "$problems" ] || fail "$problems"
