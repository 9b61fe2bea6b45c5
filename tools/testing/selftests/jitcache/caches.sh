#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What debugfs tells of jit_cache adds up: while probes come and go, the objects
# of the kprobes caches, the bytes of pools and chunks, and the mappings.

. "$(dirname "$0")/helpers.sh"

DIR=$DEBUGFS/jitcache
PROBES=64

# column FILE NAME: a column's number, by its name in the first line
column()
{
	sed -n '1s/^# //p' "$DIR/$1" | tr ' ' '\n' | grep -nx "$2" | cut -d : -f 1
}

# total FILE COLUMN [NAME]: sum of a column, of the lines that begin with NAME
total()
{
	awk -v col="$(column "$1" "$2")" -v name="${3:-}" '
		/^#/				{ next }
		name == "" || $1 == name	{ n += $col }
		END				{ print n + 0 }' "$DIR/$1"
}

# owned FIELD: what the map says of all chunks together, 2: objects, 3: bytes
owned()
{
	awk -v field="$1" '
		!/^#/	{
			for (i = 8; i <= NF; i++) {
				split($i, part, ":")
				n += part[field]
			}
		}
		END	{ print n + 0 }' "$DIR/map"
}

slots()
{
	total caches objects kprobe_insn
}

# same WHAT A B: two ways to count one thing
same()
{
	[ "$2" -eq "$3" ] || fail "$1: $2 and $3"
}

adds_up()
{
	same "objects of caches and of the map" \
		"$(total caches objects)" "$(owned 2)"
	same "objects of caches and of pools" \
		"$(total caches objects)" "$(total pools objects)"
	same "bytes given by caches and on the map" \
		"$(total caches given)" "$(owned 3)"
	same "bytes of pools and of the map" \
		"$(total pools bytes)" "$(total map size)"
	same "allocs less frees, and objects" \
		$(($(total caches allocs) - $(total caches frees))) \
		"$(total caches objects)"
	[ "$(total caches given)" -ge "$(total caches asked)" ] ||
		fail "less given than asked for"
}

needs_root
[ -r $DIR/caches ] || skip "no jit_cache in debugfs"
grep -q '^kprobe_insn ' $DIR/caches || kprobes_on 1 ||
	fail "can't register a kprobe"
grep -q '^kprobe_insn ' $DIR/caches || skip "kprobes doesn't use jit_cache here"
kprobes_off

trap kprobes_off EXIT
before=$(slots)
adds_up
kprobes_on $PROBES || fail "can't register $PROBES kprobes"
during=$(slots)
adds_up
cat $DIR/map
kprobes_off
after=$(slots)
adds_up

echo "$before slots before, $during with $PROBES probes, $after after"
# Some instructions are simulated, and need no slot.
[ "$during" -gt $((before + PROBES / 2)) ] || fail "too few slots for the probes"
[ "$after" -eq "$before" ] || fail "slots are left over"
