// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest complete user of jit_cache: it generates a function, calls it, and
 * frees it again.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/jitcache.h>
#include <linux/printk.h>
#include <linux/string.h>

/* The function calls nothing, so it can be anywhere. */
DEFINE_STATIC_JIT_CACHE(sample_text, "sample", JIT_TEXT, JIT_ANY_START, JIT_ANY_END,
			0, 0);

/* A function that returns 42. */
#if defined(CONFIG_X86_64)
static const u8 code[] = {
	0xf3, 0x0f, 0x1e, 0xfa,		/* endbr64 */
	0xb8, 42, 0, 0, 0,		/* mov	eax, 42 */
	0xc3,				/* ret */
};
#elif defined(CONFIG_ARM64)
static const __le32 code[] = {
	cpu_to_le32(0xd503245f),	/* bti	c */
	cpu_to_le32(0x52800540),	/* mov	w0, #42 */
	cpu_to_le32(0xd65f03c0),	/* ret */
};
#endif

/* Generated code has no type for CFI to check. */
static int __nocfi call(int (*func)(void))
{
	return func();
}

static int __init jitcache_sample_init(void)
{
	struct jit_stage stage;
	void *text;
	int err;

	/* The memory traps for now. Generate the function in a buffer. */
	err = jit_stage_begin(&stage, &sample_text, sizeof(code));
	if (err)
		return err;
	memcpy(stage.rw, code, sizeof(code));

	/* When this returns, every CPU can execute the function. */
	text = jit_stage_commit(&stage);
	if (!text)
		return -EFAULT;
	pr_info("the function returns %d\n", call(text));

	/* No CPU is executing it, and none will. It traps again. */
	jit_cache_free(&sample_text, text);
	return 0;
}
late_initcall(jitcache_sample_init);
