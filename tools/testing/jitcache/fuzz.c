// SPDX-License-Identifier: GPL-2.0-only
/* mm/jitcache_extent.c against its model, with operations that libFuzzer thinks of. */

#include <stdio.h>
#include <stdlib.h>

#include <linux/kernel.h>

#include "checker.h"

struct bytes {
	struct source	source;
	const u8	*data;
	size_t		left;
};

/* As few bytes as it takes, so that a change of one changes one decision. */
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
 * The Makefile gives it the name that libFuzzer wants. With $JITCACHE_TRACE set, say
 * what an input does.
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
