#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's /usr/bin/timeout. kselftest's runner uses an option that the busybox of
# Debian 12 doesn't know and that isn't needed here.

[ "$1" != --foreground ] || shift
exec busybox timeout "$@"
