// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of text that BPF generates: programs, trampolines and dispatchers. Without BTF, no
 * program can be attached from user space, so they are called here.
 */

#include <kunit/test.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/jitcache.h>
#include <linux/percpu-refcount.h>
#include <linux/string.h>

static u64 runs;

/* A program that counts its runs in @runs and returns @value plus its first argument. */
static struct bpf_prog *new_prog_of_type(struct kunit *test, enum bpf_prog_type type, s32 value)
{
	const struct bpf_insn insns[] = {
		BPF_LDX_MEM(BPF_DW, BPF_REG_0, BPF_REG_1, 0),
		BPF_ALU64_IMM(BPF_ADD, BPF_REG_0, value),
		BPF_LD_IMM64(BPF_REG_2, (unsigned long)&runs),
		BPF_LDX_MEM(BPF_DW, BPF_REG_3, BPF_REG_2, 0),
		BPF_ALU64_IMM(BPF_ADD, BPF_REG_3, 1),
		BPF_STX_MEM(BPF_DW, BPF_REG_2, BPF_REG_3, 0),
		BPF_EXIT_INSN(),
	};
	struct bpf_prog *prog = bpf_prog_alloc(bpf_prog_size(ARRAY_SIZE(insns)), 0);
	int err;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	prog->len = ARRAY_SIZE(insns);
	prog->type = type;
	memcpy(prog->insnsi, insns, sizeof(insns));
	prog->jit_requested = 1;
	atomic64_set(&prog->aux->refcnt, 1);
	prog = bpf_prog_select_runtime(prog, &err);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_TRUE(test, prog->jited);
	return prog;
}

static struct bpf_prog *new_prog(struct kunit *test, s32 value)
{
	return new_prog_of_type(test, BPF_PROG_TYPE_SOCKET_FILTER, value);
}

static void test_prog(struct kunit *test)
{
	struct bpf_prog *prog = new_prog(test, 7);
	u64 arg = 3;

	KUNIT_EXPECT_NOT_NULL(test, jit_start(prog->bpf_func));
	KUNIT_EXPECT_NULL(test, prog->aux->jit_stage.addr);
	KUNIT_EXPECT_EQ(test, bpf_prog_run_pin_on_cpu(prog, &arg), 10U);
	bpf_prog_free(prog);
}

static unsigned int flushes;

static void count_flush(void)
{
	flushes++;
}

/*
 * A classic program flushes the predictors if its memory may have held other code since the
 * last flush, as all memory may have if there was none. Others never do. What is free is
 * clean then, and stays so until something is freed. A worker may do that meanwhile, with the
 * slot of the self test of kprobes, so that another filter flushes, but not all of them.
 * (jitcache_flush counts exactly, in memory that has no other users.)
 */
static void test_filters_flush(struct kunit *test)
{
	bpf_flush_t *before = bpf_jit_set_flush(count_flush);
	struct bpf_prog *filters[8], *prog;
	unsigned int i;

	flushes = 0;
	prog = new_prog(test, 0);
	KUNIT_EXPECT_EQ(test, flushes, 0U);
	/* The type that classic programs have. */
	for (i = 0; i < ARRAY_SIZE(filters); i++)
		filters[i] = new_prog_of_type(test, BPF_PROG_TYPE_UNSPEC, i);
	/* If the CPU needs the flush, there may have been one before. */
	if (!before)
		KUNIT_EXPECT_GE(test, flushes, 1U);
	KUNIT_EXPECT_LT(test, flushes, ARRAY_SIZE(filters));
	bpf_jit_set_flush(before);

	bpf_prog_free(prog);
	for (i = 0; i < ARRAY_SIZE(filters); i++)
		bpf_prog_free(filters[i]);
}

static struct bpf_tramp_link *link_to(struct bpf_tramp_link *link, struct bpf_prog *prog,
				      enum bpf_link_type type)
{
	memset(link, 0, sizeof(*link));
	link->link.prog = prog;
	link->link.type = type;
	return link;
}

static const struct btf_func_model model = {
	.ret_size = sizeof(u64),
	.nr_args = 1,
	.arg_size = { sizeof(u64) },
};

/* As a function of struct_ops: called through a pointer, it returns what the program does. */
static __nocfi void test_trampoline(struct kunit *test)
{
	struct bpf_tramp_links tlinks[BPF_TRAMP_MAX] = {};
	struct bpf_prog *prog = new_prog(test, 100);
	struct bpf_tramp_link link;
	u64 (*func)(u64 arg);

	tlinks[BPF_TRAMP_FENTRY].links[0] = link_to(&link, prog, BPF_LINK_TYPE_STRUCT_OPS);
	tlinks[BPF_TRAMP_FENTRY].nr_links = 1;
	func = bpf_trampoline_generate(NULL, &model, BPF_TRAMP_F_RET_FENTRY_RET, tlinks, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, func);
	KUNIT_EXPECT_PTR_EQ(test, jit_start(func), (void *)func);
	/* It was trimmed to what it needs. */
	KUNIT_EXPECT_LT(test, jit_size(func), PAGE_SIZE / 2);
	KUNIT_EXPECT_EQ(test, func(5), 105ULL);
	bpf_text_free(func);
	bpf_prog_free(prog);
}

#ifdef CONFIG_X86_64
static noinline u64 traced(u64 arg)
{
	return arg * 2;
}

static void release(struct percpu_ref *ref)
{
}

/*
 * With a program in front of a function and one behind it. When a trampoline goes, the latter
 * is skipped: text that is in use is poked. On arm64, the caller leaves an address in x9.
 */
static __nocfi void test_trampoline_around(struct kunit *test)
{
	struct bpf_tramp_links tlinks[BPF_TRAMP_MAX] = {};
	struct bpf_prog *prog = new_prog(test, 0);
	struct bpf_tramp_link before, behind;
	struct bpf_tramp_image im = {};
	u64 (*func)(u64 arg);

	INIT_LIST_HEAD(&im.ksym.lnode);
	strscpy(im.ksym.name, "bpf_trampoline_kunit", sizeof(im.ksym.name));
	KUNIT_ASSERT_EQ(test, percpu_ref_init(&im.pcref, release, 0, GFP_KERNEL), 0);
	tlinks[BPF_TRAMP_FENTRY].links[0] = link_to(&before, prog, BPF_LINK_TYPE_TRACING);
	tlinks[BPF_TRAMP_FENTRY].nr_links = 1;
	tlinks[BPF_TRAMP_FEXIT].links[0] = link_to(&behind, prog, BPF_LINK_TYPE_TRACING);
	tlinks[BPF_TRAMP_FEXIT].nr_links = 1;
	func = bpf_trampoline_generate(&im, &model, BPF_TRAMP_F_CALL_ORIG, tlinks, traced);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, func);

	runs = 0;
	KUNIT_EXPECT_EQ(test, func(21), 42ULL);
	KUNIT_EXPECT_EQ(test, runs, 2ULL);

	bpf_image_ksym_add(func, jit_size(func), &im.ksym);
	KUNIT_EXPECT_EQ(test, bpf_arch_text_poke(im.ip_after_call, BPF_MOD_JUMP, NULL,
						 im.ip_epilogue), 0);
	KUNIT_EXPECT_EQ(test, func(21), 42ULL);
	KUNIT_EXPECT_EQ(test, runs, 3ULL);

	bpf_image_ksym_del(&im.ksym);
	bpf_text_free(func);
	percpu_ref_exit(&im.pcref);
	bpf_prog_free(prog);
}
#endif

DECLARE_BPF_DISPATCHER(kunit)
DEFINE_BPF_DISPATCHER(kunit)

/* Each update writes the half of the text that is not in use. */
static __nocfi void test_dispatcher(struct kunit *test)
{
	struct bpf_dispatcher *d = BPF_DISPATCHER_PTR(kunit);
	struct bpf_prog *progs[3];
	u64 arg = 1;
	unsigned int i, n;

	for (n = 0; n < ARRAY_SIZE(progs); n++) {
		progs[n] = new_prog(test, n);
		bpf_dispatcher_change_prog(d, NULL, progs[n]);
		KUNIT_EXPECT_PTR_EQ(test, jit_start(d->image), d->image);
		for (i = 0; i <= n; i++)
			KUNIT_EXPECT_EQ(test, BPF_DISPATCHER_FUNC(kunit)(&arg, progs[i]->insnsi,
									 progs[i]->bpf_func),
					i + 1);
	}
	while (n--)
		bpf_dispatcher_change_prog(d, progs[n], NULL);
	KUNIT_EXPECT_EQ(test, BPF_DISPATCHER_FUNC(kunit)(&arg, progs[0]->insnsi,
							 progs[0]->bpf_func), 1);
	for (n = 0; n < ARRAY_SIZE(progs); n++)
		bpf_prog_free(progs[n]);
}

static struct kunit_case bpf_text_cases[] = {
	KUNIT_CASE(test_prog),
	KUNIT_CASE(test_filters_flush),
	KUNIT_CASE(test_trampoline),
#ifdef CONFIG_X86_64
	KUNIT_CASE(test_trampoline_around),
#endif
	KUNIT_CASE(test_dispatcher),
	{}
};

static struct kunit_suite bpf_text_suite = {
	.name = "bpf_text",
	.test_cases = bpf_text_cases,
};

kunit_test_suite(bpf_text_suite);
