// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of jit_cache: a task that is preempted in an object which is freed. The
 * objects are the slots of optimized kprobes, the one user for which that happens to any
 * task, and whose slots can be freed meanwhile: another probe takes the jump to the slot
 * away, and then the first one is unregistered.
 */

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jitcache.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include <asm/asm.h>

#include "jitcache_kunit.h"

/*
 * The jump to a slot takes five bytes, so that it covers three instructions of two bytes. The
 * second one can have a probe of its own.
 */
void jit_probed(void);
asm(".pushsection .text\n\t"
	".globl jit_probed\n\t"
	".type jit_probed, @function\n"
	"jit_probed:\n\t"
	"xorl %eax, %eax\n\t"
	"xorl %eax, %eax\n\t"
	"xorl %eax, %eax\n\t"
	ASM_RET
	".size jit_probed, . - jit_probed\n\t"
	".popsection\n");

static unsigned long runs;
static bool starve;

static int run_probed(void *data)
{
	while (!kthread_should_stop()) {
		jit_probed();
		/* RCU tasks waits for this. */
		if (!(++runs % 4096))
			schedule_timeout_idle(1);
	}
	return 0;
}

/* Keep the other task from its CPU. */
static int hog(void *data)
{
	sched_set_fifo(current);
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		while (READ_ONCE(starve))
			cpu_relax();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static bool is_in_slot(struct task_struct *task, const u8 *slot)
{
	unsigned long entries[16];
	unsigned int i, n = stack_trace_save_tsk(task, entries, ARRAY_SIZE(entries), 0);

	for (i = 0; i < n; i++) {
		if (entries[i] - (unsigned long)slot < kprobe_optinsn_slots.insn_size)
			return true;
	}
	return false;
}

static bool starve_in_slot(struct task_struct *runner, struct task_struct *hogger,
			   const u8 *slot)
{
	unsigned int tries;

	for (tries = 0; tries < 2000; tries++) {
		WRITE_ONCE(starve, true);
		wake_up_process(hogger);
		usleep_range(300, 400);
		if (is_in_slot(runner, slot))
			return true;
		WRITE_ONCE(starve, false);
		usleep_range(200 + tries % 97, 400 + tries % 97);
	}
	return false;
}

static int on_hit(struct kprobe *p, struct pt_regs *regs)
{
	return 0;
}

static struct kprobe first, second;

/* The slot of an optimized probe, or NULL. */
static u8 *slot_of(struct kprobe *p)
{
	struct kprobe *found;
	u8 *slot = NULL;

	preempt_disable();
	found = get_kprobe(p->addr);
	if (found && found->flags & KPROBE_FLAG_OPTIMIZED)
		slot = (u8 *)container_of(found, struct optimized_kprobe, kp)->optinsn.insn;
	preempt_enable();
	return slot;
}

/*
 * Free the slot of an optimized probe while the task is in it. Returns false if it has gone
 * on meanwhile: real-time tasks do not get all of a CPU.
 */
static bool free_slot_under_task(struct kunit *test, struct task_struct *runner,
				 struct task_struct *hogger)
{
	const struct jit_cache *cache = kprobe_optinsn_slots.slots;
	u8 *slot = slot_of(&first), before[64];
	bool same, starved;
	unsigned long at;

	KUNIT_EXPECT_NOT_NULL(test, slot);
	starved = slot && starve_in_slot(runner, hogger, slot);
	at = READ_ONCE(runs);
	if (starved)
		memcpy(before, slot, sizeof(before));
	/* The jump to the slot of the first probe would cover the second one. */
	second = (struct kprobe){ .addr = first.addr + 2, .pre_handler = on_hit };
	KUNIT_EXPECT_EQ(test, register_kprobe(&second), 0);
	unregister_kprobe(&first);
	unregister_kprobe(&second);
	/* Time enough for what does not wait for the task. */
	rcu_barrier();
	msleep(100);
	if (starved) {
		same = !memcmp(before, slot, sizeof(before));
		starved = READ_ONCE(runs) == at;
		KUNIT_EXPECT_TRUE(test, same || !starved);
		KUNIT_EXPECT_TRUE(test, READ_ONCE(cache->stat[JIT_CACHE_WAITING]) || !starved);
	}
	WRITE_ONCE(starve, false);
	return starved;
}

static void test_starved_in_slot(struct kunit *test)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	struct task_struct *runner, *hogger;
	unsigned int tries;
	bool done = false;
	unsigned long at;

	if (num_online_cpus() < 2)
		kunit_skip(test, "takes a second CPU");
	runner = kthread_run_on_cpu(run_probed, NULL, cpu, "jit_run/%u");
	hogger = kthread_run_on_cpu(hog, NULL, cpu, "jit_hog/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(runner) || IS_ERR(hogger));

	for (tries = 0; tries < 10 && !done; tries++) {
		first = (struct kprobe){ .addr = (void *)jit_probed, .pre_handler = on_hit };
		KUNIT_ASSERT_EQ(test, register_kprobe(&first), 0);
		wait_for_kprobe_optimizer();
		done = free_slot_under_task(test, runner, hogger);
	}
	KUNIT_EXPECT_TRUE(test, done);

	/* It goes on, and out of the slot. */
	at = READ_ONCE(runs);
	wait_until_none_waits(test, kprobe_optinsn_slots.slots);
	KUNIT_EXPECT_NE(test, READ_ONCE(runs), at);
	kthread_stop(runner);
	kthread_stop(hogger);
}

static struct kunit_case jitcache_starve_cases[] = {
	KUNIT_CASE(test_starved_in_slot),
	{}
};

static struct kunit_suite jitcache_starve_suite = {
	.name = "jitcache_starve",
	.test_cases = jitcache_starve_cases,
};

kunit_test_suite(jitcache_starve_suite);
