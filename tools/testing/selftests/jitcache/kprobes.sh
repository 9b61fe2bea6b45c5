#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Register and remove many probes, inside functions and on their returns, while the
# functions run. Print how much executable memory the probes take.

. "$(dirname "$0")/helpers.sh"

: "${PROBES:=1000}"
RETURNS=50
: "${ROUNDS:=1}"

# Prefixes of the names of functions to probe. These are many, but leave out low-level
# functions such as irq_enter(): probing that hangs mips.
KINDS='dev inet ip kernfs net proc seq shmem simple skb sock sys tcp tracing tty
udp unix vfs device bus class platform of trace timer'

# Make the kernel run into the probes, until killed.
load()
{
	while :; do
		find /proc/1 /sys/kernel -maxdepth 2 > /dev/null 2>&1
		dd if=/dev/zero of=/tmp/load.$$ bs=4k count=64 2> /dev/null
		rm -f /tmp/load.$$
		sleep 0.1
	done
}

# Print the executable kbytes and the number of executable mappings. The caller takes the
# difference of two results, so the kernel image, which does not grow, doesn't matter.
executable()
{
	[ -z "$tables" ] || ranges "$tables" | awk '
	$5 == "x"	{ kbytes += $3; mappings++ }
	END		{ print kbytes + 0, mappings + 0 }'
}

# Bytes of instruction slots: of jit_cache's objects, or of whole pages without it.
slots()
{
	if grep -qs '^kprobe_' $DEBUGFS/jitcache/caches; then
		jit_stat 'kprobe_.*' given
	else
		awk '
		/alloc_insn_page|get_insn_slot/	{
			for (i = 2; i <= NF; i++)
				if (sub(/^pages=/, "", $i))
					n += $i
		}
		END	{ print n * 4096 }' /proc/vmallocinfo
	fi
}

returns_on()
{
	local count=0 function

	# shellcheck disable=SC2013 # no pipe: count is needed afterwards
	for function in $(functions 'vfs_[a-z_]*'); do
		echo "r:jitcache/return$count $function" \
			>> $TRACING/kprobe_events 2> /dev/null || continue
		count=$((count + 1))
		[ $count -lt $RETURNS ] || break
	done
	[ $count -gt 0 ]
}

hits()
{
	awk '$1 ~ /^(jitcache_)?(probe|return)[0-9]/ { n += $2 }
		END { print n + 0 }' $TRACING/kprobe_profile
}

# Removing a probe waits for a grace period, for milliseconds unless that is expedited.
expedite()
{
	[ ! -w /sys/kernel/rcu_expedited ] || echo "$1" > /sys/kernel/rcu_expedited
}

clean_up()
{
	[ -z "${loader:-}" ] || kill "$loader" 2> /dev/null
	kprobes_off
	rm -f /tmp/load.$$
	expedite 0
}

needs_root
[ -e $TRACING/kprobe_events ] || skip "no CONFIG_KPROBE_EVENTS"
[ "$PROBES" != 0 ] || skip "PROBES=0"
tables=$(page_tables)
trap clean_up EXIT

# shellcheck disable=SC2086 # words
pattern="\\($(printf '%s\n' $KINDS | paste -s -d '|' | sed 's/|/\\|/g')\\)_[a-z_]*"
expedite 1
load &
loader=$!
round=0
while [ $round -lt "$ROUNDS" ]; do
	[ $round -gt 0 ] || before=$(executable)
	returns_on || fail "can't register return probes"
	kprobes_on "$PROBES" "$pattern" || fail "can't register $PROBES kprobes"
	sleep 1
	[ $round -gt 0 ] || during=$(executable)
	[ $round -gt 0 ] || bytes=$(slots) || exit
	[ "$(hits)" -gt 0 ] || fail "no probe was hit"
	kprobes_off
	round=$((round + 1))
done
kill $loader
wait $loader 2> /dev/null
loader=

echo "probes $PROBES returns $RETURNS slot-bytes $bytes"
[ -z "$during" ] || echo "executable-kbytes $((${during% *} - ${before% *}))" \
	"mappings $((${during#* } - ${before#* }))"
