// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of what goes on while text is written: how it is mapped, which caches are made
 * coherent, and whether others can have text_mutex.
 *
 * Run it twice: the second time with "text_poke=generic" on the command line.
 */

#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/memory.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/text_patching.h>
#include <linux/vmalloc.h>

#include "internal.h"
#include "text_kunit.h"

#define TARGET_SIZE	(6 * PAGE_SIZE)
#define LONG_SIZE	(16 * TEXT_POKE_LOCKED_MAX)

/**
 * struct target - what is written
 * @mem: TARGET_SIZE bytes, executable, and read-only if memory can be
 * @src: LONG_SIZE bytes to copy from
 */
struct target {
	u8 *mem;
	u8 *src;
};

static int watch_init(struct kunit *test)
{
	struct target *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->mem = alloc_text(TARGET_SIZE, 0);
	t->src = vzalloc(LONG_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, t->mem);
	KUNIT_ASSERT_NOT_NULL(test, t->src);
	memset(t->src, 0x6b, LONG_SIZE);
	return 0;
}

static void watch_exit(struct kunit *test)
{
	struct target *t = test->priv;

	memset(&text_poke_watch, 0, sizeof(text_poke_watch));
	if (t) {
		vfree(t->mem);
		vfree(t->src);
	}
}

/* @write is for text_poke_copy(): others have another source. */
static void watch(void (*write)(void *alias, const void *src, size_t len))
{
	text_poke_watch.flushes = 0;
	text_poke_watch.write = write;
	text_poke_watch.task = current;
}

/* === Caches of instructions =============================================== */

static void check_flush(struct kunit *test, const void *ret, u8 *dst, size_t len)
{
	KUNIT_EXPECT_PTR_EQ(test, ret, (const void *)dst);
	KUNIT_EXPECT_EQ(test, text_poke_watch.flushes, 1U);
	KUNIT_EXPECT_EQ(test, text_poke_watch.start, (unsigned long)dst);
	KUNIT_EXPECT_EQ(test, text_poke_watch.end, (unsigned long)dst + len);
	text_poke_watch.flushes = 0;
}

/*
 * However many pieces there are, caches are made coherent once, with the range alone.
 * Emulators have no such caches, so nothing else notices what is left out.
 */
static void test_flushes_once(struct kunit *test)
{
	static const struct { size_t off, len; } ranges[] = {
		{ 3, 1 }, { PAGE_SIZE - 1, 2 }, { 100, 4 * PAGE_SIZE },
	};
	struct target *t = test->priv;
	unsigned int i;

	watch(NULL);
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		u8 *dst = t->mem + ranges[i].off;
		size_t len = ranges[i].len;

		check_flush(test, text_poke_copy(dst, t->src, len), dst, len);
		check_flush(test, text_poke_set(dst, 1, len), dst, len);
#ifdef ARCH_TEXT_POKE_TRAP
		check_flush(test, text_poke_fill(dst, len), dst, len);
#endif
		/* Four pages may be more. */
		if (len > TEXT_POKE_LOCKED_MAX)
			continue;
		mutex_lock(&text_mutex);
		check_flush(test, text_poke_copy_locked(dst, t->src, len), dst, len);
		mutex_unlock(&text_mutex);
	}
}

/* === Protections ========================================================== */

static const u8 *watched;
static unsigned int pieces, writable_pieces, exec_pieces;

/* Interrupts may be off. */
static void write_and_look(void *alias, const void *src, size_t len)
{
	pieces++;
	writable_pieces += !all_read_only_exec(watched, TARGET_SIZE);
	exec_pieces += alias_is_exec(alias) || alias_is_exec(alias + len - 1);
	memcpy(alias, src, len);
}

/* The text stays as it is, and the alias is not executable. */
static void test_protections(struct kunit *test)
{
	struct target *t = test->priv;
	size_t len = 3 * PAGE_SIZE;

	if (!CAN_PROTECT)
		kunit_skip(test, "no ARCH_HAS_SET_MEMORY");
	watched = t->mem;
	pieces = 0;
	writable_pieces = 0;
	exec_pieces = 0;
	watch(write_and_look);
	KUNIT_EXPECT_NOT_NULL(test, text_poke_copy(t->mem + 100, t->src, len));
	KUNIT_EXPECT_EQ(test, memcmp(t->mem + 100, t->src, len), 0);
	KUNIT_EXPECT_GE(test, pieces, 1U);
	KUNIT_EXPECT_EQ(test, writable_pieces, 0U);
	if (can_forbid_exec())
		KUNIT_EXPECT_EQ(test, exec_pieces, 0U);
}

/* === Interrupts =========================================================== */

static size_t longest;

static void write_and_measure(void *alias, const void *src, size_t len)
{
	if (irqs_disabled())
		longest = max(longest, len);
	memcpy(alias, src, len);
}

/* Interrupts are off for no more than a page, which may be written across two. */
static void test_interrupts(struct kunit *test)
{
	static const size_t offs[] = { 0, 100, PAGE_SIZE - 1 };
	struct target *t = test->priv;
	size_t len = 4 * PAGE_SIZE;
	unsigned int i;

	watch(write_and_measure);
	for (i = 0; i < ARRAY_SIZE(offs); i++) {
		longest = 0;
		KUNIT_EXPECT_NOT_NULL(test, text_poke_copy(t->mem + offs[i], t->src, len));
		KUNIT_EXPECT_LE(test, longest, PAGE_SIZE);
	}
}

/* === The lock ============================================================= */

/* Both under text_mutex. */
static bool poke_goes_on;
static unsigned int turns;

static void write_and_mark(void *alias, const void *src, size_t len)
{
	poke_goes_on = src + len != watched;
	memcpy(alias, src, len);
}

static int take_turns(void *data)
{
	while (!kthread_should_stop()) {
		mutex_lock(&text_mutex);
		turns += poke_goes_on;
		mutex_unlock(&text_mutex);
		cond_resched();
	}
	return 0;
}

/* A long poke doesn't hold text_mutex throughout. */
static void test_others_take_turns(struct kunit *test)
{
	struct target *t = test->priv;
	u8 *mem = vzalloc(LONG_SIZE);
	struct task_struct *other;
	unsigned long end;

	KUNIT_ASSERT_NOT_NULL(test, mem);
	watched = t->src + LONG_SIZE;
	turns = 0;
	other = kthread_run(take_turns, NULL, "text_poke");
	KUNIT_EXPECT_FALSE(test, IS_ERR(other));
	watch(write_and_mark);
	/* The other runs when the time slice of this task is over, or of an emulated CPU. */
	end = jiffies + 30 * HZ;
	while (!READ_ONCE(turns) && time_before(jiffies, end) && !IS_ERR(other))
		KUNIT_EXPECT_NOT_NULL(test, text_poke_copy(mem, t->src, LONG_SIZE));
	if (!IS_ERR(other))
		kthread_stop(other);
	KUNIT_EXPECT_GE(test, turns, 1U);
	vfree(mem);
}

static struct kunit_case text_poke_watch_cases[] = {
	KUNIT_CASE(test_flushes_once),
	KUNIT_CASE(test_protections),
	KUNIT_CASE(test_interrupts),
	KUNIT_CASE(test_others_take_turns),
	{}
};

static struct kunit_suite text_poke_watch_suite = {
	.name		= "text_poke_watch",
	.init		= watch_init,
	.exit		= watch_exit,
	.test_cases	= text_poke_watch_cases,
};

kunit_test_suite(text_poke_watch_suite);
