#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The figures that jit_cache shows in debugfs add up while probes come and go: the
# objects of the kprobes caches, and the bytes of pools and chunks. All chunks are
# mapped as their types say, whether made before mark_rodata_ro() or after it.

. "$(dirname "$0")/helpers.sh"

DIR=$DEBUGFS/jitcache
PROBES=64

# owned FIELD: sum over all owners of all chunks in the map; 2: objects, 3: bytes
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
	jit_stat kprobe_insn objects
}

# same WHAT A B: fail unless two ways to count WHAT agree
same()
{
	[ "$2" -eq "$3" ] || fail "$1: $2 and $3"
}

adds_up()
{
	same "objects of caches and of the map" \
		"$(jit_stat '.*' objects)" "$(owned 2)"
	same "objects of caches and of pools" \
		"$(jit_stat '.*' objects)" "$(jit_total pools objects)"
	same "bytes given by caches and on the map" \
		"$(jit_stat '.*' given)" "$(owned 3)"
	same "bytes of pools and of the map" \
		"$(jit_total pools bytes)" "$(jit_total map size)"
	same "allocs minus frees, and objects" \
		$(($(jit_stat '.*' allocs) - $(jit_stat '.*' frees))) \
		"$(jit_stat '.*' objects)"
	[ "$(jit_stat '.*' given)" -ge "$(jit_stat '.*' asked)" ] ||
		fail "less given than asked for"
}

# Print each mapping that contradicts the type of its chunk. Text is read-only and
# executable. Raw memory is not checked, since its users choose the protection. All other
# types are not executable. Numbers of awk have 53 bits, so low() drops the leading
# digits, which all kernel addresses share.
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
[ -e $TRACING/kprobe_events ] || skip "no CONFIG_KPROBE_EVENTS"
grep -q '^kprobe_insn ' $DIR/caches || kprobes_on 1 ||
	fail "can't register a kprobe"
grep -q '^kprobe_insn ' $DIR/caches || skip_without_slots
kprobes_off

trap kprobes_off EXIT
before=$(slots) || exit
adds_up
kprobes_on $PROBES || fail "can't register $PROBES kprobes"
during=$(slots) || exit
adds_up
cat $DIR/map
bad=$(protected)
[ -z "$bad" ] || fail "$bad"
kprobes_off
after=$(slots) || exit
adds_up

echo "$before slots before, $during with $PROBES probes, $after after"
# The kernel simulates some instructions, which need no slot.
[ "$during" -gt $((before + PROBES / 2)) ] || fail "too few slots for the probes"
[ "$after" -eq "$before" ] || fail "slots are left over"

# As in /proc/kallsyms, an address reads 0 for readers that must not see it.
shown()
{
	awk '!/^#/ && $2 !~ /^0$/ { print $1 " " $2 }' "$DIR/caches"
	awk '!/^#/ && $1 !~ /^0$/ { print $1 }' "$DIR/map"
}

kptr=$(cat /proc/sys/kernel/kptr_restrict)
[ -n "$(shown)" ] || fail "no addresses with kptr_restrict=$kptr"
echo 2 > /proc/sys/kernel/kptr_restrict
bad=$(shown)
echo "$kptr" > /proc/sys/kernel/kptr_restrict
[ -z "$bad" ] || fail "addresses in spite of kptr_restrict=2: $bad"
