# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the compiler with W=1 and sparse say about the series. Sourced by bash
# after lib.sh, never run.

# Of the base: what uses the same headers as new files do, and is told the same.
# rbtree_latch.h.
PEERS=kernel/bpf/core.o

# kernel_make SRC OUT ARG...: make for the architecture that load_arch loaded.
kernel_make()
{
	local src=$1 out=$2
	shift 2

	run make -k -j"$JOBS" -C "$src" O="$TOP/$out" ARCH="$KERNEL_ARCH" \
		CROSS_COMPILE="$GNU_TYPE-" CC="ccache $GNU_TYPE-gcc" \
		HOSTCC="ccache gcc" "$@"
}

# The objects of what the series touches, as far as the configuration of a
# finished build has them.
touched_objects()
{
	kgit diff --name-only --no-renames --diff-filter=d base HEAD -- '*.c' |
		while read -r file; do
			[ ! -e "build/$1/${file%.c}.o" ] || echo "${file%.c}.o"
		done
}

# warnings_in SRC: "file: warning" lines, without places, of the log on stdin.
warnings_in()
{
	sed -n -E -e "s,^$TOP/$1/,," \
		-e 's/^([^ :]+):[0-9:]+ ((warning|error): )/\1: \2/p' | sort -u
}

# warnings_of SRC OUT CONFIG OBJECT...: compile these with all warnings, in a
# directory of their own, so that the real build keeps its objects. Fails if one
# doesn't compile; leaves "file: warning" lines, without places, in OUT/warnings.
warnings_of()
{
	local src=$1 out=$2 config=$3
	shift 3

	mkdir -p "$out" || return 1
	cmp -s "$config" "$out/config" || cp "$config" "$out/.config" || return 1
	cp "$config" "$out/config"
	kernel_make "$src" "$out" olddefconfig prepare || return 1
	(cd "$out" && rm -f "$@")
	kernel_make "$src" "$out" C=2 W=1 "$@" 2>&1 | tee "$out/log"
	[ "${PIPESTATUS[0]}" -eq 0 ] || return 1
	warnings_in "$src" < "$out/log" > "$out/warnings"
}

# no_new_warnings ARCH: none that the base doesn't have as well, in the files that
# both have. Wherever it is told: sparse blames headers for what their users do.
no_new_warnings()
{
	local arch=$1 out=build/check/$1 objects

	# shellcheck source=tools/testing/selftests/jitcache/qemu/machine.sh
	. "$SELFTEST/qemu/machine.sh"
	load_arch "$arch"
	[ -e "build/$arch/complete" ] || die "$arch isn't built"
	objects=$(touched_objects "$arch")
	[ -n "$objects" ] || { [ -z "$(series_patches)" ]; return; }
	# shellcheck disable=SC2086 # a list
	warnings_of "$LINUX" "$out" "build/$arch/.config" $objects || return 1
	[ -s "$out/warnings" ] || return 0

	harness/tree base || return 1
	objects=$(cd build/linux-base && for o in $objects $PEERS; do
		[ ! -e "${o%.o}.c" ] || echo "$o"
	done)
	# shellcheck disable=SC2086 # a list
	warnings_of build/linux-base "$out-base" "build/$arch/.config" \
		$objects || return 1
	cp "$out-base/warnings" "$out-base.warnings"
	# grep finds nothing if all is well, which is no error here.
	{ grep -vxF -f "$out-base.warnings" "$out/warnings" || true; } | none "$arch"
}
