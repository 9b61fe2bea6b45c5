# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Shared by the tests in this directory. For any POSIX shell that has "local".

TRACING=/sys/kernel/tracing
# shellcheck disable=SC2034 # used by scripts that source this one
DEBUGFS=/sys/kernel/debug
BPF_JIT=/proc/sys/net/core/bpf_jit_enable

fail()
{
	echo "FAIL: $*"
	exit 1
}

skip()
{
	echo "SKIP: $*"
	exit 4
}

needs_root()
{
	[ "$(id -u)" -eq 0 ] || skip "not root"
}

# has_config OPTION: true only if the running kernel is known to have CONFIG_OPTION.
has_config()
{
	{ zcat /proc/config.gz || cat "/boot/config-$(uname -r)"; } 2> /dev/null |
		grep -q "^CONFIG_$1=[ym]"
}

has_module()
{
	find "/lib/modules/$(uname -r)" -name "$1.ko*" 2> /dev/null | grep -q .
}

# probe_inside EVENT FUNCTION: set a probe on an instruction after the first. A probe on
# the entry may use ftrace, and then needs no slot. Architectures differ in where the
# second instruction begins and where they allow a probe, so try likely offsets first. On
# powerpc, ftrace cannot turn a call off whose preceding instruction is probed.
probe_inside()
{
	local event=$1 function=$2 offset
	local offsets='8 5 4 1 2 3 6 7 9 10 11 12 13 14 15 16 20 24'

	case $(uname -m) in
	ppc*)	offsets='16 20 24 28' ;;
	esac
	for offset in $offsets; do
		echo "p:$event $function+$offset" \
			>> $TRACING/kprobe_events 2> /dev/null && return
	done
	return 1
}

# For a test that finds no instruction slots. It fails if the kernel was configured to
# take them from a jit_cache, and is skipped if not.
skip_without_slots()
{
	! has_config KPROBES_JIT_CACHE || fail "kprobes doesn't use jit_cache"
	skip "kprobes doesn't use jit_cache here"
}

# functions PATTERN: list functions of the kernel image whose names match PATTERN, a basic
# regular expression. In a kernel with ftrace, list only those that ftrace can trace:
# kprobe events reject all others, with a message on the console. Leave out tables, since
# mips has its sys_call_table in the text section.
functions()
{
	local traced=$TRACING/available_filter_functions

	if [ -e $traced ]; then
		grep -x "$1" $traced
	else
		sed -n -e '/_table$/d' -e "s/.* [tT] \($1\)\$/\1/p" /proc/kallsyms
	fi
}

# kprobes_on COUNT [PATTERN]: register COUNT kprobes inside functions whose names match
# PATTERN, and enable them.
kprobes_on()
{
	local count=0 function

	# shellcheck disable=SC2013 # no pipe: count is needed afterwards
	for function in $(functions "${2:-vfs_[a-z_]*}"); do
		probe_inside "jitcache/probe$count" "$function" || continue
		count=$((count + 1))
		[ $count -lt "$1" ] || break
	done
	[ $count -eq "$1" ] || return 1
	echo 1 > $TRACING/events/jitcache/enable
}

kprobes_off()
{
	local events event

	[ -d $TRACING/events/jitcache ] || return 0
	echo 0 > $TRACING/events/jitcache/enable
	# Read all names first, because each removal changes the list.
	events=$(sed -n 's/^[pr][^:]*:\(jitcache[^ ]*\).*/\1/p' $TRACING/kprobe_events)
	for event in $events; do
		echo "-:$event" >> $TRACING/kprobe_events
	done
}

# Make the kernel compile the BPF programs of a small suite of test_bpf, run one of them,
# and free them all. Do nothing without test_bpf or without a JIT.
jit_some_bpf()
{
	local jit rc=0

	if ! has_module test_bpf || [ ! -e $BPF_JIT ]; then
		return 0
	fi
	jit=$(cat $BPF_JIT)
	echo 1 > $BPF_JIT
	modprobe test_bpf test_suite=test_tail_calls test_id=0 &&
		modprobe -r test_bpf || rc=1
	echo "$jit" > $BPF_JIT
	return $rc
}

# ranges FILE: convert a dump of page tables, of which each architecture has its own
# format, to lines of START END KBYTES ro|rw x|nx. END is the last address or the one
# after it.
ranges()
{
	awk '
	BEGIN	{ unit["K"] = 1; unit["M"] = 1024; unit["G"] = 1048576 }
	/^0x/	{
		kbytes = 0
		write = "ro"
		exec = "nx"
		for (i = 2; i <= NF; i++) {
			if (!kbytes && $i ~ /^[0-9]+[KMG]$/)
				kbytes = $i * unit[substr($i, length($i))]
			else if ($i ~ /^(RW|rw|W|w)$/)
				write = "rw"
			else if ($i ~ /^[xX]$/)
				exec = "x"
		}
		split($1, address, "-")
		print substr(address[1], 3), substr(address[2], 3), kbytes, write, exec
	}' "$1"
}

# page_tables: print the name of the file that dumps the kernel's page tables, or fail
page_tables()
{
	local file

	for file in $DEBUGFS/kernel_page_tables $DEBUGFS/page_tables/kernel; do
		if [ -r "$file" ]; then
			echo "$file"
			return
		fi
	done
	return 1
}

# jit_total FILE COLUMN [NAMES]: print the sum of a column of a file of jit_cache in
# debugfs. The first line of the file names the columns. Only lines whose whole first
# field matches NAMES, an extended regular expression, count. Without NAMES, all count.
jit_total()
{
	local file=$DEBUGFS/jitcache/$1

	awk -v column="$2" -v names="^(${3:-.*})\$" '
	NR == 1	{
		for (i = 2; i <= NF; i++)
			if ($i == column)
				col = i - 1
		if (!col)
			exit
		next
	}
	$1 ~ names	{ n += $col }
	END		{
		if (!col)
			exit 1
		printf "%.0f\n", n
	}' "$file" && return

	# Not on stdout, which the caller captures.
	echo "FAIL: no column $2 in $file" >&2
	return 1
}

# jit_stat CACHE COLUMN: print the value of a column for a cache, or fail if there is no such
# column. If CACHE, an extended regular expression, matches several caches, print the sum.
jit_stat()
{
	jit_total caches "$2" "$1"
}
