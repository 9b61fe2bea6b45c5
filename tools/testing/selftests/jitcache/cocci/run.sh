#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--update]: test the semantic patch module_alloc.cocci on the fixtures in
# in/, one for each shape of code. What each mode has to print of in/FILE.in is in
# out/FILE.out; --update writes it anew. Speaks KTAP.

set -u -o pipefail
export LC_ALL=C

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

ok()
{
	NR=$((NR + 1))
	echo "ok $NR $*"
}

not_ok()
{
	NR=$((NR + 1))
	FAILED=$((FAILED + 1))
	echo "not ok $NR $*"
}

# test_case LABEL CMD...: what CMD prints are diagnostics.
test_case()
{
	local label=$1
	shift

	if "$@" > "$TMP/said" 2>&1; then
		ok "$label"
	else
		not_ok "$label"
		sed 's/^/# /' "$TMP/said"
	fi
}

fixtures()
{
	(cd "$1" && find . -name '*.in' | sed -e 's,^\./,,' -e 's,\.in$,,' | sort)
}

# unpack DIR TREE: the fixtures of a directory under their names, as a kernel tree.
unpack()
{
	local file

	for file in $(fixtures "$1"); do
		mkdir -p "$2/$(dirname "$file")" && cp "$1/$file.in" "$2/$file" || return
	done
	touch "$2/Kbuild" "$2/MAINTAINERS"
}

# look MODE: stdout and stderr of it on all fixtures.
look()
{
	local options

	options=$(sed -n 's,^// Options:,,p' "$SMPL")
	# shellcheck disable=SC2086 # several
	(cd "$TMP/in" && spatch --very-quiet -D "$1" -D every $options \
		--cocci-file "$SMPL" --dir .) > "$TMP/$1" 2> "$TMP/$1.err" || return
	! grep -v -E -e '^\./[^:]*:[0-9]+:[0-9]+-[0-9]+: ' -e '^\./[^:]*: done$' \
		-e '^[0-9]+ files match$' "$TMP/$1.err" || return
	diff <(fixtures in) <(sed -n 's,^\./\(.*\): done$,\1,p' "$TMP/$1.err" | sort)
}

# printed FILE: what all modes print of it, without white space at the ends of lines.
printed()
{
	modes_of "$1" | sed 's/[[:space:]]*$//'
}

modes_of()
{
	local re=${1//./\\.}

	echo "=== patch"
	awk -v "file=a/$1" '/^diff / { on = $3 == file } on && !/^(diff|index) /' \
		"$TMP/out/diff"
	grep -h "^$re:" "$TMP/out/left" "$TMP/out/sums"
	echo "=== report"
	sed -n "s,^\./\($re:\),\1,p" "$TMP/report"
	echo "=== org"
	sed -n "s,^\(\* TODO \[\[view:\)\./\($re::\),\1\2,p" "$TMP/org"
	echo "=== context"
	awk -v "file=./$1" '/^diff / { on = $4 == file; next }
		on { sub(/^--- .*/, "--- a"); sub(/^\+\+\+ .*/, "+++ b"); print }' \
		"$TMP/context"
	sed -n "s,^\./\($re:[0-9]\),\1,p" "$TMP/context.err"
}

as_expected()
{
	diff -u "out/$1.out" <(printed "$1")
}

update()
{
	local file

	rm -rf out
	for file in $(fixtures in); do
		mkdir -p "out/$(dirname "$file")" && printed "$file" > "out/$file.out" || return
	done
}

# compiles DIR OPTION...: with nothing undeclared, and nothing unused; but not those
# that call something of their own by these names.
compiles()
{
	local file configs rc=0

	for file in $(fixtures in | grep -v /own_); do
		for configs in "" "-DCONFIG_A -DCONFIG_MODULES -DCONFIG_KPROBES" \
			       "-DCONFIG_B -DCONFIG_FUNCTION_TRACER"; do
			# What is left needs the old functions.
			# shellcheck disable=SC2046,SC2086 # several
			gcc -x c -std=gnu11 -fsyntax-only -fno-builtin -Wall -Werror \
				-Wno-unused-value "${@:2}" $configs \
				$(grep -q "^$file:.* left 0$" "$TMP/out/sums" || echo -DOLD) \
				-include stub.h.in -I "$TMP/inc" -iquote "$TMP/inc" \
				"$1/$file" || rc=1
		done
	done
	return $rc
}

# Empty headers, of all names that are included.
headers()
{
	local file

	grep -h -r '^#include' "$TMP/in" "$TMP/out/b" |
		sed 's/^#include [<"]\(.*\)[>"]/\1/' | sort -u |
		while read -r file; do
			mkdir -p "$TMP/inc/$(dirname "$file")" &&
				: > "$TMP/inc/$file" || return
		done
}

# named FILE TEXT: conversion of bad/ fails, and says so of this file.
named()
{
	grep "^$1:.*$2\|$2.* in \./$1$" "$TMP/bad.out/errors" || {
		cat "$TMP/bad.out/errors"
		return 1
	}
}

fails()
{
	! ./convert.sh "$TMP/bad" "$TMP/bad.out"
}

cd "$(dirname "$0")" || exit
SMPL=$(realpath ../../../../../scripts/coccinelle/api/module_alloc.cocci) || exit
for program in spatch gcc git; do
	command -v $program > /dev/null || skip_all "no $program"
done
TMP=$(mktemp -d) || exit
trap 'rm -rf "$TMP"' EXIT
trap 'exit 130' INT TERM
NR=0
FAILED=0

echo "TAP version 13"
unpack in "$TMP/in" && unpack bad "$TMP/bad" || exit
test_case "patch mode runs, twice" ./convert.sh "$TMP/in" "$TMP/out"
sed 's/^/# /' "$TMP/out/errors"
for mode in report org context; do
	test_case "$mode mode runs" look $mode
done
if [ "${1:-}" = --update ]; then
	update || exit
fi
test_case "an expectation for each fixture" \
	diff <(fixtures in) <(cd out && find . -type f | sed -e 's,^\./,,' -e 's,\.out$,,' | sort)
for file in $(fixtures in); do
	test_case "$file" as_expected "$file"
done
headers || exit
test_case "compiles before" compiles "$TMP/in" -DOLD
test_case "compiles after" compiles "$TMP/out/b"
test_case "conversion fails" fails
test_case "what can't be parsed is named" named unparsable.c "can't parse"
test_case "where Coccinelle fails is named" named fails.c "EXN"
test_case "what is given up is named" named fails.c "gave up"
echo "1..$NR"
[ $FAILED -eq 0 ]
