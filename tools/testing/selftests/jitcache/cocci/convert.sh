#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# convert.sh SRC OUT: what module_alloc.cocci makes of a kernel tree, which is only
# read. Leaves in OUT
#
#   diff	the conversion, for git apply
#   sums	a line for each file in which something is converted or left
#   left	what is left as it is, with file, line and the kind of place
#   errors	what went wrong; then the exit status is 1, and "diff" not to be used
#   a, b	the files with a mention of the functions, before and after

set -u -o pipefail
export LC_ALL=C

die()
{
	echo "convert.sh: $*" >&2
	exit 1
}

WORDS='module_(alloc|memfree|free)'

# cocci DIR FILES LOG: print what Coccinelle changes in these files, as a diff. What it
# says besides is in LOG.
cocci()
{
	local options

	[ -s "$2" ] || return 0
	options=$(sed -n 's,^// Options:,,p' "$SMPL")
	# One file in each group.
	sed G "$2" > "$OUT/groups"
	# shellcheck disable=SC2086 # several
	(cd "$1" && spatch --very-quiet -D patch --use-coccigrep $options --cocci-file "$SMPL" \
		--patch . --file-groups "$OUT/groups") 2> "$3"
}

# errors_of LOG: what is neither a remark nor a note of Coccinelle.
errors_of()
{
	[ ! -s "$1" ] || grep -v -E -e '^[^:]*:[0-9]+:[0-9]+-[0-9]+: [a-z_]+ is left: ' \
		-e '^[0-9]+ files? match' "$1" | grep .
}

# changed: the files that differ.
changed()
{
	local file

	while read -r file; do
		cmp -s "$OUT/a/$file" "$OUT/b/$file" || echo "$file"
	done < "$OUT/files"
}

# gone FILE PATTERN: how many mentions the conversion takes away.
gone()
{
	diff "$OUT/a/$1" "$OUT/b/$1" | sed -n 's/^< //p' | grep -o -w -E "$2" | wc -l
}

sums()
{
	local file

	while read -r file; do
		echo "$file: allocations $(gone "$file" module_alloc)," \
			"frees $(gone "$file" 'module_(mem)?free')," \
			"left $(grep -c "^$file:" "$OUT/left")"
	done < "$OUT/files" | grep -v 'allocations 0, frees 0, left 0$'
}

[ $# -eq 2 ] || die "usage: convert.sh SRC OUT"
HERE=$(cd "$(dirname "$0")" && pwd) || exit
SMPL=$(realpath "$HERE/../../../../../scripts/coccinelle/api/module_alloc.cocci") ||
	die "no module_alloc.cocci"
command -v spatch > /dev/null || die "no spatch, install coccinelle"
SRC=$(cd "$1" && pwd) || die "$1 is not a readable directory"
mkdir -p "$2" && OUT=$(cd "$2" && pwd) || exit
rm -rf "${OUT:?}"/{a,b,diff,sums,left,errors,files,all,groups,changed,log,diff2,log2}
mkdir "$OUT/a" "$OUT/b" || exit

(cd "$SRC" && grep -r -l -w -E --exclude-dir=.git --include='*.[chS]' -e "$WORDS" . |
	sed 's,^\./,,' | sort) > "$OUT/all"
grep '\.[ch]$' "$OUT/all" > "$OUT/files"
(cd "$SRC" && xargs -r -d '\n' cp --parents -t "$OUT/a") < "$OUT/files" ||
	die "can't copy from $SRC"
chmod -R u+w "$OUT/a"
cp -R "$OUT/a/." "$OUT/b" || exit

: > "$OUT/log"
{
	cocci "$SRC" "$OUT/files" "$OUT/log" > "$OUT/diff2" ||
		echo "spatch exits with status $?"
	errors_of "$OUT/log"
	[ ! -s "$OUT/diff2" ] || (cd "$OUT/b" && patch -s -p1 < "$OUT/diff2") 2>&1
} > "$OUT/errors"
changed > "$OUT/changed"
# Once more: nothing may change.
cocci "$OUT/b" "$OUT/changed" "$OUT/log2" |
	sed -n 's,^--- a/,a second run changes ,p' >> "$OUT/errors"

(cd "$SRC" && xargs -r -d '\n' "$HERE/left.py" "$SMPL" "$OUT/log" "$OUT/changed" \
	< "$OUT/all") > "$OUT/left" || echo "left.py failed" >> "$OUT/errors"
sums > "$OUT/sums"
(cd "$OUT" && GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 \
	git diff --no-index --no-color --no-ext-diff --no-renames \
	--src-prefix= --dst-prefix= a b) > "$OUT/diff"
cat "$OUT/errors" >&2
[ ! -s "$OUT/errors" ]
