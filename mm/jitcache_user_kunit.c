// SPDX-License-Identifier: GPL-2.0-only
/*
 * An example user of jit_cache: a registry of thunks, with its tests. A thunk is
 * generated code that takes no arguments and tail calls a function of the kernel
 * with a constant. Readers find thunks, and execute them, under rcu_read_lock().
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jitcache.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/text_patching.h>

#define MY_SIZE		40
#define MY_TRAMPS	256

struct my_tramp {
	void		*text;
	struct rcu_head	rcu;
};

/* Near the kernel image, so that thunks reach it with a direct jump. */
DEFINE_STATIC_JIT_CACHE(my_text, "my_tramp", JIT_TEXT, JIT_MODULES_START,
			JIT_MODULES_END, 0, JIT_CACHE_FREE_RCU);
/* Not enough for MY_TRAMPS thunks, so that allocations fail. */
DEFINE_STATIC_JIT_CACHE(my_tiny, "my_tiny", JIT_TEXT, JIT_MODULES_END - 2 * PAGE_SIZE,
			JIT_MODULES_END, PAGE_SIZE / 8, JIT_CACHE_FREE_RCU);

/* The owner of an id serializes the updates of its slot. */
static struct my_tramp __rcu *my_tramps[MY_TRAMPS];

/*
 * Jumps are relative: what is written to @rw works at @addr only. Bytes that the
 * code does not need keep the traps that @rw is filled with.
 */
#if defined(CONFIG_X86_64)
static void my_generate(void *rw, void *addr, long (*func)(long), long arg)
{
	/* endbr64; movabs $arg, %rdi; jmp func */
	memcpy(rw, "\xf3\x0f\x1e\xfa\x48\xbf", 6);
	memcpy(rw + 6, &arg, 8);
	__text_gen_insn(rw + 14, JMP32_INSN_OPCODE, addr + 14, (void *)func,
			JMP32_INSN_SIZE);
}
#elif defined(CONFIG_ARM64)
static void my_generate(void *rw, void *addr, long (*func)(long), long arg)
{
	u32 insn[10] = { 0xd503245f };			/* bti c */
	long disp = (long)func - (long)(addr + 20);
	__le32 *p = rw;
	int i, n = 10;

	for (i = 0; i < 4; i++) {			/* movz, movk to x0 and x16 */
		insn[1 + i] = (i ? 0xf2800000 : 0xd2800000) | i << 21 |
			      (arg >> 16 * i & 0xffff) << 5;
		insn[5 + i] = (i ? 0xf2800010 : 0xd2800010) | i << 21 |
			      ((long)func >> 16 * i & 0xffff) << 5;
	}
	insn[9] = 0xd61f0200;				/* br x16 */
	/* A randomized module range may be too far away for a direct jump. */
	if (disp >= -SZ_128M && disp < SZ_128M) {
		insn[5] = 0x14000000 | (disp >> 2 & 0x3ffffff);	/* b func */
		n = 6;
	}
	for (i = 0; i < n; i++)
		p[i] = cpu_to_le32(insn[i]);
}
#else
#error "no code generator for this architecture"
#endif

/* Generated code has no CFI type in front of it. */
static noinline __nocfi long my_call(const struct my_tramp *t)
{
	return ((long (*)(void))t->text)();
}

static long my_run(int id)
{
	const struct my_tramp *t;
	long ret = -ENOENT;

	rcu_read_lock();
	t = rcu_dereference(my_tramps[id]);
	if (t)
		ret = my_call(t);
	rcu_read_unlock();
	return ret;
}

static int my_register(struct jit_cache *cache, int id, long (*func)(long), long arg)
{
	struct my_tramp *t = kzalloc(sizeof(*t), GFP_KERNEL);
	struct jit_stage stage;

	if (!t || jit_stage_begin(&stage, cache, MY_SIZE))
		goto fail;
	my_generate(stage.rw, stage.addr, func, arg);
	t->text = jit_stage_commit(&stage);
	if (!t->text)
		goto fail;
	rcu_assign_pointer(my_tramps[id], t);
	return 0;
fail:
	kfree(t);
	return -ENOMEM;
}

/* Does not block. The cache has the text wait for readers, as kfree_rcu() does. */
static void my_unregister(int id)
{
	struct my_tramp *t = rcu_replace_pointer(my_tramps[id], NULL, true);

	if (!t)
		return;
	jit_free(t->text);
	kfree_rcu(t, rcu);
}

static long my_same(long arg)
{
	return arg;
}

static long my_twice(long arg)
{
	return 2 * arg;
}

static void test_call_and_rewrite(struct kunit *test)
{
	const long big = 0x923456789abcdef0;
	struct my_tramp *t;
	u32 buf[MY_SIZE / 4];

	KUNIT_EXPECT_EQ(test, my_run(0), -ENOENT);
	KUNIT_ASSERT_EQ(test, my_register(&my_text, 0, my_same, big), 0);
	KUNIT_EXPECT_EQ(test, my_run(0), big);

	/* No CPU may execute what is written, so readers miss the thunk for a while. */
	t = rcu_replace_pointer(my_tramps[0], NULL, true);
	synchronize_rcu();
	text_buf_fill(buf, MY_SIZE);
	my_generate(buf, t->text, my_twice, 21);
	KUNIT_EXPECT_PTR_EQ(test, text_poke_copy(t->text, buf, MY_SIZE), t->text);
	rcu_assign_pointer(my_tramps[0], t);
	KUNIT_EXPECT_EQ(test, my_run(0), 42);
}

static void test_many(struct kunit *test)
{
	void *text;
	int i;

	for (i = 0; i < MY_TRAMPS; i++)
		KUNIT_ASSERT_EQ(test, my_register(&my_text, i, my_twice, i), 0);
	for (i = 0; i < MY_TRAMPS; i++) {
		text = rcu_dereference_protected(my_tramps[i], true)->text;
		KUNIT_EXPECT_EQ(test, my_run(i), 2 * i);
		KUNIT_EXPECT_EQ(test, jit_size(text), MY_SIZE);
		KUNIT_EXPECT_TRUE(test, jit_cache_owns(&my_text, text + MY_SIZE - 1));
	}
	KUNIT_EXPECT_FALSE(test, jit_cache_owns(&my_text, (void *)my_twice));
}

static void test_unregister_under_reader(struct kunit *test)
{
	const struct my_tramp *t;
	void *text;
	long ret;

	KUNIT_ASSERT_EQ(test, my_register(&my_text, 0, my_twice, 21), 0);
	rcu_read_lock();
	t = rcu_dereference(my_tramps[0]);
	text = t->text;
	my_unregister(0);
	mdelay(10);		/* time for a worker that does not wait for readers */
	ret = my_call(t);
	rcu_read_unlock();

	KUNIT_EXPECT_EQ(test, ret, 42);
	KUNIT_EXPECT_EQ(test, my_run(0), -ENOENT);
	KUNIT_EXPECT_FALSE(test, jit_cache_owns(&my_text, text));
}

static void test_full(struct kunit *test)
{
	int id, err = 0;

	for (id = 0; id < MY_TRAMPS && !err; id++)
		err = my_register(&my_tiny, id, my_twice, id);
	KUNIT_EXPECT_EQ(test, err, -ENOMEM);
	KUNIT_EXPECT_EQ(test, my_run(--id), -ENOENT);
	while (id--)
		KUNIT_EXPECT_EQ(test, my_run(id), 2 * id);
}

static void my_exit(struct kunit *test)
{
	int i;

	for (i = 0; i < MY_TRAMPS; i++)
		my_unregister(i);
}

static struct kunit_case my_cases[] = {
	KUNIT_CASE(test_call_and_rewrite),
	KUNIT_CASE(test_many),
	KUNIT_CASE(test_unregister_under_reader),
	KUNIT_CASE(test_full),
	{}
};

static struct kunit_suite my_suite = {
	.name		= "jitcache_user",
	.exit		= my_exit,
	.test_cases	= my_cases,
};

kunit_test_suite(my_suite);
