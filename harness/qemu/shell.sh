#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# shell.sh OUT ARCH [KERNEL-ARGS...]: boot the kernel that build left in OUT, with an
# interactive shell. KUnit is off unless KERNEL-ARGS has kunit.enable=1. Leaving the
# shell powers the guest off; Ctrl-A X ends QEMU at once.

. "${0%/*}/lib.sh"
. "${0%/*}/machine.sh"

[ $# -ge 2 ] || die "usage: shell.sh OUT ARCH [KERNEL-ARGS...]"
load_arch "$2"
[ -d "$1" ] || die "no build in $1"
OUT=$(cd "$1" && pwd)
LOG_DIR=$OUT/log
shift 2

need "$QEMU_PACKAGE"
mkdir -p "$OUT/shell" || die "can't create $OUT/shell"
machine "$OUT" "$OUT/shell" stdio,id=console,mux=on,signal=off \
	jitcache.shell kunit.enable=0 "$@"
run "${MACHINE[@]}" -mon chardev=console
