// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debugging of jit_cache: reports of misuse, red zones, delayed reuse, and failures
 * on purpose.
 */

#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/fault-inject.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/poison.h>
#include <linux/printk.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include <linux/text_patching.h>

#include "jitcache.h"

/* === Misuse =============================================================== */

static const char *const jit_misuse_names[] = {
	[JIT_BAD_CACHE]		= "definition with invalid arguments",
	[JIT_BAD_SIZE]		= "allocation of an impossible size",
	[JIT_BAD_STAGE]		= "staging that is impossible",
	[JIT_BAD_FLUSH]		= "flush of a cache that has none",
	[JIT_BAD_SEAL]		= "seal of what cannot be sealed",
	[JIT_DESTROY_STATIC]	= "destruction of a cache that was defined",
	[JIT_DESTROY_BUSY]	= "destruction with objects in use",
	[JIT_FREE_UNKNOWN]	= "free of what is not an object",
	[JIT_FREE_INTERIOR]	= "free of an address in the middle of an object",
	[JIT_FREE_FOREIGN]	= "free of an object of another cache",
	[JIT_FREE_VFREE]	= "vfree() of memory that belongs to a cache",
	[JIT_OVERRUN]		= "write past the end of an object",
};

static_assert(ARRAY_SIZE(jit_misuse_names) == NR_JIT_MISUSES);

#ifdef CONFIG_JITCACHE_KUNIT_TEST
void (*jit_report_hook)(enum jit_misuse misuse);
#endif

/* WARN() has no pr_fmt(). */
#define JIT_REPORT	"jit_cache: %s: %s: %p, by %pS: %pV\n"

/**
 * jit_report() - log that a caller did something wrong
 * @misuse: what
 * @cache: the cache concerned, or NULL
 * @addr: the address concerned, or NULL
 * @caller: return address of the call
 * @fmt: details, as for printk(), without a newline
 *
 * The first report of each kind is a warning with a stack trace. Later ones are a line
 * in the log each, ratelimited.
 */
void jit_report(enum jit_misuse misuse, const struct jit_cache *cache, const void *addr,
		unsigned long caller, const char *fmt, ...)
{
	static unsigned long warned;
	struct va_format details;
	va_list args;

#ifdef CONFIG_JITCACHE_KUNIT_TEST
	if (jit_report_hook) {
		jit_report_hook(misuse);
		return;
	}
#endif
	va_start(args, fmt);
	details.fmt = fmt;
	details.va = &args;
	if (!test_and_set_bit(misuse, &warned))
		WARN(1, JIT_REPORT, cache ? cache->name : "no cache",
		     jit_misuse_names[misuse], addr, (void *)caller, &details);
	else
		pr_warn_ratelimited(JIT_REPORT, cache ? cache->name : "no cache",
				    jit_misuse_names[misuse], addr, (void *)caller,
				    &details);
	va_end(args);
}

/* === Traps and red zones ================================================== */

/* Trapping instructions, or else a pattern that code is unlikely to write. */
static void jit_redzone_fill(void *buf, size_t len)
{
	if (text_has_trap())
		text_buf_fill(buf, len);
	else
		memset(buf, POISON_INUSE, len);
}

/**
 * jit_traps() - is memory what a red zone is filled with?
 * @addr: where it begins
 * @len: bytes
 *
 * Return: true if so. Where a trapping instruction is known, text traps then.
 */
bool jit_traps(const void *addr, size_t len)
{
	const u8 *byte = addr;
	union {
		u64 word;
		u8 bytes[sizeof(u64)];
	} trap;
	size_t i;

	jit_redzone_fill(&trap, sizeof(trap));
	for (i = 0; i < len; i++) {
		if (byte[i] != trap.bytes[(unsigned long)&byte[i] % sizeof(trap)])
			return false;
	}
	return true;
}

#ifdef CONFIG_DEBUG_JITCACHE
/**
 * jit_redzone_set() - record the caller, and set the red zone of an object
 * @extent: the object
 * @caller: return address of the call that allocates it
 *
 * The bytes of text past the object are trapping instructions already.
 */
void jit_redzone_set(struct jit_extent *extent, unsigned long caller)
{
	const struct jit_traits *traits = jit_extent_pool(extent)->traits;

	extent->caller = caller;
	if (traits->packed && !traits->text)
		jit_redzone_fill((void *)extent->start + extent->asked,
				 extent->size - extent->asked);
}

/**
 * jit_redzone_check() - report a red zone that was written to
 * @extent: an object that is being freed
 * @owner: the cache that it belonged to
 * @caller: return address of the call that frees it
 */
void jit_redzone_check(const struct jit_extent *extent, const struct jit_cache *owner,
		       unsigned long caller)
{
	void *addr = (void *)extent->start;

	if (!jit_extent_pool(extent)->traits->packed)
		return;
	if (jit_traps(addr + extent->asked, extent->size - extent->asked))
		return;
	jit_report(JIT_OVERRUN, owner, addr, caller, "allocated by %pS",
		   (void *)extent->caller);
}

/* === Delayed reuse ======================================================== */

/**
 * jit_delay() - let a freed extent wait
 * @pool: the pool that it belongs to
 * @extent: the extent
 *
 * Return: an extent that has waited long enough to become free, or NULL.
 */
struct jit_extent *jit_delay(struct jit_pool *pool, struct jit_extent *extent)
{
	lockdep_assert_held(&pool->lock);

	if (!pool->traits->packed)
		return extent;
	swap(extent, pool->delayed[pool->next_delayed]);
	pool->next_delayed = (pool->next_delayed + 1) % JIT_DELAY;
	return extent;
}

/**
 * jit_undelay() - make all waiting extents free, since memory is short
 * @pool: the pool that they belong to
 *
 * Return: true if there were any.
 */
bool jit_undelay(struct jit_pool *pool)
{
	bool any = false;
	unsigned int i;

	lockdep_assert_held(&pool->lock);

	for (i = 0; i < JIT_DELAY; i++) {
		if (!pool->delayed[i])
			continue;
		jit_pool_put(pool, pool->delayed[i]);
		pool->delayed[i] = NULL;
		any = true;
	}
	return any;
}
#endif /* CONFIG_DEBUG_JITCACHE */

/* === Fault injection ====================================================== */

/*
 * "fail_jitcache=" on the command line and /sys/kernel/debug/fail_jitcache, see
 * Documentation/fault-injection/fault-injection.rst.
 */
#ifdef CONFIG_FAIL_JITCACHE
struct fault_attr jit_fault_attr = FAULT_ATTR_INITIALIZER;

bool jit_fault(void)
{
	return should_fail(&jit_fault_attr, 1);
}

static int __init jit_fault_setup(char *str)
{
	return setup_fault_attr(&jit_fault_attr, str);
}
__setup("fail_jitcache=", jit_fault_setup);

static int __init jit_fault_debugfs(void)
{
	struct dentry *dir;

	dir = fault_create_debugfs_attr("fail_jitcache", NULL, &jit_fault_attr);
	return PTR_ERR_OR_ZERO(dir);
}
late_initcall(jit_fault_debugfs);
#endif
