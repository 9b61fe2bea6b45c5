#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Put a load on the kernel: modules, then BPF programs, probes and tracers, and look
# after each step at the executable mappings outside the kernel image and at the huge
# pages of the direct map that were split. Where text is mapped huge, what has text in a
# jit_cache must add no mapping of 4 KiB, and nothing may be writable and executable. Prints
# one line for each step, also on a kernel without jit_cache. With LOAD_LIST set, lists the
# mappings at the end.

. "$(dirname "$0")/helpers.sh"

: "${LOAD_PROGRAMS:=500}" "${LOAD_PROBES:=300}" "${LOAD_INSTANCES:=50}"

# Those of them that the kernel has are loaded, with what they need.
modules="test_module test_static_keys ext4 xfs btrfs"

# dumped: print a line for each executable entry of the page tables outside the kernel
# image: START KBYTES. A line of the dump is a range of equal entries, and names their
# level; START is that of the range.
dumped()
{
	awk '
	BEGIN	{
		unit["K"] = 1
		unit["M"] = 1024
		unit["G"] = 1048576
		level["PTE"] = level["pte"] = 4
		level["PMD"] = level["pmd"] = 2048
	}
	/^---\[/	{ image = /Kernel Mapping|Fixmap|CPU entry|EFI|[Kk]ernel [Ii]mage/ }
	/^0x/ && !image {
		kbytes = size = exec = 0
		for (i = 2; i <= NF; i++) {
			if (!kbytes && $i ~ /^[0-9]+[KMG]$/)
				kbytes = $i * unit[substr($i, length($i))]
			else if ($i ~ /^[xX]$/)
				exec = 1
			else if ($i in level)
				size = level[$i]
		}
		if (exec && size)
			for (; kbytes > 0; kbytes -= size)
				print substr($1, 3, 16), size
	}' "$tables"
}

# owned: the same for all executable memory of jit_cache.
owned()
{
	awk '
	$3 == "text" || $3 == "raw" {
		size = $4 == "huge" ? 2048 : 4
		for (kbytes = $2 / 1024; kbytes > 0; kbytes -= size)
			print $1, size
	}' $DEBUGFS/jitcache/map
}

# On arm64, PTDUMP_DEBUGFS excludes huge mappings of vmalloc space. Without it, jit_cache
# tells what there is.
executable()
{
	if [ -n "$tables" ]; then
		dumped
	else
		owned
	fi
}

split_pages()
{
	awk '$1 == "direct_map_level2_splits" { print $2; n++ } END { if (!n) print "-" }' \
		/proc/vmstat
}

# ro_difference: how many KiB more are read-only in the kernel image and in the areas of
# modules and vmalloc than in the direct map, which always has some: the image. On x86 its
# first MiB has code for real mode, which is mapped nowhere else.
ro_difference()
{
	awk '
	BEGIN	{ unit["K"] = 1; unit["M"] = 1024; unit["G"] = 1048576 }
	/^---\[/ {
		sign = /High Kernel Mapping|Modules|vmalloc\(\)/
		if (/Low Kernel Mapping|Linear Mapping start/)
			sign = -1
		low = /Low Kernel Mapping/ ? "start" : ""
	}
	/^0x/ {
		if (low == "start")
			low = substr($1, 1, 13)
	}
	/^0x.* ro / && substr($1, 1, 13) != low {
		for (i = 2; $i !~ /^[0-9]+[KMG]$/; i++)
			;
		n += sign * $i * unit[substr($i, length($i))]
		if (sign < 0)
			found = 1
	}
	END	{ print found ? n : 1 }' "$tables"
}

# protected: fail if a kernel with jit_cache has a mapping that is writable and executable,
# or if what is read-only is writable in the direct map. With rodata=off, the kernel image
# is both.
protected()
{
	local seconds=0

	[ -d $DEBUGFS/jitcache ] && [ -n "$tables" ] || return 0
	! grep -qw rodata=off /proc/cmdline || return 0
	! ranges "$tables" | grep ' rw x$' || fail "writable and executable"
	# The tables change while they are read, if a worker frees something.
	until [ "$(ro_difference)" -le 0 ]; do
		[ $seconds -lt 10 ] || fail "$(ro_difference) KiB are writable in the direct map"
		sleep 1
		seconds=$((seconds + 1))
	done
}

# step NAME
step()
{
	protected
	executable > "$out"
	small=$(grep -c ' 4$' "$out")
	huge=$(grep -c ' 2048$' "$out")
	printf 'load %-10s %6d of 4 KiB %4d of 2 MiB %6s splits\n' "$1" "$small" "$huge" \
		"$(split_pages)"
}

unload()
{
	[ -z "$loader" ] || kill "$loader" 2> /dev/null
	loader=
}

clean_up()
{
	local i

	unload
	echo "$jit" > $BPF_JIT
	kprobes_off
	i=0
	while [ -d $TRACING/instances/load$i ]; do
		echo nop > $TRACING/instances/load$i/current_tracer
		rmdir $TRACING/instances/load$i
		i=$((i + 1))
	done
	rm -f "$out"
	for module in $modules; do
		modprobe -r "$module" 2> /dev/null
	done
}

# programs COUNT: load that many and keep them.
programs()
{
	"$(dirname "$0")/load_bpf" "$1" > "$out" 2>&1 &
	loader=$!
	while kill -0 $loader 2> /dev/null; do
		! grep -qx ready "$out" || return 0
		sleep 1
	done
	return 1
}

# instances COUNT: tracers, each with its own trampoline.
instances()
{
	local i=0 dir

	while [ $i -lt "$1" ]; do
		dir=$TRACING/instances/load$i
		mkdir $dir && echo schedule_timeout > $dir/set_ftrace_filter &&
			echo function > $dir/current_tracer || return
		i=$((i + 1))
	done
}

# list: the mappings, and what the areas of vmalloc are for.
list()
{
	sed 's/^/entry /' "$out"
	sed -n 's/^0x\([0-9a-f]*\)-0x\([0-9a-f]*\) *[0-9]* \([^ +]*\).*/area \1 \2 \3/p' \
		/proc/vmallocinfo
	[ ! -r $DEBUGFS/jitcache/map ] || sed -n 's/^[0-9a-f]* [0-9]* text /map &/p' \
		$DEBUGFS/jitcache/map
}

needs_root
tables=$(page_tables) || [ -r $DEBUGFS/jitcache/map ] ||
	skip "no page tables in debugfs (CONFIG_PTDUMP_DEBUGFS)"
[ -e $BPF_JIT ] || skip "no CONFIG_BPF_JIT"
[ -e $TRACING/kprobe_events ] || skip "no CONFIG_KPROBE_EVENTS"
grep -qw function $TRACING/available_tracers || skip "no CONFIG_FUNCTION_TRACER"
[ -x "$(dirname "$0")/load_bpf" ] || skip "load_bpf is not built for this architecture"
out=$(mktemp)
loader=
jit=$(cat $BPF_JIT)
trap clean_up EXIT

echo 1 > $BPF_JIT
# Show addresses to root.
[ -z "$LOAD_LIST" ] || echo 1 > /proc/sys/kernel/kptr_restrict
# Empty chunks that earlier tests have left go.
echo 2 > /proc/sys/vm/drop_caches
step start
# What a small system has.
programs 3 || fail "can't load three programs: $(cat "$out")"
kprobes_on 1 '[a-z_]*' || fail "can't set a probe"
step small
unload
kprobes_off
for module in $modules; do
	! has_module "$module" || modprobe "$module" || fail "can't load $module"
done
# A worker unmaps freed areas.
sleep 2
step modules
before=$small
programs "$LOAD_PROGRAMS" || fail "can't load the programs: $(cat "$out")"
step programs
kprobes_on "$LOAD_PROBES" '[a-z_]*' || fail "can't set the probes"
step probes
instances "$LOAD_INSTANCES" || fail "can't set the tracers"
step tracers
[ -z "$LOAD_LIST" ] || list

[ -d $DEBUGFS/jitcache ] || exit 0
grep -q ' text huge ' $DEBUGFS/jitcache/map || skip "text is not mapped huge here"
[ "$huge" -gt 0 ] || fail "no huge mapping is executable in ${tables:-jit_cache}, but text has one"
[ "$small" -le "$before" ] || fail "$((small - before)) mappings of 4 KiB more than before"
