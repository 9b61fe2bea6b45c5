#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Read the page tables again and again while kprobes and BPF programs come and go. No
# kernel address may be writable and executable at once.

. "$(dirname "$0")/helpers.sh"

: "${STIR_SECONDS:=5}"

# In each round, allocate and free kprobe slots and BPF memory, and make the kernel reclaim
# empty chunks. Stop when the time is up, but not before the page tables were read twice.
# Without CONFIG_STRICT_MODULE_RWX a module is writable and executable, so load none.
stir()
{
	local end

	end=$(($(date +%s) + STIR_SECONDS))
	while [ "$(date +%s)" -lt $end ] || [ ! -e "$dir/looked" ]; do
		kprobes_on 8 || echo "can't register kprobes"
		kprobes_off
		[ -n "$loose_modules" ] || jit_some_bpf || echo "can't load test_bpf"
		cat $DEBUGFS/jitcache/* > /dev/null 2>&1
		echo 2 > /proc/sys/vm/drop_caches
	done
}

# Read the page tables once. Write the ranges that are writable and executable to $bad,
# and print the number of executable ranges.
look()
{
	ranges "$tables" | awk -v bad="$bad" '
	$5 == "x"		{ n++ }
	$4 $5 == "rwx"		{ print > bad }
	END			{ print n + 0 }'
}

clean_up()
{
	kprobes_off
	rm -rf "$dir"
}

needs_root
! grep -qw rodata=off /proc/cmdline || skip "rodata=off: the kernel image is writable"
if ! tables=$(page_tables); then
	! has_config '\(ARM_\)\?PTDUMP_DEBUGFS' || fail "no page tables in debugfs"
	skip "no page tables in debugfs (CONFIG_PTDUMP_DEBUGFS)"
fi
[ -e $TRACING/kprobe_events ] || skip "no CONFIG_KPROBE_EVENTS"

loose_modules=
! has_config MODULES || has_config STRICT_MODULE_RWX || loose_modules=1
dir=$(mktemp -d)
bad=$dir/bad
trap clean_up EXIT

looks=0
stir > "$dir/complaints" 2>&1 &
while kill -0 $! 2> /dev/null; do
	executable=$(look)
	[ "$executable" -gt 0 ] || fail "found nothing executable in $tables"
	looks=$((looks + 1))
	[ $looks -eq 1 ] || : > "$dir/looked"
	[ ! -s "$bad" ] || break
done
: > "$dir/looked"
wait $!

echo "$looks looks at $executable executable ranges"
[ ! -s "$dir/complaints" ] || fail "$(sort -u "$dir/complaints")"
[ ! -s "$bad" ] || fail "writable and executable:
$(cat "$bad")"
[ $looks -gt 1 ] || fail "looked only once"
