# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Find warnings about the series, from the compiler with W=1 and from sparse. Sourced
# by bash after lib.sh, never run.

# Objects of the base that use the same headers as new files, and so get the same
# warnings: rbtree_latch.h.
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

# The directory in arch/ of the architecture that load_arch loaded.
source_arch()
{
	case $KERNEL_ARCH in
	i386 | x86_64)	echo x86 ;;
	sparc64)	echo sparc ;;
	*)		echo "$KERNEL_ARCH" ;;
	esac
}

# touched_objects ARCH: the objects of touched files that the build of ARCH has.
touched_objects()
{
	kgit diff --name-only --no-renames --diff-filter=d base HEAD -- '*.c' |
		while read -r file; do
			[ ! -e "build/$1/${file%.c}.o" ] || echo "${file%.c}.o"
		done
}

# warnings_in SRC: the warnings in the log on stdin, as "file: warning" lines without
# line numbers.
warnings_in()
{
	sed -n -E -e "s,^$TOP/$1/,," \
		-e 's/^([^ :]+):[0-9:]+ ((warning|error): )/\1: \2/p' | sort -u
}

# warnings_of SRC OUT CONFIG OBJECT...: compile the objects with all warnings, in
# OUT, so that the real build keeps its objects. Fails if one doesn't compile. Leaves
# the warnings in OUT/warnings.
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

# no_new_warnings ARCH: fail on a warning that the base doesn't have. The object
# doesn't matter: sparse names the header for what a file does with it.
no_new_warnings()
{
	local arch=$1 out=build/check/$1 objects

	. harness/qemu/machine.sh
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
	# grep fails if there is no new warning.
	{ grep -vxF -f "$out-base.warnings" "$out/warnings" || true; } | none "$arch"
}
