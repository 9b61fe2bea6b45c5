#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh [--update]: test the semantic patch module_alloc.cocci on cases/. What it makes
# of FILE.in is in FILE.res. Both end with the exit status of the conversion and the list
# of what is left. What the other modes print of all files is in cases/modes. --update
# writes anew all that is expected. Speaks KTAP.

set -u -o pipefail
export LC_ALL=C

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

# test_case LABEL CMD...: what CMD prints are diagnostics.
test_case()
{
	local label=$1
	shift

	NR=$((NR + 1))
	if "$@" > "$TMP/said" 2>&1; then
		echo "ok $NR $label"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $NR $label"
		sed 's/^/# /' "$TMP/said"
	fi
}

files()
{
	(cd cases && find . -name '*.in' | sed -e 's,^\./,,' -e 's,\.in$,,' | sort)
}

# source_of FILE: without the lines at its end. One is to have lines that end in CR LF.
source_of()
{
	local end=

	[ "${1##*/}" != crlf.c.in ] || end='\r'
	grep -v -E '^// (exit [0-9]|left )' "$1" | sed "s/\$/$end/"
}

# expectation FILE: the lines at its end.
expectation()
{
	echo "// exit $(grep -c -F "$1" "$TMP/out/errors")"
	sed -n "s,^$1:,// left ,p" "$TMP/out/left"
}

# result FILE: what became of it.
result()
{
	{ tr -d '\r' < "$TMP/out/b/$1"; } 2> /dev/null || tr -d '\r' < "$TMP/in/$1"
	expectation "$1"
}

as_expected()
{
	diff -u "cases/$1.res" <(result "$1") &&
		diff -u <(grep -E '^// (exit [0-9]|left )' "cases/$1.in") <(expectation "$1")
}

# printed MODE: what another mode prints, and which lines context mode marks.
printed()
{
	local options

	options=$(sed -n 's,^// Options:,,p' "$SMPL")
	# shellcheck disable=SC2086 # several
	(cd "$TMP/in" && spatch --very-quiet -D "$1" $options \
		--cocci-file "$SMPL" --dir . 2> "$TMP/err" > "$TMP/printed") ||
		echo "exit status $?"
	grep -v '^[0-9]* files match' "$TMP/err" | cat - "$TMP/printed" |
		grep -E '^[-*.]|EXN' | grep -v '^---' |
		tr -d '\r' | sed 's,^-\s*,-,' | sort
}

# modes: what the others print. Org mode has the lines of report mode, in another form.
modes()
{
	local place='view:(.*)::face=ovl-face1::linb=(.*)::colb=(.*)::cole=(.*)'

	echo "=== report"
	printed report | tee "$TMP/report"
	echo "=== context"
	printed context
	echo "=== org, other than report"
	printed org | sed -E "s,^\* TODO \[\[$place\]\[(.*)\]\]$,\1:\2:\3-\4: \5," |
		sort | diff "$TMP/report" -
	true
}

fails_in_no_mode()
{
	! grep '^exit status' cases/modes
}

update()
{
	local file

	for file in $(files); do
		{ tr -d '\r' < "$TMP/in/$file" && expectation "$file"; } > "cases/$file.in" &&
			result "$file" > "cases/$file.res" || return
	done
	modes > cases/modes
}

# compiles DIR OPTION...: what is converted, with nothing undeclared and nothing unused.
compiles()
{
	local file configs rc=0

	while read -r file; do
		for configs in "" "-DCONFIG_A -DCONFIG_MODULES -DCONFIG_KPROBES" \
			       "-DCONFIG_B -DCONFIG_FUNCTION_TRACER"; do
			# shellcheck disable=SC2086 # several
			gcc -x c -std=gnu11 -fsyntax-only -fno-builtin -Wall -Werror \
				-Wno-unused-value "${@:2}" $configs \
				-include stub.h.in -I "$TMP/inc" -iquote "$TMP/inc" \
				"$1/$file" || rc=1
		done
	done < "$TMP/out/changed"
	return $rc
}

# Empty headers, of all names that are included.
headers()
{
	local file

	grep -h -r '^#include' "$TMP/in" "$TMP/out/b" |
		sed 's/^#include [<"]\([^>"]*\)[>"].*/\1/' | sort -u |
		while read -r file; do
			mkdir -p "$TMP/inc/$(dirname "$file")" &&
				: > "$TMP/inc/$file" || return
		done
}

# in_git FILE: becomes the same in a tree that git tracks, and with the .cocciconfig of the
# kernel, by which Coccinelle has git search for the files.
in_git()
{
	mkdir -p "$TMP/git/$(dirname "$1")" && cp "$TMP/in/$1" "$TMP/git/$1" &&
		printf '[spatch]\n\toptions = --use-gitgrep\n' > "$TMP/git/.cocciconfig" &&
		git -C "$TMP/git" init -q && git -C "$TMP/git" add . &&
		./convert.sh "$TMP/git" "$TMP/git-out" &&
		diff "$TMP/out/b/$1" "$TMP/git-out/b/$1"
}

# converts: status 1 is what the cases that say so ask for.
converts()
{
	./convert.sh "$TMP/in" "$TMP/out"
	[ $? -eq "$(cat cases/*/*.in cases/*/*/*.in | grep -c '^// exit 1' | sed 's/[1-9].*/1/')" ]
}

cd "$(dirname "$0")" || exit
SMPL=$(realpath ../../../../../scripts/coccinelle/api/module_alloc.cocci) || exit
for program in spatch gcc git patch python3; do
	command -v $program > /dev/null || skip_all "no $program"
done
TMP=$(mktemp -d) || exit
trap 'rm -rf "$TMP"' EXIT
trap 'exit 130' INT TERM
NR=0
FAILED=0

echo "TAP version 13"
for file in $(files); do
	mkdir -p "$TMP/in/$(dirname "$file")" &&
		source_of "cases/$file.in" > "$TMP/in/$file" || exit
done
if [ "${1:-}" = --update ]; then
	./convert.sh "$TMP/in" "$TMP/out"
	update
	exit
fi
test_case "converts, twice" converts
for file in $(files); do
	test_case "$file" as_expected "$file"
done
test_case "other modes" diff -u cases/modes <(modes)
test_case "other modes exit with 0" fails_in_no_mode
test_case "in a git tree" in_git kernel/kprobes.c
headers || exit
test_case "compiles before" compiles "$TMP/in" -DOLD
test_case "compiles after" compiles "$TMP/out/b"
echo "1..$NR"
[ $FAILED -eq 0 ]
