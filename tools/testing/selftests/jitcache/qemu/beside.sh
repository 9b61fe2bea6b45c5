#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# beside.sh BASE_DIR PATCHED_DIR SRC: decide whether a patched kernel's run, recorded
# in PATCHED_DIR, is as good as that of a stock kernel in BASE_DIR. What judge says of
# both alike, bar numbers that differ from boot to boot, is listed and doesn't count;
# what it says of the patched one alone, or more often, is a failure.
#
# Prints the reasons, a row for each kernel, then, last, one for machines:
#   beside NAME passed P failed F skipped S verdict pass|fail
# with tests that fail on both among the skipped. Exits 0 only for a pass.

. "${0%/*}/lib.sh"

[ $# -eq 3 ] || die "usage: beside.sh BASE_DIR PATCHED_DIR SRC"
TMP=$(mktemp -d) || exit
trap 'rm -rf "$TMP"' EXIT

# judged DIR: the result's words in $TMP/result, and the reasons without the name that
# each begins with.
judged()
{
	"${0%/*}/judge.sh" -e "$1" "$2" > "$TMP/judged"
	tail -n 1 "$TMP/judged" | grep '^result ' > "$TMP/result" ||
		die "no judgement of $1"
	sed -e '$d' -e 's/^[^:]*: //' "$TMP/judged"
}

# Line numbers, times, addresses and processes are of one boot.
same_names()
{
	sed -E -e 's/^(splat on the console), line [0-9]+:/\1: /' \
		-e 's/\[ *[0-9]+\.[0-9]+\] *//' \
		-e 's/\b(0x)?[0-9a-f]{8,16}\b/ADDR/g' -e 's/0x[0-9a-f]+/ADDR/g' \
		-e 's/\b(CPU|PID|T): ?[0-9]+/\1/g' | sort
}

# Indented, under a title, if there is any.
list()
{
	[ ! -s "$2" ] || sed "s/^/$1: /" "$2"
}

row()
{
	printf '%-8s KUnit %4d passed %3d failed %3d skipped   ' "${@:1:4}"
	printf 'kselftest %2d passed %2d failed %2d skipped\n' "${@:5}"
}

judged "$1" "$3" > "$TMP/reasons" || exit
same_names < "$TMP/reasons" > "$TMP/stock"
read -r _ _ _ bkp bkf bks _ bsp bsf bss _ _ < "$TMP/result"
judged "$2" "$3" > "$TMP/reasons" || exit
same_names < "$TMP/reasons" > "$TMP/patched"
read -r _ name _ kp kf ks _ sp sf ss _ _ < "$TMP/result"

comm -12 "$TMP/stock" "$TMP/patched" > "$TMP/both"
comm -13 "$TMP/stock" "$TMP/patched" > "$TMP/new"
# Some failures are counted that have no line: those stay failures.
also=$(grep -cE '^(kunit|kselftest): not ok ' "$TMP/both")
failed=$((kf + sf - also))
[ $failed -ge 0 ] || failed=0
[ $failed -gt 0 ] || [ ! -s "$TMP/new" ] || failed=1
# Nothing that ran is as good as nothing.
[ "$kp" -gt 0 ] && [ "$sp" -gt 0 ] || [ $failed -gt 0 ] || failed=1

list "fails on stock too" "$TMP/both"
list "fails on the patched kernel only" "$TMP/new"
row stock "$bkp" "$bkf" "$bks" "$bsp" "$bsf" "$bss"
row patched "$kp" "$kf" "$ks" "$sp" "$sf" "$ss"
[ $failed -eq 0 ] && verdict=pass || verdict=fail
echo "beside $name passed $((kp + sp)) failed $failed skipped $((ks + ss + also)) verdict $verdict"
[ $failed -eq 0 ]
