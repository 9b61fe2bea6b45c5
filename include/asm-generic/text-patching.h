/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_GENERIC_TEXT_PATCHING_H
#define _ASM_GENERIC_TEXT_PATCHING_H

/* Nothing to add to what <linux/text_patching.h> does by itself. */

#endif /* _ASM_GENERIC_TEXT_PATCHING_H */
