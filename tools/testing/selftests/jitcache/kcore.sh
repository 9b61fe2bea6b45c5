#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Debuggers and crash tools read /proc/kcore. It shows the text of jit_cache: the end of
# each chunk, which holds trapping instructions, can be read. The end may be zeros, since
# these trap on some architectures, but then the chunk must contain something else.

. "$(dirname "$0")/helpers.sh"

KCORE=/proc/kcore
MAP=$DEBUGFS/jitcache/map

# number OFFSET SIZE: print a number from the ELF header
number()
{
	od -A n -t "u$2" -j "$1" -N "$2" $KCORE | tr -d ' '
}

# segments: print a line for each, in 64-bit words: type and flags, offset, address,
# physical address, size in the file, size in memory, alignment
segments()
{
	od -A n -v -t x8 -w56 -j "$(number 32 8)" -N $((56 * $(number 56 2))) $KCORE
}

# low HEX: convert to decimal. Drop the leading byte of 64 bits, which all kernel addresses
# share, because the numbers of some shells are too small for it.
low()
{
	if [ ${#1} -eq 16 ]; then
		echo $((0x${1#??}))
	else
		echo $((0x$1))
	fi
}

# offset ADDRESS: print the address's offset in the file, or "negative" if lseek() cannot
# reach it. The file begins with the linear map, so lower addresses are out of reach.
offset()
{
	local at

	at=$(low "$1")
	segments | while read -r _ offset start _ _ size _; do
		[ "$at" -ge "$(low "$start")" ] || continue
		[ $((at - $(low "$start"))) -lt "$(low "$size")" ] || continue
		case $offset in
		[89a-f]*)	echo negative ;;
		*)		echo $(($(low "$offset") + at - $(low "$start"))) ;;
		esac
		break
	done
}

# has_text OFFSET SIZE: does the file have anything but zeros there?
has_text()
{
	dd if=$KCORE bs=4096 skip=$(($1 / 4096)) count=$(($2 / 4096)) 2> /dev/null |
		od -A n -t x8 | tr -d ' *\n' | grep -q '[^0]'
}

needs_root
[ -r $KCORE ] || skip "no CONFIG_PROC_KCORE"
[ -r "$MAP" ] || skip "no jit_cache in debugfs"
[ "$(number 4 1)" -eq 2 ] || skip "not a 64-bit kernel"

looked=0
# shellcheck disable=SC2013 # words: no pipe, looked is needed afterwards
for chunk in $(awk '$3 == "text" && NF > 7 { print $1 "+" $2 }' "$MAP"); do
	at=$(offset "${chunk%+*}")
	[ -n "$at" ] || fail "no segment has ${chunk%+*}"
	[ "$at" != negative ] || continue
	at=$((at + ${chunk#*+} - 8))
	bytes=$(dd if=$KCORE bs=8 skip=$((at / 8)) count=1 2> /dev/null |
		od -A n -t x8 | tr -d ' ')
	echo "end of $chunk: $bytes"
	[ ${#bytes} -eq 16 ] || fail "can't read the end of $chunk"
	at=$((at + 8 - ${chunk#*+}))
	[ "$bytes" != 0000000000000000 ] || has_text $at "${chunk#*+}" ||
		fail "$chunk reads as zeros"
	looked=$((looked + 1))
done
[ $looked -gt 0 ] || skip "no text in any cache, or none that can be read"
