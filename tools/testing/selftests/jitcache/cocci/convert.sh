#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# convert.sh SRC OUT: what module_alloc.cocci makes of a kernel tree, which is only
# read. Leaves in OUT
#
#   diff	the conversion, for git apply
#   sums	a line for each file in which something was converted or left
#   left	what is left as it is, and hints, with file, line and reason
#   errors	what went wrong; then the exit status is 1, and "diff" not to be used
#   a, b	the files with a mention of the functions, before and after

set -u -o pipefail
export LC_ALL=C

die()
{
	echo "convert.sh: $*" >&2
	exit 1
}

# mentions SRC PATTERN...: files of these names that have one of the words.
mentions()
{
	local src=$1
	shift

	(cd "$src" && grep -r -l -w -E --exclude-dir=.git "${@/#/--include=}" \
		-e 'module_(alloc|memfree|free)' .) | sort
}

# cocci DIR LOG: convert the files there. Everything that Coccinelle says is in LOG.
cocci()
{
	local options

	options=$(sed -n 's,^// Options:,,p' "$SMPL")
	# shellcheck disable=SC2086 # several
	(cd "$1" && spatch --very-quiet --in-place --no-show-diff -D patch -D every \
		$options --cocci-file "$SMPL" --dir .) > "$2" 2>&1
}

# The lines of a log that the semantic patch wrote.
REMARK='^\./[^:]*:[0-9]+:[0-9]+-[0-9]+: '
SUM='^\./[^:]*: calls [0-9]+, values [0-9]+, frees [0-9]+, prototypes [0-9]+, left [0-9]+$'
DONE='^\./[^:]*: done$'

# errors_of LOG STATUS: all others, and files that it doesn't speak of.
errors_of()
{
	grep -v -E -e "$REMARK" -e "$SUM" -e "$DONE" -e '^[0-9]+ files? match' "$1" | grep .
	grep -E "$REMARK.* ERROR: " "$1" | sed 's,^\./,,'
	grep -E "$DONE" "$1" | sed 's,: done$,,' | sort | comm -13 - "$OUT/files" |
		sed 's,^\./\(.*\),\1: Coccinelle gave up,'
	[ "$2" -eq 0 ] || echo "spatch exits with status $2"
}

# remarks_of LOG: in order, and without their lines, which conversion moves.
remarks_of()
{
	grep -E "$REMARK" "$1" | sed -E 's,:[0-9]+:[0-9]+-[0-9]+:,:,' | grep ' is left: ' | sort
}

[ $# -eq 2 ] || die "usage: convert.sh SRC OUT"
HERE=$(cd "$(dirname "$0")" && pwd) || exit
SMPL=$(realpath "$HERE/../../../../../scripts/coccinelle/api/module_alloc.cocci") ||
	die "no module_alloc.cocci"
command -v spatch > /dev/null || die "no spatch, install coccinelle"
[ -d "$1" ] || die "$1 is not a directory"
mkdir -p "$2" && OUT=$(cd "$2" && pwd) || exit
rm -rf "${OUT:?}"/{a,b,c,diff,sums,left,errors,files,log,log2}
mkdir "$OUT/a" "$OUT/b" || exit
[ -r "$1" ] && [ -x "$1" ] || die "$1 is not readable"

mentions "$1" '*.c' '*.h' > "$OUT/files"
(cd "$1" && xargs -r -d '\n' cp --parents -t "$OUT/a") < "$OUT/files" ||
	die "can't copy from $1"
chmod -R u+w "$OUT/a"
cp -R "$OUT/a/." "$OUT/b" || exit
# These make it a kernel tree to the semantic patch, which goes by paths.
touch "$OUT/b/Kbuild" "$OUT/b/MAINTAINERS"

: > "$OUT/log"
status=0
[ ! -s "$OUT/files" ] || cocci "$OUT/b" "$OUT/log" || status=$?
errors_of "$OUT/log" $status > "$OUT/errors"

# Once more: nothing may change, and nothing be found that wasn't.
if [ -s "$OUT/files" ] && [ ! -s "$OUT/errors" ]; then
	cp -R "$OUT/b" "$OUT/c" || exit
	status=0
	cocci "$OUT/c" "$OUT/log2" || status=$?
	{
		errors_of "$OUT/log2" $status
		diff -r -q "$OUT/b" "$OUT/c" |
			sed "s,^Files $OUT/b/\([^ ]*\) .*,\1: a second run changes it,"
		diff <(remarks_of "$OUT/log") <(remarks_of "$OUT/log2") |
			sed -n 's,^[<>] \./,left by one of two runs: ,p'
	} > "$OUT/errors"
	rm -rf "$OUT/c"
fi

rm "$OUT/b/Kbuild" "$OUT/b/MAINTAINERS"
grep -E "$SUM" "$OUT/log" | sed 's,^\./,,' | sort > "$OUT/sums"
{
	grep -E "$REMARK" "$OUT/log" | sed 's,^\./,,'
	mentions "$1" '*.S' | while read -r file; do
		(cd "$1" && grep -H -n -w -E 'module_(alloc|memfree|free)' "$file") |
			sed -E 's,^\./([^:]*:[0-9]+):.*,\1: is left: assembly,'
	done
} | sort -t : -k 1,1 -k 2,2n > "$OUT/left"
(cd "$OUT" && GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 \
	git diff --no-index --no-color --no-ext-diff --no-renames \
	--src-prefix= --dst-prefix= a b) > "$OUT/diff"
cat "$OUT/errors" >&2
[ ! -s "$OUT/errors" ]
