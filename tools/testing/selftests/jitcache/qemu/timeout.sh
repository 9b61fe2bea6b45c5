#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# /usr/bin/timeout of the guest: kselftest's runner wants an option that the
# busybox of Debian 12 doesn't know, and doesn't need it here.

[ "$1" != --foreground ] || shift
exec busybox timeout "$@"
