#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# beside.sh BASE_DIR PATCHED_DIR SRC: decide whether the run of a patched kernel,
# recorded in PATCHED_DIR, is as good as that of a stock kernel in BASE_DIR. A reason
# to fail that judge gives for both, apart from numbers that differ between boots, is
# listed but doesn't count. A reason that judge gives only for the patched kernel, or
# more often, is a failure.
#
# Prints the reasons, a row for each kernel, and as the last line
#   beside NAME passed P failed F skipped S verdict pass|fail
# where tests that fail on both count as skipped. Exits 0 only for a pass.

. "${0%/*}/lib.sh"

[ $# -eq 3 ] || die "usage: beside.sh BASE_DIR PATCHED_DIR SRC"
TMP=$(mktemp -d) || exit
trap 'rm -rf "$TMP"' EXIT

# judged DIR SRC: print the reasons that judge gives, without the name that each
# begins with. Leaves the result line in $TMP/result.
judged()
{
	"${0%/*}/judge.sh" -e "$1" "$2" > "$TMP/judged"
	tail -n 1 "$TMP/judged" | grep '^result ' > "$TMP/result" ||
		die "judge gives no result for $1"
	sed -e '$d' -e 's/^[^:]*: //' "$TMP/judged"
}

# Mask what differs between boots: line numbers, times, addresses and processes.
same_names()
{
	sed -E -e 's/^(splat on the console), line [0-9]+:/\1: /' \
		-e 's/\[ *[0-9]+\.[0-9]+\] *//' \
		-e 's/\b(0x)?[0-9a-f]{8,16}\b/ADDR/g' -e 's/0x[0-9a-f]+/ADDR/g' \
		-e 's/\b(CPU|PID|T): ?[0-9]+/\1/g' | sort
}

# list TITLE FILE: print each line of FILE after TITLE.
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
# Subtract only failures that have a line; others stay failures.
also=$(grep -cE '^(kunit|kselftest): not ok ' "$TMP/both")
failed=$((kf + sf - also))
[ $failed -ge 0 ] || failed=0
[ $failed -gt 0 ] || [ ! -s "$TMP/new" ] || failed=1
# A run in which nothing passed is a failure, even if stock is no better.
[ "$kp" -gt 0 ] && [ "$sp" -gt 0 ] || [ $failed -gt 0 ] || failed=1

list "fails on stock too" "$TMP/both"
list "fails on the patched kernel only" "$TMP/new"
row stock "$bkp" "$bkf" "$bks" "$bsp" "$bsf" "$bss"
row patched "$kp" "$kf" "$ks" "$sp" "$sf" "$ss"
[ $failed -eq 0 ] && verdict=pass || verdict=fail
echo "beside $name passed $((kp + sp)) failed $failed skipped $((ks + ss + also)) verdict $verdict"
[ $failed -eq 0 ]
