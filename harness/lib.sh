# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared by the scripts of this directory: paths, and functions that read the base
# and the series. Sourced by bash, never run. Every script runs in the top directory
# of the repository, so that messages and logs have short names.

set -u -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# Hide the variables of our make from the kernel's make, those of a git hook from
# git, and the locale from sort.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CDPATH
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_PREFIX
export LC_ALL=C

TOP=$PWD
LINUX=build/linux
# shellcheck disable=SC2034 # used by scripts that source this
SELFTEST=tools/testing/selftests/jitcache
LOG_DIR=$TOP/build/log
: "${KSRC:=}"
: "${EXTRA_CONFIG:=}"
export LOG_DIR EXTRA_CONFIG

. harness/qemu/lib.sh

# Exit on a signal, so that a script's exit trap cleans up.
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

# plain_git ARG...: git without the user's settings, so that its output doesn't
# depend on them. kgit is the same in build/linux.
plain_git()
{
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 \
		git -c safe.directory='*' "$@"
}

kgit()
{
	plain_git -C "$LINUX" "$@"
}

# other_worktree DIR [COMMIT]: make DIR another work tree of build/linux, at "base"
# or COMMIT. A run that is killed here leaves the work tree registered, locked and
# missing; that takes -f twice.
other_worktree()
{
	rm -rf "$1"
	kgit worktree add -q -f -f --detach "$1" "${2:-base}"
}

# state KEY [VALUE]: print or set what the harness knows about build/linux. The state
# is stored inside, so that both are removed together. Prints nothing for an unknown
# key.
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

# Only one script at a time may change build/.
lock_build()
{
	{ mkdir -p build && exec 8> build/.lock; } 2> /dev/null ||
		die "can't write in build/"
	flock -n 8 && return 0
	note "waiting for another run that uses build/"
	flock 8
}

# linux_edited: does build/linux have changes that the harness didn't make?
linux_edited()
{
	[ "$(kgit rev-parse HEAD)" != "$(state head)" ] ||
		[ -n "$(kgit status --porcelain | head -n 1)" ]
}

# The patches of the series in order, without comments. With EVERY_BASE, only those above
# the line that says which need the newest 6.1.y.
series_patches()
{
	sed ${EVERY_BASE:+-e '/^# For the newest 6.1.y alone/Q'} \
		-e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' \
		-e 's,^,patches/,' patches/series
}

# patch_new_files PATCH: the files that it brings.
patch_new_files()
{
	sed -n -e '/^---$/q' -e 's/^New-file: //p' "$1"
}

# The commit that it makes has a line "Semantic-patch: " with this name in its
# message, and a mail without a diff.
# shellcheck disable=SC2034 # used by scripts that source this
SEMANTIC_PATCH=scripts/coccinelle/api/module_alloc.cocci

# semantic_patch_of: print the name in the message on stdin.
semantic_patch_of()
{
	sed -n 's/^Semantic-patch: //p' | head -n 1
}

# The commit that the semantic patch made.
generated_commit()
{
	kgit log --format=%H --grep '^Semantic-patch: ' base..HEAD
}

# A hash of the whole series: the patches in order, and the files that they bring
# with their modes.
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

# Files of this repository that belong to the kernel: those in directories that
# aren't our own.
repo_kernel_files()
{
	git -c safe.directory='*' ls-files -co --exclude-standard --deduplicate |
		grep / | grep -v -E '^(\.ci|harness|patches|build)/' |
		while read -r file; do
			[ -e "$file" ] && echo "$file"
		done
}
