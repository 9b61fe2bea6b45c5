#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# selftest.sh SRC: test judge and beside on recorded runs. test_data/passed holds a
# good run as boot recorded it, each other directory the files of another run that
# differ. "expected" is what judge must print; its last word gives the exit status. A
# file "stock" names another case; then "expected" is what beside must print for both.

. "${0%/*}/lib.sh"

[ $# -eq 1 ] || die "usage: selftest.sh SRC"
cd "$(dirname "$0")" || exit
PASSED=0
FAILED=0

# record CASE: put the files of the run together in $TMP/CASE.
record()
{
	[ -d "$TMP/$1" ] || { cp -R test_data/passed "$TMP/$1" && cp "test_data/$1"/* "$TMP/$1"; }
}

# check CASE: compare output and exit status with what is expected.
check()
{
	local case=$1 want status=1 command stock

	! grep -q ' verdict pass$' "test_data/$case/expected" || status=0
	record "$case" || return
	command=(./judge.sh "$TMP/$case" "$SRC")
	if [ -f "test_data/$case/stock" ]; then
		stock=$(cat "test_data/$case/stock")
		record "$stock" || return
		command=(./beside.sh "$TMP/$stock" "${command[@]:1}")
	fi
	want=$(cat "test_data/$case/expected"; echo "exit $status")
	diff -u <(echo "$want") \
		<("${command[@]}" 2>&1; echo "exit $?")
}

SRC=$(realpath "$1")
TMP=$(mktemp -d)/recorded
mkdir "$TMP" || exit
trap 'rm -rf "${TMP%/*}"' EXIT
for case in test_data/*/; do
	case=$(basename "$case")
	[ -f "test_data/$case/expected" ] || die "$case: no file \"expected\""
	if check "$case"; then
		echo "ok $case"
		PASSED=$((PASSED + 1))
	else
		echo "not ok $case"
		FAILED=$((FAILED + 1))
	fi
done

echo "judge: $PASSED passed, $FAILED failed"
[ $FAILED -eq 0 ] && [ $PASSED -gt 0 ]
