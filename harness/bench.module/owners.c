// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the owners of executable memory do with it, on a kernel whose owners take it from
 * jit_cache, and on a stock one. Of two kinds:
 *
 *   whole	an operation as a whole, as a user of it sees it
 *   part	its share that is executable memory: for a program, a trampoline and a
 *		dispatcher of BPF from the first allocation until they can run, and
 *		freeing them; for kprobes, to get and to put a slot; for ftrace, to create
 *		and to free a trampoline
 *
 * A figure is the mean of some operations in a row, with all that tasks do for them later:
 * the workers of RCU, of jit_cache and of kprobes included.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/delay.h>
#include <linux/fdtable.h>
#include <linux/filter.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/task_work.h>
#include <linux/trace.h>

#include "bench.h"

/* === Operations =========================================================== */

#define WHOLE_OBJECTS	40	/* a dispatcher has room for 48 */

struct bpf_prog **progs;
void **objects;
static unsigned long *functions;	/* WHOLE_OBJECTS + 1 */

static typeof(task_work_run) *fn_task_work_run;
static int (*fn_tracing_set_tracer)(struct trace_array *tr, const char *name);

/* Not declared in any header. */
int kern_sys_bpf(int cmd, union bpf_attr *attr, unsigned int size);

static struct bpf_tramp_link *links;	/* WHOLE_OBJECTS + 1, as the next */
static struct kprobe *kprobes;
static int *fds;

/* Forty instructions and some. */
#define PROG_LEN	42

static struct bpf_insn prog_insns[PROG_LEN];

static void write_insns(void)
{
	unsigned int i;

	prog_insns[0] = BPF_MOV64_IMM(BPF_REG_0, 1);
	for (i = 1; i < PROG_LEN - 1; i++)
		prog_insns[i] = BPF_ALU64_IMM(BPF_ADD, BPF_REG_0, i);
	prog_insns[PROG_LEN - 1] = BPF_EXIT_INSN();
}

static int load_program(unsigned int i)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = PROG_LEN,
		.insns = (unsigned long)prog_insns,
		.license = (unsigned long)"GPL",
	};

	fds[i] = kern_sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	return min(fds[i], 0);
}

/* The file is put when the task returns to user mode, or now. */
static void unload_program(unsigned int i)
{
	close_fd(fds[i]);
	fn_task_work_run();
}

/* Others attach no trampoline to a function of the kernel, and have no dispatchers. */
#ifdef CONFIG_X86_64
static typeof(bpf_trampoline_get) *fn_bpf_trampoline_get;
static typeof(bpf_trampoline_put) *fn_bpf_trampoline_put;
static typeof(bpf_trampoline_link_prog) *fn_bpf_trampoline_link_prog;
static typeof(bpf_trampoline_unlink_prog) *fn_bpf_trampoline_unlink_prog;
static typeof(bpf_prog_change_xdp) *fn_bpf_prog_change_xdp;

static int find_trampolines(void)
{
	if (!FIND(bpf_trampoline_get) || !FIND(bpf_trampoline_put) ||
	    !FIND(bpf_trampoline_link_prog) || !FIND(bpf_trampoline_unlink_prog) ||
	    !FIND(bpf_prog_change_xdp))
		return -ENOENT;
	return 0;
}

static int attach_trampoline(unsigned int i)
{
	/* It is any function of the kernel, and called meanwhile: keep all arguments. */
	struct bpf_attach_target_info target = {
		.fmodel = { .ret_size = 8, .nr_args = 6, .arg_size = { 8, 8, 8, 8, 8, 8 } },
		.tgt_addr = functions[i] - ENTRY_SIZE,
	};
	struct bpf_trampoline *tr = fn_bpf_trampoline_get(U64_MAX - i, &target);

	if (!tr)
		return -ENOMEM;
	objects[i] = tr;
	links[i].link.prog = progs[i];
	return fn_bpf_trampoline_link_prog(&links[i], tr, NULL);
}

static void detach_trampoline(unsigned int i)
{
	fn_bpf_trampoline_unlink_prog(&links[i], objects[i], NULL);
	fn_bpf_trampoline_put(objects[i]);
}

static int add_to_dispatcher(unsigned int i)
{
	fn_bpf_prog_change_xdp(NULL, progs[i]);
	return 0;
}

static void remove_from_dispatcher(unsigned int i)
{
	fn_bpf_prog_change_xdp(progs[i], NULL);
}
#else
static int find_trampolines(void)
{
	return 0;
}
#endif /* CONFIG_X86_64 */

static int add_kprobe(unsigned int i)
{
	memset(&kprobes[i], 0, sizeof(kprobes[i]));
	kprobes[i].addr = (void *)functions[i];
	return register_kprobe(&kprobes[i]);
}

static void remove_kprobe(unsigned int i)
{
	unregister_kprobe(&kprobes[i]);
}

static int create_instance(unsigned int i)
{
	char name[] = "bench-0";

	name[sizeof(name) - 2] += i;
	objects[i] = trace_array_get_by_name(name);
	return objects[i] ? fn_tracing_set_tracer(objects[i], "function") : -ENOMEM;
}

static void remove_instance(unsigned int i)
{
	fn_tracing_set_tracer(objects[i], "nop");
	trace_array_put(objects[i]);
	trace_array_destroy(objects[i]);
}

/* === Measuring ============================================================ */

/* Programs are compiled for what is measured as a whole alone. */
static int compile_programs(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i <= WHOLE_OBJECTS && !err; i++) {
		progs[i]->jit_requested = 1;
		progs[i] = bpf_prog_select_runtime(progs[i], &err);
	}
	return err;
}

static const struct owner owners[] = {
	{ "bpf-program", "whole", WHOLE_OBJECTS, load_program, unload_program,
	  .begin = compile_programs },
#ifdef CONFIG_X86_64
	{ "bpf-trampoline", "whole", WHOLE_OBJECTS, attach_trampoline, detach_trampoline },
	{ "bpf-dispatcher", "whole", WHOLE_OBJECTS, add_to_dispatcher, remove_from_dispatcher },
#endif
	{ "kprobe", "whole", WHOLE_OBJECTS, add_kprobe, remove_kprobe },
	{ "ftrace-instance", "whole", 5, create_instance, remove_instance },
};

/*
 * Until the workers have done what is to do. kfree_rcu() takes up to five seconds, which
 * matters to instructions alone, and with several CPUs time is not for free.
 */
u64 settle(u64 (*read)(void))
{
	u64 start = read();

	ssleep(num_online_cpus() == 1 ? 6 : 1);
	return read() - start;
}

static int measure_owner(const struct owner *owner, const char *what, u64 (*read)(void))
{
	u64 start, create, idle, remove = 0;
	unsigned int i, nr = owner->nr;
	int err = owner->create(nr);

	if (err)
		return err;
	settle(read);
	idle = settle(read);

	start = read();
	for (i = 0; i < nr; i++) {
		err = owner->create(i);
		if (err)
			break;
		cond_resched();
	}
	settle(read);
	create = read() - start;

	start = read();
	while (owner->remove && i--) {
		owner->remove(i);
		cond_resched();
	}
	settle(read);
	remove = read() - start;

	if (owner->remove)
		owner->remove(nr);
	settle(read);
	if (err)
		return err;
	pr_info("%s %s %s create %u %lld\n", what, owner->kind, owner->name, nr,
		(s64)(create - idle));
	if (owner->remove)
		pr_info("%s %s %s remove %u %lld\n", what, owner->kind, owner->name, nr,
			(s64)(remove - idle));
	return 0;
}

/**
 * bench_owner() - measure one owner
 * @owner: the owner
 * @what: the first word of each line of the log
 * @read: the counter
 *
 * One object stays, so that the memory that a chunk or a pack needs is there before.
 *
 * Return: 0 or an error.
 */
int bench_owner(const struct owner *owner, const char *what, u64 (*read)(void))
{
	int err = owner->begin ? owner->begin() : 0;

	memset(objects, 0, MAX_OBJECTS * sizeof(*objects));
	err = err ?: measure_owner(owner, what, read);
	if (owner->end)
		owner->end();
	if (err)
		pr_err("%s %s: error %d\n", owner->kind, owner->name, err);
	return err;
}

/* === All ================================================================== */

static int new_programs(void)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++) {
		struct bpf_prog *prog = bpf_prog_alloc(bpf_prog_size(PROG_LEN), 0);

		if (!prog)
			return -ENOMEM;
		progs[i] = prog;
		prog->len = PROG_LEN;
		memcpy(prog->insnsi, prog_insns, sizeof(prog_insns));
		prog->type = BPF_PROG_TYPE_TRACING;
		prog->expected_attach_type = BPF_TRACE_FENTRY;
		atomic64_set(&prog->aux->refcnt, 1);
	}
	return 0;
}

static int find_all(void)
{
	if (!FIND(task_work_run) || !FIND(tracing_set_tracer))
		return -ENOENT;
	return find_trampolines();
}

/**
 * owners_begin() - allocate what owners need
 *
 * Return: 0 or an error. Call owners_end() in either case.
 */
int owners_begin(void)
{
	int err = find_all();

	if (err)
		return err;
	progs = kcalloc(MAX_OBJECTS, sizeof(*progs), GFP_KERNEL);
	objects = kcalloc(MAX_OBJECTS, sizeof(*objects), GFP_KERNEL);
	functions = kcalloc(WHOLE_OBJECTS + 1, sizeof(*functions), GFP_KERNEL);
	links = kcalloc(WHOLE_OBJECTS + 1, sizeof(*links), GFP_KERNEL);
	kprobes = kcalloc(WHOLE_OBJECTS + 1, sizeof(*kprobes), GFP_KERNEL);
	fds = kcalloc(WHOLE_OBJECTS + 1, sizeof(*fds), GFP_KERNEL);
	if (!progs || !objects || !functions || !links || !kprobes || !fds)
		return -ENOMEM;
	if (find_functions(functions, WHOLE_OBJECTS + 1) != WHOLE_OBJECTS + 1)
		return -ENOENT;
	write_insns();
	return new_programs();
}

/**
 * owners_end() - free what owners_begin() has allocated
 */
void owners_end(void)
{
	unsigned int i;

	for (i = 0; progs && i < MAX_OBJECTS; i++) {
		if (progs[i])
			bpf_prog_free(progs[i]);
	}
	kfree(progs);
	kfree(objects);
	kfree(functions);
	kfree(links);
	kfree(kprobes);
	kfree(fds);
}

/**
 * bench_owners() - measure all owners
 * @what: the first word of each line of the log
 * @read: the counter
 *
 * Return: 0 or an error.
 */
int bench_owners(const char *what, u64 (*read)(void))
{
	int err = owners_begin() ?: bench_parts(what, read);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(owners) && !err; i++)
		err = bench_owner(&owners[i], what, read);
	owners_end();
	return err;
}
