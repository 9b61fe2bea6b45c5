# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Make commits of the series. Sourced by bash after lib.sh, never run.
#
# Patches are applied to the index only. A series that doesn't apply leaves the work
# tree as it was; one that applies touches only the files that it changes.

APPLY_TMP=$(mktemp -d) || exit 1

# mail_split PATCH: take the mail apart as git am does, into $APPLY_TMP/info,
# msg and diff.
mail_split()
{
	git mailinfo --no-scissors "$APPLY_TMP/msg" "$APPLY_TMP/diff" \
		< "$1" > "$APPLY_TMP/info" || die "$1: not a mail"
	grep -q '^Subject: .' "$APPLY_TMP/info" || die "$1: no subject"
	grep -q '^Date: .' "$APPLY_TMP/info" || die "$1: no date"
}

# mail_message: print the commit message, without the New-file lines.
mail_message()
{
	sed -n 's/^Subject: //p' "$APPLY_TMP/info"
	echo
	sed '/^New-file: /d' "$APPLY_TMP/msg"
}

# A diff must not create a file, nor edit a file that an earlier patch brings: new
# files are stored in this repository, once, in their final form.
diff_is_fair()
{
	local patch=$1 file

	file=$(kgit apply --summary "$APPLY_TMP/diff" |
		sed -n 's/^ create mode [0-9]* //p' | head -n 1)
	[ -z "$file" ] ||
		die "$patch: its diff creates $file, use a New-file line instead"
	file=$(kgit apply --numstat "$APPLY_TMP/diff" | cut -f 3 |
		grep -xF -f "$APPLY_TMP/brought" | head -n 1)
	[ -z "$file" ] ||
		die "$patch: edits $file, which an earlier patch brings: edit the file itself"
}

# Apply every hunk, without fuzz and without white space errors.
apply_diff()
{
	local patch=$1

	grep -q '^diff --git ' "$APPLY_TMP/diff" || return 0
	diff_is_fair "$patch"
	kgit apply --cached --whitespace=error "$APPLY_TMP/diff" \
		2> "$APPLY_TMP/err" && return
	cat "$APPLY_TMP/err"
	die "$patch doesn't apply: $(sed -n 's/^error: //p' "$APPLY_TMP/err" | head -n 1)"
}

# mentions TREE DIR: write to DIR the files of TREE that name a function to convert, and
# the headers, which may make something else of the names.
mentions()
{
	local GIT_INDEX_FILE=$APPLY_TMP/mentions.index
	export GIT_INDEX_FILE

	rm -rf "$2"
	mkdir "$2" && kgit read-tree "$1" &&
		{ kgit grep --cached -l -w -E -e 'module_(alloc|memfree|free)' \
			-- '*.[chS]' || [ $? -eq 1 ]
		  kgit ls-files -- '*.h' ':!*/asic_reg/*'; } | sort -u |
		kgit checkout-index --stdin --prefix="$2/"
}

# convert_index: apply the semantic patch to the index. The output of Coccinelle is
# left in $APPLY_TMP/converted.
convert_index()
{
	local tree

	tree=$(kgit write-tree) && mentions "$tree" "$APPLY_TMP/mentions" &&
		"$SELFTEST/cocci/convert.sh" "$APPLY_TMP/mentions" \
			"$APPLY_TMP/converted" &&
		[ -s "$APPLY_TMP/converted/diff" ] &&
		kgit apply --cached --whitespace=error "$APPLY_TMP/converted/diff"
}

# apply_semantic PATCH: apply the semantic patch that the mail names, if it does.
apply_semantic()
{
	local patch=$1 smpl

	smpl=$(semantic_patch_of < "$APPLY_TMP/msg")
	[ -n "$smpl" ] || return 0
	[ "$smpl" = "$SEMANTIC_PATCH" ] || die "$patch: unknown semantic patch $smpl"
	grep -qxF "$smpl" "$APPLY_TMP/brought" ||
		die "$patch: no earlier patch brings $smpl"
	! grep -q '^diff --git ' "$APPLY_TMP/diff" ||
		die "$patch: has both a diff and a semantic patch"
	run convert_index || die "$patch: $smpl can't convert the tree"
}

# add_file PATCH FILE: add a new file of PATCH from this repository.
add_file()
{
	local patch=$1 file=$2 mode=100644 blob

	[ -f "$file" ] && [ ! -L "$file" ] ||
		die "$patch: brings $file, which is not in this repository"
	[ -z "$(kgit ls-files -- "$file")" ] ||
		die "$patch: brings $file, which the tree already has"
	[ ! -x "$file" ] || mode=100755
	blob=$(kgit hash-object -w --no-filters "$TOP/$file") &&
		kgit update-index --add --cacheinfo "$mode,$blob,$file" ||
		die "$patch: can't add $file"
	echo "$file" >> "$APPLY_TMP/brought"
}

# commit_index PARENT: commit the index with the message on stdin. Author and
# date are the same for every user, and so is the hash.
commit_index()
{
	local date

	date=$(sed -n 's/^Date: //p' "$APPLY_TMP/info")
	GIT_AUTHOR_NAME=jitcache GIT_AUTHOR_EMAIL=jitcache@localhost \
	GIT_COMMITTER_NAME=jitcache GIT_COMMITTER_EMAIL=jitcache@localhost \
	GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date \
		kgit commit-tree -p "$1" "$(kgit write-tree)"
}

# apply_series PARENT: commit each patch of the series on top of PARENT, and stop
# at the first that fails. The last commit is left in $APPLY_TMP/head.
apply_series()
{
	local head=$1 patch file

	export GIT_INDEX_FILE=$APPLY_TMP/index
	: > "$APPLY_TMP/brought"
	kgit read-tree "$head" || return 1
	for patch in $(series_patches); do
		echo "$patch"
		[ -f "$patch" ] || die "$patch is listed in patches/series, but missing"
		mail_split "$patch"
		apply_diff "$patch"
		apply_semantic "$patch"
		for file in $(patch_new_files "$patch"); do
			add_file "$patch" "$file"
		done
		head=$(mail_message | git stripspace | commit_index "$head") ||
			die "$patch: can't commit"
	done
	echo "$head" > "$APPLY_TMP/head"
}
