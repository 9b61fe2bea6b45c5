# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts of this directory share: where things are, how the base and
# the series are read. Sourced by bash, never run. Every script works from the
# top of the repository, so that messages and logs carry short names.

set -u -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# The kernel's make must not see the variables given to ours, nor git those of
# a hook that we run in, nor sort a locale.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CDPATH
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_PREFIX
export LC_ALL=C

TOP=$PWD
LINUX=build/linux
SELFTEST=tools/testing/selftests/jitcache
LOG_DIR=$TOP/build/log
: "${KSRC:=}"
: "${EXTRA_CONFIG:=}"
export LOG_DIR EXTRA_CONFIG

# shellcheck source=tools/testing/selftests/jitcache/qemu/lib.sh
. "$SELFTEST/qemu/lib.sh"

# The exit trap of a script removes what it was about to make.
trap 'exit 130' INT
trap 'exit 143' TERM

# none WHAT: fail if stdin has lines, and show them.
none()
{
	! awk -v what="$1" '{ print what ": " $0 }' | grep .
}

# base_get KEY: one value of the file "base".
base_get()
{
	sed -n "s/^$1 //p" base
}

# plain_git ARG...: git free of the user's settings, since what is generated must
# not depend on them; kgit is that in build/linux.
plain_git()
{
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 \
		git -c safe.directory='*' "$@"
}

kgit()
{
	plain_git -C "$LINUX" "$@"
}

# other_worktree DIR [COMMIT]: another work tree of build/linux there, at "base" or
# COMMIT. Twice -f: a run that was killed while it made one leaves it locked and
# missing.
other_worktree()
{
	rm -rf "$1"
	kgit worktree add -q -f -f --detach "$1" "${2:-base}"
}

# state KEY [VALUE]: what the harness knows about build/linux, kept inside it
# so that both come and go together. Prints nothing for an unknown key.
state()
{
	local dir=$LINUX/.git/jitcache

	if [ $# -eq 1 ]; then
		cat "$dir/$1" 2>/dev/null
		return 0
	fi
	mkdir -p "$dir" && printf '%s\n' "$2" > "$dir/$1.tmp" &&
		mv "$dir/$1.tmp" "$dir/$1" || die "can't write $dir/$1"
}

# One harness at a time works on build/.
lock_build()
{
	{ mkdir -p build && exec 8> build/.lock; } 2> /dev/null ||
		die "can't write in build/"
	flock -n 8 && return 0
	note "another run works in build/, waiting for it"
	flock 8
}

# linux_edited: does build/linux hold work that the harness didn't put there?
linux_edited()
{
	[ "$(kgit rev-parse HEAD)" != "$(state head)" ] ||
		[ -n "$(kgit status --porcelain | head -n 1)" ]
}

# The patches of the series in order, without comments.
series_patches()
{
	sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' \
		-e 's,^,patches/,' patches/series
}

# patch_new_files PATCH: the files that it brings.
patch_new_files()
{
	sed -n -e '/^---$/q' -e 's/^New-file: //p' "$1"
}

# The commit that it makes names it in its message, in a line of its own, and its
# mail has no diff.
# shellcheck disable=SC2034 # for those who source this
SEMANTIC_PATCH=scripts/coccinelle/api/module_alloc.cocci

# semantic_patch_of: the one that the message on stdin names.
semantic_patch_of()
{
	sed -n 's/^Semantic-patch: //p' | head -n 1
}

# The commit that the semantic patch made.
generated_commit()
{
	kgit log --format=%H --grep '^Semantic-patch: ' base..HEAD
}

# All that the series is made of, as one hash: the patches in order, and the
# files that they bring with their modes.
series_stamp()
{
	local patch file

	while read -r patch; do
		sha256sum "$patch" || return 1
		while read -r file; do
			[ -x "$file" ] && echo executable
			sha256sum "$file" || return 1
		done < <(patch_new_files "$patch")
	done < <(series_patches) | sha256sum | cut -d ' ' -f 1
}

# Files of this repository that belong into the kernel: those in a directory
# that isn't one of our own.
repo_kernel_files()
{
	git -c safe.directory='*' ls-files -co --exclude-standard --deduplicate |
		grep / | grep -v -E '^(\.ci|harness|patches|build)/' |
		while read -r file; do
			[ -e "$file" ] && echo "$file"
		done
}
