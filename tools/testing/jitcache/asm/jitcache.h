/* SPDX-License-Identifier: GPL-2.0-only */
#include "../../../../include/asm-generic/jitcache.h"
