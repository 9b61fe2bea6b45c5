// SPDX-License-Identifier: GPL-2.0-only
/*
 * What text_poke_copy() costs on any architecture: it writes memory of vmalloc(), as it would
 * write text.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "bench.h"

/* Sizes and how often they are written, in ascending order. */
static const struct {
	size_t size;
	unsigned int count;
} pokes[] = {
	{ 64, 1000 }, { 448, 1000 }, { SZ_4K, 200 }, { SZ_64K, 20 },
};

/* A stock kernel may not declare it. */
static void *(*fn_text_poke_copy)(void *dst, const void *src, size_t len);

static int poke(void *dst, const void *src, size_t size, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!fn_text_poke_copy(dst, src, size))
			return -EIO;
	}
	return 0;
}

/* Print how much of what @read counts the calls take: @what. */
static int poke_all(void *dst, const void *src, const char *what, u64 (*read)(void))
{
	unsigned int i;
	u64 sum;
	int err;

	for (i = 0; i < ARRAY_SIZE(pokes); i++) {
		/* Leave out what only the first write does. */
		err = poke(dst, src, pokes[i].size, 1);
		sum = read();
		err = err ?: poke(dst, src, pokes[i].size, pokes[i].count);
		sum = read() - sum;
		if (err)
			return err;
		pr_info("%s %zu %u %llu\n", what, pokes[i].size, pokes[i].count, sum);
	}
	return 0;
}

int bench_poke(const char *what, u64 (*read)(void))
{
	void *dst = vzalloc(SZ_64K), *src = vzalloc(SZ_64K);
	int err = -ENOMEM;

	if (dst && src)
		err = FIND(text_poke_copy) ? poke_all(dst, src, what, read) : -ENOENT;
	vfree(src);
	vfree(dst);
	return err;
}
