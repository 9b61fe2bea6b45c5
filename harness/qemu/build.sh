#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh SRC OUT ARCH: configure and build the kernel in SRC for ARCH, and make
# the initramfs that tests it. Everything goes to OUT: kernel, modules,
# initrd.gz, expected-suites, and a log for each step.
#
# Environment: EXTRA_CONFIG, one more configuration fragment, applied last;
# CONFIGURE_ONLY=1, stop when OUT/.config is there; EXTRA_MODULE, a directory with one
# more module for the guest; JOBS, V, XDG_CACHE_HOME.
#
# The script may be stopped at any moment: OUT/complete exists only while all files
# in OUT are complete and belong together.

. "${0%/*}/lib.sh"
. "${0%/*}/machine.sh"
. "${0%/*}/busybox.sh"

SELFTEST_DIR=${QEMU_DIR%/harness/qemu}/tools/testing/selftests/jitcache
COLLECTION=$(basename "$SELFTEST_DIR")

[ $# -eq 3 ] || die "usage: build.sh SRC OUT ARCH"
load_arch "$3"
[ -f "$1/Kbuild" ] || die "$1 is no kernel source"
SRC=$(cd "$1" && pwd)
mkdir -p "$2/log" || die "can't create $2"
OUT=$(cd "$2" && pwd)
LOG_DIR=$OUT/log
STAGE=$OUT/initrd.stage
EXTRA_CONFIG=${EXTRA_CONFIG:-}
[ -z "$EXTRA_CONFIG" ] || [ -r "$EXTRA_CONFIG" ] ||
	die "EXTRA_CONFIG=$EXTRA_CONFIG: can't read it"
EXTRA_MODULE=${EXTRA_MODULE:-}
[ -z "$EXTRA_MODULE" ] || [ -f "$EXTRA_MODULE/Makefile" ] ||
	die "EXTRA_MODULE=$EXTRA_MODULE: no Makefile there"

# Hide the variables of a calling make from the kernel's make.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES KBUILD_OUTPUT

# Only a patched tree has the selftests.
is_patched()
{
	[ -d "$SRC/tools/testing/selftests/$COLLECTION" ]
}

# Time, user and host are fixed, so that equal sources give equal kernels and the
# compiler cache hits.
kmake()
{
	run make -j"$JOBS" -C "$SRC" O="$OUT" ARCH="$KERNEL_ARCH" \
		CROSS_COMPILE="$GNU_TYPE-" CC="ccache $GNU_TYPE-gcc" \
		HOSTCC="ccache gcc" KBUILD_BUILD_TIMESTAMP=@0 \
		KBUILD_BUILD_USER=jitcache KBUILD_BUILD_HOST=jitcache LOCALVERSION= "$@"
}

requested_config()
{
	cat "$SELFTEST_DIR/config" "$QEMU_DIR/common.config" || return
	! is_patched || cat "$QEMU_DIR/patched.config" || return
	printf '%s\n' "$CONFIG" "${GUEST_CONFIG:-}"
	[ -z "$EXTRA_CONFIG" ] || cat "$EXTRA_CONFIG"
}

configure()
{
	local lost

	requested_config > "$OUT/requested.config" || return
	kmake KCONFIG_ALLCONFIG="$OUT/requested.config" allnoconfig || return
	lost=$(vanished "$OUT/requested.config" "$OUT/.config") || return
	[ -z "$lost" ] || err "config options vanished: ${lost//$'\n'/, }"
}

# Build a copy, since the objects of a module go beside its source.
extra_module()
{
	rm -rf "$OUT/module" && cp -R "$EXTRA_MODULE" "$OUT/module" &&
		kmake M="$OUT/module" modules
}

has_modules()
{
	grep -qx CONFIG_MODULES=y "$OUT/.config"
}

# A kernel without modules has no such target.
compile_kernel()
{
	if has_modules; then
		kmake "$IMAGE_TARGET" modules
	else
		kmake "$IMAGE_TARGET"
	fi
}

install_modules()
{
	kmake INSTALL_MOD_PATH="$STAGE" INSTALL_MOD_STRIP=1 "$@" modules_install
}

# Each suite whose option is built in must appear in the guest's results.
expected_suites()
{
	local option suite

	grep -v '^#' "$QEMU_DIR/suites" | while read -r option suite; do
		! grep -qx "$option=y" "$OUT/.config" || echo "$suite"
	done > "$OUT/expected-suites"
}

# The kernel's makefiles expect the selftests in the tree. For a stock tree, make a
# directory with links to its selftests and a copy of ours, and install only the tests
# that don't need the series.
stock_selftests()
{
	local dir=$OUT/selftests

	rm -rf "$dir"
	mkdir "$dir" && ln -s "$SRC"/tools/testing/selftests/* "$dir" &&
		cp -R "$SELFTEST_DIR" "$dir" &&
		install_selftests "$dir" TEST_PROGS="modules.sh ftrace.sh kprobes.sh \
			test_bpf.sh wx.sh load.sh"
}

install_selftests()
{
	local dir=$1
	shift

	kmake -C "$dir" top_srcdir="$SRC" TARGETS="$COLLECTION" \
		FORCE_TARGETS=1 KSFT_INSTALL_PATH="$STAGE/kselftest" install "$@"
}

selftests()
{
	kmake headers || return
	if is_patched; then
		install_selftests "$SRC/tools/testing/selftests"
	else
		stock_selftests
	fi
}

# This needs no root, since the kernel's built-in initramfs has /dev/console.
pack()
{
	(cd "$STAGE" && find . | LC_ALL=C sort |
		cpio --quiet --reproducible -o -H newc -R 0:0 | gzip -n) \
		> "$OUT/initrd.tmp" && mv "$OUT/initrd.tmp" "$OUT/initrd.gz"
}

initramfs()
{
	rm -rf "$STAGE"
	mkdir -p "$STAGE"/{bin,dev,etc,proc,sys,tmp,usr/bin} &&
		{ ! has_modules || install_modules; } &&
		{ [ -z "$EXTRA_MODULE" ] || install_modules M="$OUT/module"; } &&
		rm -f "$STAGE"/lib/modules/*/{build,source} &&
		selftests &&
		install "$BUSYBOX" "$STAGE/bin/busybox" &&
		install "$QEMU_DIR/init.sh" "$STAGE/init" &&
		install "$QEMU_DIR/timeout.sh" "$STAGE/usr/bin/timeout" &&
		pack
}

need gcc libc6-dev make flex bison bc libelf-dev libssl-dev rsync kmod cpio \
	gzip ccache python3 "$(compiler_package)"
PATH=$PATH:/usr/sbin:/sbin

rm -f "$OUT/complete"
step "configure $3" "$LOG_DIR/configure.log" configure || exit
[ -z "${CONFIGURE_ONLY:-}" ] || exit 0
expected_suites || die "can't write $OUT/expected-suites"
step "compile $3" "$LOG_DIR/compile.log" compile_kernel || exit
[ -z "$EXTRA_MODULE" ] ||
	step "compile ${EXTRA_MODULE##*/}" "$LOG_DIR/module.log" extra_module || exit
busybox
step "initramfs for $3" "$LOG_DIR/initramfs.log" initramfs || exit
: > "$OUT/complete" || die "can't write $OUT/complete"
