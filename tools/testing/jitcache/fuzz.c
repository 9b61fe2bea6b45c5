// SPDX-License-Identifier: GPL-2.0-only
/* Compare mm/jitcache_extent.c with its model, on operations that libFuzzer chooses. */

#include <stdio.h>
#include <stdlib.h>

#include <linux/kernel.h>

#include "checker.h"

struct bytes {
	struct source	source;
	const u8	*data;
	size_t		left;
};

/* Consume no more bytes than @n needs, so that changing one byte changes one decision. */
static u32 bytes_below(struct source *source, u32 n)
{
	struct bytes *bytes = container_of(source, struct bytes, source);
	u32 max, value = 0;

	for (max = n - 1; max && bytes->left; max >>= 8) {
		value = value << 8 | *bytes->data++;
		bytes->left--;
	}
	return value % n;
}

/*
 * The Makefile renames this to LLVMFuzzerTestOneInput(). If $JITCACHE_TRACE is set, print
 * each operation of the input.
 */
int fuzz_one(const u8 *data, size_t size)
{
	struct bytes bytes = {
		.source.below = bytes_below,
		.data = data,
		.left = size,
	};
	struct checker checker = {
		.name = "fuzz",
		.source = &bytes.source,
		.stop = abort,
		.every = 1,
		.trace = getenv("JITCACHE_TRACE"),
	};

	checker_init(&checker);
	while (bytes.left)
		checker_step(&checker);
	checker_exit(&checker);
	return 0;
}
