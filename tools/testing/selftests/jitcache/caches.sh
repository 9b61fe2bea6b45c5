#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What debugfs tells of jit_cache adds up: while probes come and go, the objects
# of the kprobes caches, the bytes of pools and chunks. And chunks are mapped as
# they should be, those from before mark_rodata_ro() and those from after it.

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

# Each chunk is mapped as its type says: text read-only and executable, raw as its
# users like, all else not executable. Numbers of awk have 53 bits, so without the
# leading ones, which are the same for all.
protected()
{
	[ -n "$tables" ] || return 0
	ranges "$tables" |
		awk -v map="$DIR/map" '
		function low(hex,	n, i)
		{
			for (i = length(hex) > 13 ? length(hex) - 12 : 1; i <= length(hex); i++)
				n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
			return n
		}
		BEGIN {
			while ((getline line < map) > 0) {
				split(line, chunk, " ")
				if (chunk[1] == "#" || chunk[3] == "raw")
					continue
				start[++chunks] = low(chunk[1])
				end[chunks] = start[chunks] + chunk[2]
				type[chunks] = chunk[3]
			}
		}
		{
			from = low($1)
			to = low($2)
			for (i = 1; i <= chunks; i++) {
				if (from >= end[i] || to <= start[i])
					continue
				found[i] = 1
				if (type[i] == "text" ? $4 $5 != "rox" : $5 == "x")
					print type[i] ": " $0
			}
		}
		END {
			for (i = 1; i <= chunks; i++)
				if (!found[i])
					print type[i] ": not mapped"
		}'
}

needs_root
tables=$(page_tables)
[ -r $DIR/caches ] || skip "no jit_cache in debugfs"
grep -q '^kprobe_insn ' $DIR/caches || kprobes_on 1 ||
	fail "can't register a kprobe"
grep -q '^kprobe_insn ' $DIR/caches || skip_without_slots
kprobes_off

trap kprobes_off EXIT
before=$(slots)
adds_up
kprobes_on $PROBES || fail "can't register $PROBES kprobes"
during=$(slots)
adds_up
cat $DIR/map
bad=$(protected)
[ -z "$bad" ] || fail "$bad"
kprobes_off
after=$(slots)
adds_up

echo "$before slots before, $during with $PROBES probes, $after after"
# Some instructions are simulated, and need no slot.
[ "$during" -gt $((before + PROBES / 2)) ] || fail "too few slots for the probes"
[ "$after" -eq "$before" ] || fail "slots are left over"
