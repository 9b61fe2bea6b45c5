/* SPDX-License-Identifier: GPL-2.0-only */
/* What <linux/jitcache.h> has it for, are macros that nothing here expands. */
