#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# boot.sh OUT ARCH [KERNEL-ARGS...]: boot the kernel that build left in OUT, let the
# guest run its tests, and record what judge needs in OUT/$RUN/:
#
#   console.log      what the kernel printed
#   ktap.log         the kselftests' results
#   verdict          pass or fail, from the guest; empty if it stopped before
#   qemu.status      exit status of QEMU, 124 if it timed out
#   qemu.log         QEMU's command line and messages
#   expected-suites  the KUnit suites that must report
#
# Environment: RUN, name of the run (native); BOOT_TIMEOUT in seconds (900);
# QEMU_ARGS, more arguments for QEMU, which come last; BOOT_ARGS, instead of the
# arguments that the architecture gives to each kernel.
#
# The exit status is QEMU's. It says nothing about the tests; judge does.

. "${0%/*}/lib.sh"
. "${0%/*}/machine.sh"

[ $# -ge 2 ] || die "usage: boot.sh OUT ARCH [KERNEL-ARGS...]"
load_arch "$2"
[ -d "$1" ] || die "no build in $1"
OUT=$(cd "$1" && pwd)
LOG_DIR=$OUT/log
RUN=${RUN:-native}
DIR=$OUT/$RUN
case $RUN in
*/* | .*)	die "RUN=$RUN: not the name of a directory" ;;
esac
ARCH=$2
shift 2

# shellcheck disable=SC2317 # run by step
guest()
{
	run timeout --foreground -k 10 "${BOOT_TIMEOUT:-900}" \
		"${MACHINE[@]}" < /dev/null
	local rc=$?

	# Killed, since it ignored SIGTERM after the timeout.
	[ "$rc" -ne 137 ] || rc=124
	echo "$rc" > "$DIR/qemu.status"
	return "$rc"
}

# The last line of the channel is the verdict, all others are test results.
split_channel()
{
	tr -d '\r' < "$DIR/channel.log" > "$DIR/ktap.log" || return
	sed -n '$s/^verdict //p' "$DIR/ktap.log" > "$DIR/verdict" &&
		sed -i '${/^verdict /d}' "$DIR/ktap.log"
}

need "$QEMU_PACKAGE"
machine "$OUT" "$DIR" \
	"file,id=console,path=$(quote_comma "$DIR")/console.log" "$@"
rm -rf "$DIR"
{ mkdir "$DIR" && cp "$OUT/expected-suites" "$DIR"; } ||
	die "can't write $DIR"

STEP_WATCH=$DIR/console.log step "boot $ARCH, $RUN" "$DIR/qemu.log" guest
status=$?
split_channel || die "can't write $DIR"
exit $status
