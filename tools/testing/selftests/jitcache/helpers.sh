# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the tests of this directory share. For any POSIX shell that has "local".

TRACING=/sys/kernel/tracing
# shellcheck disable=SC2034 # for those who source this
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

# has_config OPTION: true only if the running kernel is known to have it.
has_config()
{
	{ zcat /proc/config.gz || cat "/boot/config-$(uname -r)"; } 2> /dev/null |
		grep -q "^CONFIG_$1=[ym]"
}

has_module()
{
	find "/lib/modules/$(uname -r)" -name "$1.ko*" 2> /dev/null | grep -q .
}

# Where an architecture allows a probe differs, and where a function's second
# instruction begins: its entry would be ftrace's, and needs no slot. What is likely
# comes first.
probe_inside()
{
	local event=$1 function=$2 offset

	for offset in 8 5 4 1 2 3 6 7 9 10 11 12 13 14 15 16 20 24; do
		echo "p:$event $function+$offset" \
			>> $TRACING/kprobe_events 2> /dev/null && return
	done
	return 1
}

# Kprobes uses jit_cache where text can be written natively, so there it isn't skipped.
skip_without_slots()
{
	! has_config ARCH_HAS_TEXT_POKE || fail "kprobes doesn't use jit_cache"
	skip "kprobes doesn't use jit_cache here"
}

# functions PATTERN: those of the kernel image with such a name, a basic regular
# expression. Next to ftrace, kprobe events take no function but what that traces, and
# say so on the console. mips has its sys_call_table among the text.
functions()
{
	local traced=$TRACING/available_filter_functions

	if [ -e $traced ]; then
		grep -x "$1" $traced
	else
		sed -n -e '/_table$/d' -e "s/.* [tT] \($1\)\$/\1/p" /proc/kallsyms
	fi
}

# kprobes_on COUNT [PATTERN]: register and enable that many kprobes off function
# entries.
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
	# All names first: the list gets shorter while it is gone through.
	events=$(sed -n 's/^[pr][^:]*:\(jitcache[^ ]*\).*/\1/p' $TRACING/kprobe_events)
	for event in $events; do
		echo "-:$event" >> $TRACING/kprobe_events
	done
}

# Have the kernel compile a few BPF programs, all of a suite's, run one of them,
# and drop them. Does nothing where it can't.
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

# ranges FILE: what a file of page tables shows, each architecture in its own way, as
# lines of START END KBYTES ro|rw x|nx. END is the last address or the one behind it.
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

# page_tables: the file that shows those of the kernel, if there is one.
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
