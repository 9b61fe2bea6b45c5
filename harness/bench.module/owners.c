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
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/task_work.h>
#include <linux/trace.h>
#include <linux/vmalloc.h>

#ifdef CONFIG_JIT_CACHE
#include <linux/jitcache.h>
#include <linux/text_patching.h>
#endif

#include "bench.h"

/* The longest row of objects, and one that stays. */
#define MAX_OBJECTS	1001

/* Bytes of a trampoline for one program. */
#define TRAMP_SIZE	250

/**
 * struct owner - an operation and its opposite
 * @name: in the results
 * @kind: "whole" or "part"
 * @nr: how many objects to create, and to remove after that
 * @create: create one; returns 0 or an error
 * @remove: remove it; NULL if the next one that is created replaces it
 */
struct owner {
	const char	*name;
	const char	*kind;
	unsigned int	nr;
	int		(*create)(unsigned int i);
	void		(*remove)(unsigned int i);
};

static struct bpf_prog **progs;		/* MAX_OBJECTS, which were not compiled */
static void **objects;			/* MAX_OBJECTS */
static unsigned long *functions;	/* WHOLE_OBJECTS + 1 */
static size_t *sizes;			/* MAX_OBJECTS, as of BPF programs */

static typeof(arch_prepare_bpf_dispatcher) *fn_arch_prepare_bpf_dispatcher;
static typeof(arch_ftrace_update_trampoline) *fn_arch_ftrace_update_trampoline;
static typeof(arch_ftrace_trampoline_free) *fn_arch_ftrace_trampoline_free;
static typeof(__get_insn_slot) *fn___get_insn_slot;
static typeof(__free_insn_slot) *fn___free_insn_slot;
static struct kprobe_insn_cache *fn_kprobe_insn_slots, *fn_kprobe_optinsn_slots;

static s64 dispatched(void)
{
	return (s64)fn_arch_prepare_bpf_dispatcher;
}

/* === Parts: BPF =========================================================== */

#ifdef CONFIG_JIT_CACHE
static typeof(bpf_prog_text_begin) *fn_bpf_prog_text_begin;
static typeof(bpf_prog_text_commit) *fn_bpf_prog_text_commit;
static typeof(bpf_prog_text_free) *fn_bpf_prog_text_free;
static typeof(bpf_text_begin) *fn_bpf_text_begin;
static typeof(bpf_text_trim) *fn_bpf_text_trim;
static typeof(bpf_text_commit) *fn_bpf_text_commit;
static typeof(bpf_text_free) *fn_bpf_text_free;
static typeof(jit_cache_prepare) *fn_jit_cache_prepare;
static typeof(text_buf_fill) *fn_text_buf_fill;
static typeof(text_poke_copy) *fn_text_poke_copy;
static struct jit_cache *fn_bpf_trampolines, *fn_bpf_dispatchers;

static int find_parts(void)
{
	if (!FIND(bpf_prog_text_begin) || !FIND(bpf_prog_text_commit) ||
	    !FIND(bpf_prog_text_free) || !FIND(bpf_text_begin) || !FIND(bpf_text_trim) ||
	    !FIND(bpf_text_commit) || !FIND(bpf_text_free) || !FIND(jit_cache_prepare) ||
	    !FIND(bpf_trampolines) || !FIND(bpf_dispatchers) || !FIND(text_buf_fill) ||
	    !FIND(text_poke_copy))
		return -ENOENT;
	return 0;
}

static int create_program(unsigned int i)
{
	struct bpf_prog *prog = progs[i];
	u8 *rw;

	prog->bpf_func = (void *)fn_bpf_prog_text_begin(prog, sizes[i], 4, &rw);
	if (!prog->bpf_func)
		return -ENOMEM;
	memcpy(rw, text, sizes[i]);
	prog->jited = !fn_bpf_prog_text_commit(prog);
	return prog->jited ? 0 : -ENOMEM;
}

static void remove_program(unsigned int i)
{
	fn_bpf_prog_text_free(progs[i]);
	progs[i]->bpf_func = NULL;
	progs[i]->jited = 0;
}

static int create_trampoline(unsigned int i)
{
	struct jit_stage stage;
	int err = fn_bpf_text_begin(&stage, fn_bpf_trampolines, PAGE_SIZE);

	if (err)
		return err;
	memcpy(stage.rw, text, TRAMP_SIZE);
	fn_bpf_text_trim(&stage, TRAMP_SIZE);
	objects[i] = fn_bpf_text_commit(&stage);
	return objects[i] ? 0 : -ENOMEM;
}

static void remove_trampoline(unsigned int i)
{
	fn_bpf_text_free(objects[i]);
}

/* The first update allocates memory for all. */
static int update_dispatcher(unsigned int i)
{
	unsigned int half = i % 2 * PAGE_SIZE / 2;
	s64 func = dispatched();
	struct jit_stage stage;
	void *buf;
	int err;

	if (!objects[0] && !fn_bpf_text_begin(&stage, fn_bpf_dispatchers, PAGE_SIZE))
		objects[0] = fn_bpf_text_commit(&stage);
	if (!objects[0])
		return -ENOMEM;
	buf = kmalloc(PAGE_SIZE / 2, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	fn_text_buf_fill(buf, PAGE_SIZE / 2);
	err = fn_arch_prepare_bpf_dispatcher(objects[0] + half, buf, &func, 1);
	if (!err && !fn_text_poke_copy(objects[0] + half, buf, PAGE_SIZE / 2))
		err = -EFAULT;
	kfree(buf);
	return err;
}

static void dispatcher_exit(void)
{
	fn_bpf_text_free(objects[0]);
}

/* As register_kprobe() does for both caches. */
static void prepare_slots(void)
{
	fn_jit_cache_prepare(fn_kprobe_optinsn_slots->slots,
			     2 * fn_kprobe_optinsn_slots->insn_size);
}
#else
static typeof(bpf_jit_binary_pack_alloc) *fn_bpf_jit_binary_pack_alloc;
static typeof(bpf_jit_binary_pack_finalize) *fn_bpf_jit_binary_pack_finalize;
static typeof(bpf_jit_binary_pack_free) *fn_bpf_jit_binary_pack_free;
static typeof(bpf_prog_pack_alloc) *fn_bpf_prog_pack_alloc;
static typeof(bpf_prog_pack_free) *fn_bpf_prog_pack_free;
static typeof(bpf_jit_charge_modmem) *fn_bpf_jit_charge_modmem;
static typeof(bpf_jit_uncharge_modmem) *fn_bpf_jit_uncharge_modmem;
static typeof(bpf_jit_alloc_exec) *fn_bpf_jit_alloc_exec;
static typeof(bpf_jit_free_exec) *fn_bpf_jit_free_exec;
static typeof(bpf_arch_text_copy) *fn_bpf_arch_text_copy;
static typeof(set_memory_ro) *fn_set_memory_ro;
static typeof(set_memory_x) *fn_set_memory_x;
static typeof(find_vm_area) *fn_find_vm_area;

static int find_parts(void)
{
	if (!FIND(bpf_jit_binary_pack_alloc) || !FIND(bpf_jit_binary_pack_finalize) ||
	    !FIND(bpf_jit_binary_pack_free) || !FIND(bpf_prog_pack_alloc) ||
	    !FIND(bpf_prog_pack_free) || !FIND(bpf_jit_charge_modmem) ||
	    !FIND(bpf_jit_uncharge_modmem) || !FIND(bpf_jit_alloc_exec) ||
	    !FIND(bpf_jit_free_exec) || !FIND(bpf_arch_text_copy) || !FIND(set_memory_ro) ||
	    !FIND(set_memory_x) || !FIND(find_vm_area))
		return -ENOENT;
	return 0;
}

static void fill_hole(void *area, unsigned int size)
{
	memset(area, 0xcc, size);
}

static int create_program(unsigned int i)
{
	struct bpf_binary_header *header, *rw_header;
	u8 *image, *rw;

	header = fn_bpf_jit_binary_pack_alloc(sizes[i], &image, 4, &rw_header, &rw, fill_hole,
					      false);
	if (!header)
		return -ENOMEM;
	objects[i] = header;
	memcpy(rw, text, sizes[i]);
	return fn_bpf_jit_binary_pack_finalize(progs[i], header, rw_header);
}

static void remove_program(unsigned int i)
{
	fn_bpf_jit_binary_pack_free(objects[i], NULL);
}

static int create_trampoline(unsigned int i)
{
	int err = fn_bpf_jit_charge_modmem(PAGE_SIZE);
	void *addr;

	if (err)
		return err;
	addr = fn_bpf_jit_alloc_exec(PAGE_SIZE);
	if (!addr)
		return -ENOMEM;
	/* As set_vm_flush_reset_perms(), which calls what is not exported. */
	fn_find_vm_area(addr)->flags |= VM_FLUSH_RESET_PERMS;
	memcpy(addr, text, TRAMP_SIZE);
	fn_set_memory_ro((unsigned long)addr, 1);
	fn_set_memory_x((unsigned long)addr, 1);
	objects[i] = addr;
	return 0;
}

static void remove_trampoline(unsigned int i)
{
	fn_bpf_jit_free_exec(objects[i]);
	fn_bpf_jit_uncharge_modmem(PAGE_SIZE);
}

/* The first update allocates memory for all. */
static int update_dispatcher(unsigned int i)
{
	unsigned int half = i % 2 * PAGE_SIZE / 2;
	s64 func = dispatched();
	int err;

	if (!objects[0]) {
		objects[0] = fn_bpf_prog_pack_alloc(PAGE_SIZE, fill_hole, false);
		objects[1] = fn_bpf_jit_alloc_exec(PAGE_SIZE);
	}
	if (!objects[0] || !objects[1])
		return -ENOMEM;
	err = fn_arch_prepare_bpf_dispatcher(objects[0] + half, objects[1] + half, &func, 1);
	return err ?: PTR_ERR_OR_ZERO(fn_bpf_arch_text_copy(objects[0] + half,
							    objects[1] + half,
							    PAGE_SIZE / 2));
}

/* A pack finds the size of an object at its start. */
static void dispatcher_exit(void)
{
	u32 size = PAGE_SIZE;

	fn_bpf_arch_text_copy(objects[0], &size, sizeof(size));
	fn_bpf_prog_pack_free(objects[0]);
	fn_bpf_jit_free_exec(objects[1]);
}

static void prepare_slots(void)
{
}
#endif /* CONFIG_JIT_CACHE */

/* === Parts: kprobes and ftrace ============================================ */

static int get_slot(unsigned int i)
{
	prepare_slots();
	objects[i] = fn___get_insn_slot(fn_kprobe_insn_slots);
	return objects[i] ? 0 : -ENOMEM;
}

/* It may have been boosted, as most are. */
static void put_slot(unsigned int i)
{
	fn___free_insn_slot(fn_kprobe_insn_slots, objects[i], 1);
}

static int get_optprobe_slot(unsigned int i)
{
	objects[i] = fn___get_insn_slot(fn_kprobe_optinsn_slots);
	return objects[i] ? 0 : -ENOMEM;
}

static void put_optprobe_slot(unsigned int i)
{
	fn___free_insn_slot(fn_kprobe_optinsn_slots, objects[i], 1);
}

static void trace_nothing(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			  struct ftrace_regs *fregs)
{
}

static struct ftrace_ops *trace_ops;	/* FTRACE_OBJECTS */

#define FTRACE_OBJECTS	200

static int create_ftrace(unsigned int i)
{
	struct ftrace_ops *ops = &trace_ops[i];

	ops->func = trace_nothing;
	ops->flags = FTRACE_OPS_FL_DYNAMIC | FTRACE_OPS_FL_ALLOC_TRAMP;
	ops->trampoline = 0;
	fn_arch_ftrace_update_trampoline(ops);
	return ops->trampoline ? 0 : -ENOMEM;
}

static void remove_ftrace(unsigned int i)
{
	fn_arch_ftrace_trampoline_free(&trace_ops[i]);
}

/* === Operations as a whole ================================================ */

#define WHOLE_OBJECTS	40	/* a dispatcher has room for 48 */

static typeof(bpf_trampoline_get) *fn_bpf_trampoline_get;
static typeof(bpf_trampoline_put) *fn_bpf_trampoline_put;
static typeof(bpf_trampoline_link_prog) *fn_bpf_trampoline_link_prog;
static typeof(bpf_trampoline_unlink_prog) *fn_bpf_trampoline_unlink_prog;
static typeof(bpf_prog_change_xdp) *fn_bpf_prog_change_xdp;
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

static int attach_trampoline(unsigned int i)
{
	/* It is any function of the kernel, and called meanwhile: keep all arguments. */
	struct bpf_attach_target_info target = {
		.fmodel = { .ret_size = 8, .nr_args = 6, .arg_size = { 8, 8, 8, 8, 8, 8 } },
		.tgt_addr = functions[i] - MCOUNT_INSN_SIZE,
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

static const struct owner owners[] = {
	{ "bpf-program", "part", 1000, create_program, remove_program },
	{ "bpf-trampoline", "part", 1000, create_trampoline, remove_trampoline },
	{ "bpf-dispatcher", "part", 1000, update_dispatcher, NULL },
	{ "kprobe-slot", "part", 1000, get_slot, put_slot },
	{ "optprobe-slot", "part", 1000, get_optprobe_slot, put_optprobe_slot },
	{ "ftrace-trampoline", "part", FTRACE_OBJECTS - 1, create_ftrace, remove_ftrace },
	{ "bpf-program", "whole", WHOLE_OBJECTS, load_program, unload_program },
	{ "bpf-trampoline", "whole", WHOLE_OBJECTS, attach_trampoline, detach_trampoline },
	{ "bpf-dispatcher", "whole", WHOLE_OBJECTS, add_to_dispatcher, remove_from_dispatcher },
	{ "kprobe", "whole", WHOLE_OBJECTS, add_kprobe, remove_kprobe },
	{ "ftrace-instance", "whole", 5, create_instance, remove_instance },
};

/*
 * Until the workers have done what is to do. kfree_rcu() takes up to five seconds, which
 * matters to instructions alone, and with several CPUs time is not for free.
 */
static u64 settle(u64 (*read)(void))
{
	u64 start = read();

	ssleep(num_online_cpus() == 1 ? 6 : 1);
	return read() - start;
}

/* One object stays, so that the memory that a chunk or a pack needs is there before. */
static int bench_owner(const struct owner *owner, const char *what, u64 (*read)(void))
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

/* === Rounds =============================================================== */

#define ROUNDS		10000
#define ROUND_OBJECTS	64

/**
 * struct round_owner - an owner that has some objects, of which each round replaces one
 * @create: create one
 * @remove: remove it
 * @every: only in each of so many rounds
 */
struct round_owner {
	int		(*create)(unsigned int i);
	void		(*remove)(unsigned int i);
	unsigned int	every;
};

/* The first has the fewest objects. */
static const struct round_owner round_owners[] = {
	{ create_ftrace, remove_ftrace, 50 },
	{ create_program, remove_program, 1 },
	{ create_trampoline, remove_trampoline, 1 },
	{ get_slot, put_slot, 1 },
	{ get_optprobe_slot, put_optprobe_slot, 1 },
};

static bool live[ARRAY_SIZE(round_owners) * ROUND_OBJECTS];

static int replace(const struct round_owner *owner, unsigned int i)
{
	int err;

	if (live[i])
		owner->remove(i);
	sizes[i] = mixed_size();
	err = owner->create(i);
	live[i] = !err;
	cond_resched();
	return err;
}

static int do_round(unsigned int round)
{
	unsigned int k;
	int err = 0;

	for (k = 0; k < ARRAY_SIZE(round_owners) && !err; k++) {
		if (round % round_owners[k].every == 0)
			err = replace(&round_owners[k],
				      k * ROUND_OBJECTS + mixed_size() % ROUND_OBJECTS);
	}
	return err;
}

static int do_rounds(void)
{
	unsigned int round, i;
	int err = 0;

	mixed_restart(ROUNDS);
	for (round = 1; round <= ROUNDS && !err; round++) {
		err = do_round(round);
		if (round == ROUNDS / 100 || round == ROUNDS / 10 || round == ROUNDS)
			pr_info("rounds %u %lu %lu\n", round, mapped_bytes(), split_pages());
	}
	for (i = 0; i < ARRAY_SIZE(live); i++) {
		if (live[i])
			round_owners[i / ROUND_OBJECTS].remove(i);
		live[i] = false;
	}
	settle(busy_read);
	return err;
}

/* === All ================================================================== */

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
	if (!FIND(arch_prepare_bpf_dispatcher) || !FIND(arch_ftrace_update_trampoline) ||
	    !FIND(arch_ftrace_trampoline_free) || !FIND(__get_insn_slot) ||
	    !FIND(__free_insn_slot) || !FIND(kprobe_insn_slots) ||
	    !FIND(kprobe_optinsn_slots) || !FIND(bpf_trampoline_get) ||
	    !FIND(bpf_trampoline_put) || !FIND(bpf_trampoline_link_prog) ||
	    !FIND(bpf_trampoline_unlink_prog) || !FIND(bpf_prog_change_xdp) ||
	    !FIND(task_work_run) || !FIND(tracing_set_tracer))
		return -ENOENT;
	return find_parts();
}

static int bench_owners_prepare(void)
{
	unsigned int i;
	int err = find_all();

	if (err)
		return err;
	progs = kcalloc(MAX_OBJECTS, sizeof(*progs), GFP_KERNEL);
	objects = kcalloc(MAX_OBJECTS, sizeof(*objects), GFP_KERNEL);
	sizes = kcalloc(MAX_OBJECTS, sizeof(*sizes), GFP_KERNEL);
	trace_ops = kcalloc(FTRACE_OBJECTS, sizeof(*trace_ops), GFP_KERNEL);
	functions = kcalloc(WHOLE_OBJECTS + 1, sizeof(*functions), GFP_KERNEL);
	links = kcalloc(WHOLE_OBJECTS + 1, sizeof(*links), GFP_KERNEL);
	kprobes = kcalloc(WHOLE_OBJECTS + 1, sizeof(*kprobes), GFP_KERNEL);
	fds = kcalloc(WHOLE_OBJECTS + 1, sizeof(*fds), GFP_KERNEL);
	if (!progs || !objects || !sizes || !trace_ops || !functions || !links || !kprobes ||
	    !fds)
		return -ENOMEM;
	mixed_restart(MAX_OBJECTS);
	for (i = 0; i < MAX_OBJECTS; i++)
		sizes[i] = mixed_size();
	if (find_functions(functions, WHOLE_OBJECTS + 1) != WHOLE_OBJECTS + 1)
		return -ENOENT;
	write_insns();
	return new_programs();
}

static void bench_owners_exit(void)
{
	unsigned int i;

	for (i = 0; progs && i < MAX_OBJECTS; i++) {
		if (progs[i])
			bpf_prog_free(progs[i]);
	}
	kfree(progs);
	kfree(objects);
	kfree(sizes);
	kfree(trace_ops);
	kfree(functions);
	kfree(links);
	kfree(kprobes);
	kfree(fds);
}

/**
 * bench_rounds() - replace objects of all owners in turn, and see what is mapped
 *
 * Return: 0 or an error.
 */
int bench_rounds(void)
{
	int err = bench_owners_prepare() ?: do_rounds();

	bench_owners_exit();
	return err;
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
	const struct owner *owner;
	int err = bench_owners_prepare();

	for (owner = owners; owner < owners + ARRAY_SIZE(owners) && !err; owner++) {
		if (owner->create == load_program)
			err = compile_programs();
		memset(objects, 0, MAX_OBJECTS * sizeof(*objects));
		err = err ?: bench_owner(owner, what, read);
		if (owner->create == update_dispatcher && objects[0])
			dispatcher_exit();
		if (err)
			pr_err("%s %s: error %d\n", owner->kind, owner->name, err);
	}
	bench_owners_exit();
	return err;
}
