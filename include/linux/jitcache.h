/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Executable memory as objects, and the data that belongs to it.
 *
 * A subsystem that generates code selects JIT_CACHE, which every architecture
 * has, in its Kconfig entry. It defines a cache, with the range of addresses that
 * its code may have, and allocates from it as from a kmem_cache, but objects of
 * any size::
 *
 *	DEFINE_STATIC_JIT_CACHE(my_text, "my_text", JIT_TEXT, JIT_MODULES_START,
 *				JIT_MODULES_END, 0, 0);
 *
 *	struct jit_stage stage;
 *	void *text;
 *
 *	if (jit_stage_begin(&stage, &my_text, len))
 *		return -ENOMEM;
 *	generate(stage.rw, stage.addr);		// writes here, will execute there
 *	text = jit_stage_commit(&stage);
 *	if (!text)
 *		return -EFAULT;
 *	...
 *	jit_cache_free(&my_text, text);
 *
 * Text is read-only and executable from birth until it is freed. It traps until it
 * is written, and again after it was freed. Caches of equal range and type share
 * memory, in chunks that are mapped with one huge page where the architecture can.
 * Code begins with what the architecture wants at the target of an indirect call
 * (endbr64, bti), and functions that call it are __nocfi.
 *
 * Ranges. The owner of a cache chooses [start, end), any pages of vmalloc or module
 * space. That reserves nothing, so ranges may overlap. <asm/jitcache.h> defines the
 * ranges of the architecture, as page aligned numbers that may be known at run time
 * only:
 *
 *	JIT_MODULES_START, JIT_MODULES_END: where modules are loaded. If in doubt,
 *	use this one. On x86 a direct call or jump reaches all of the kernel image.
 *	On other architectures it reaches as far as one from a module does: check
 *	the distance, and go through a register if it is too large;
 *
 *	JIT_MODULES_FAR_START, JIT_MODULES_FAR_END: where modules are loaded when
 *	that range is full, if the architecture has veneers for calls from there.
 *	Otherwise it is the same range;
 *
 *	JIT_BPF_START, JIT_BPF_END: for BPF programs;
 *
 *	JIT_FTRACE_START, JIT_FTRACE_END: for trampolines of ftrace;
 *
 *	JIT_KPROBES_START, JIT_KPROBES_END: for copies of instructions of the kernel;
 *
 *	JIT_ANY_START, JIT_ANY_END: all of vmalloc space. For code that calls
 *	through registers only, or not at all.
 *
 * A cache has one range. A subsystem that can use a second one defines a second
 * cache, tries them in turn, and frees with jit_free(), which finds the cache::
 *
 *	text = jit_cache_alloc(&my_near, size) ?: jit_cache_alloc(&my_far, size);
 *
 *	if (jit_stage_begin(&stage, &my_near, size) &&
 *	    jit_stage_begin(&stage, &my_far, size))
 *		return -ENOMEM;
 *
 * Writing again. An object that no CPU is executing is written with
 * text_poke_copy() and its relatives, see <linux/text_patching.h>: make sure that
 * no CPU can find it, wait for those that have found it, write, and publish it
 * again. An object that may be executing takes the protocol of the architecture,
 * such as text_poke_bp().
 *
 * Freeing. If readers find and execute an object inside rcu_read_lock(), create the
 * cache with JIT_CACHE_FREE_RCU; if tasks may be preempted in it, with
 * JIT_CACHE_FREE_RCU_TASKS. Free the object when no CPU can find it any more, where
 * call_rcu() would have been called. Nothing happens to it before the grace period
 * has passed. Then a worker makes it trap, and its addresses can be given out again.
 * Such a free does not sleep, and the caller may hold text_mutex. A cache without
 * such a flag is for owners that wait by themselves: when the free returns, the
 * object traps.
 *
 * Eight bytes or more of trapping instructions stand behind each object of text, and in
 * front of the first one.
 *
 * There are no stubs for a kernel without JIT_CACHE, since the option has no
 * prompt and every user selects it. Nothing is exported to modules.
 */
#ifndef _LINUX_JITCACHE_H
#define _LINUX_JITCACHE_H

#include <linux/align.h>
#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <asm/jitcache.h>

/**
 * enum jit_type - what the memory of a cache is
 * @JIT_TEXT: read-only and executable from birth, traps until it is written.
 *	      Written with a stage, or with text_poke_copy() and its relatives
 * @JIT_DATA: writable and not executable, as far as the architecture can have that
 * @JIT_RODATA: as JIT_DATA until jit_seal(), then read-only. Comes in whole pages
 * @JIT_RO_AFTER_INIT: as JIT_RODATA, for data that stays writable until an init
 *		       function has run
 * @JIT_RAW: whole pages, writable, executable where module memory has always been
 *	     so on the architecture. The caller changes protections with
 *	     set_memory_ro() and the like. For subsystems that write executable memory
 *	     in place, until they are converted to JIT_TEXT
 * @NR_JIT_TYPES: how many there are
 */
enum jit_type {
	JIT_TEXT,
	JIT_DATA,
	JIT_RODATA,
	JIT_RO_AFTER_INIT,
	JIT_RAW,
	NR_JIT_TYPES,
};

/* Do not share memory with other caches. "jitcache_nomerge" says so for all. */
#define JIT_CACHE_NO_MERGE		0x0001

/*
 * Leave a freed object as it is until a grace period of the named kind has passed.
 * Users of JIT_CACHE_FREE_RCU_TASKS select TASKS_RCU if PREEMPTION.
 */
#define JIT_CACHE_FREE_RCU		0x0002
#define JIT_CACHE_FREE_RCU_TASKS	0x0004

/*
 * Do not log that there is no room, since the owner tries another cache next. Otherwise
 * the first time is logged.
 */
#define JIT_CACHE_NO_WARN		0x0008

/* Text only: jit_cache_set_flush() names what to call before used memory is reused. */
#define JIT_CACHE_FLUSH			0x0010

/* The size of the largest object, in bytes. */
#define JIT_SIZE_MAX			SZ_1G

/*
 * Bytes of freed objects that may wait for a grace period of one kind, for all caches
 * that share memory. A grace period that does not end could use up the range. Beyond
 * the limit, allocation fails for caches that name this kind, and other caches do
 * not notice. It does not wait, since the caller may hold text_mutex.
 */
#define JIT_WAITING_MAX			SZ_16M

/**
 * enum jit_cache_stat - what is counted for each cache
 * @JIT_CACHE_OBJECTS: objects in use
 * @JIT_CACHE_ASKED: bytes that they were requested with
 * @JIT_CACHE_GIVEN: bytes that they occupy
 * @JIT_CACHE_WAITING: bytes of freed objects that wait for a grace period
 * @JIT_CACHE_ALLOCS: successful allocations since boot
 * @JIT_CACHE_FREES: objects freed since boot
 * @JIT_CACHE_FAILS: failed allocations since boot
 * @NR_JIT_CACHE_STATS: how many there are
 */
enum jit_cache_stat {
	JIT_CACHE_OBJECTS,
	JIT_CACHE_ASKED,
	JIT_CACHE_GIVEN,
	JIT_CACHE_WAITING,
	JIT_CACHE_ALLOCS,
	JIT_CACHE_FREES,
	JIT_CACHE_FAILS,
	NR_JIT_CACHE_STATS,
};

struct jit_pool;

/**
 * struct jit_cache - a cache; users access it only with the functions below
 * @name: for debugfs
 * @range: sets @start and @end; NULL if jit_cache_create() has set them
 * @start: first address
 * @end: first address past the range
 * @type: what the memory is
 * @align: of objects, in bytes, a power of two; 0 stands for the default
 * @flags: JIT_CACHE_NO_MERGE and the like
 * @told: that there was no room has been logged
 * @flush: what jit_cache_set_flush() has set, or NULL
 * @pool: where the memory comes from; set once, by the first use
 * @list: in the list of all caches, under jit_mutex; or of destroyed ones that have objects
 *	  which wait
 * @stat: counters, under the lock of the pool
 */
struct jit_cache {
	const char		*name;
	void			(*range)(struct jit_cache *cache);
	unsigned long		start;
	unsigned long		end;
	enum jit_type		type;
	unsigned int		align;
	unsigned int		flags;
	bool			told;
	void			(*flush)(void);
	struct jit_pool		*pool;
	struct list_head	list;
	unsigned long		stat[NR_JIT_CACHE_STATS];
};

#define __DEFINE_JIT_CACHE(_decl, _var, _name, _type, _start, _end, _align, _flags) \
	static void __##_var##_range(struct jit_cache *cache)		\
	{								\
		cache->start = (_start);				\
		cache->end = (_end);					\
	}								\
	_decl _var = {							\
		.name = _name,						\
		.range = __##_var##_range,				\
		.type = _type,						\
		.align = _align,					\
		.flags = _flags,					\
	}

/**
 * DEFINE_JIT_CACHE() - define a cache that needs no initialization
 * @var: the variable, a struct jit_cache
 * @name: for debugfs, a string without spaces
 * @type: an enum jit_type
 * @start: first address that an object may have; evaluated at first use
 * @end: first address past all objects; evaluated at first use
 * @align: of objects, in bytes, a power of two up to a page; 0 for the default of
 *	   @type on this architecture, which for text is at least the size of an
 *	   instruction
 * @flags: JIT_CACHE_NO_MERGE and the like, or 0
 *
 * The cache can be used as soon as kmalloc() and vmalloc() can. Text can be written,
 * and freed, from core_initcall on, and from the start with CONFIG_ARCH_HAS_TEXT_POKE.
 * Arguments that jit_cache_create() would refuse warn on first use, and every allocation
 * fails.
 */
#define DEFINE_JIT_CACHE(var, name, type, start, end, align, flags)	\
	__DEFINE_JIT_CACHE(struct jit_cache, var, name, type, start, end, align, flags)

/**
 * DEFINE_STATIC_JIT_CACHE() - DEFINE_JIT_CACHE() for use in one file
 * @var: as for DEFINE_JIT_CACHE()
 * @name: as for DEFINE_JIT_CACHE()
 * @type: as for DEFINE_JIT_CACHE()
 * @start: as for DEFINE_JIT_CACHE()
 * @end: as for DEFINE_JIT_CACHE()
 * @align: as for DEFINE_JIT_CACHE()
 * @flags: as for DEFINE_JIT_CACHE()
 *
 * The compiler does not warn if the only users are in an #ifdef.
 */
#define DEFINE_STATIC_JIT_CACHE(var, name, type, start, end, align, flags) \
	__DEFINE_JIT_CACHE(static __maybe_unused struct jit_cache, var, name, type, \
			   start, end, align, flags)

/**
 * jit_cache_create() - create a cache
 * @name: for debugfs, without spaces; must stay valid until the cache is destroyed
 * @type: what the memory is
 * @start: first address that an object may have, page aligned
 * @end: first address past all objects, page aligned
 * @align: of objects, in bytes, a power of two up to a page; 0 for the default of
 *	   @type on this architecture
 * @flags: JIT_CACHE_NO_MERGE and the like, or 0
 *
 * Context: Process context, may sleep. Takes jit_mutex; caller may hold text_mutex.
 * Return: the cache, or one of these as ERR_PTR():
 *
 * * -EINVAL if there is no name, the range is empty, not page aligned or outside
 *   vmalloc and module space, or the type, the alignment or a flag is invalid, as
 *   JIT_CACHE_FLUSH is for all types but JIT_TEXT
 * * -EOPNOTSUPP for text on an architecture that names no trapping instruction or has
 *   no set_memory_ro(), for a kind of grace period that this kernel lacks, and for
 *   every type but JIT_RAW without an MMU
 * * -ENOMEM if there is no memory, or it is too early during boot
 */
struct jit_cache *__must_check jit_cache_create(const char *name, enum jit_type type,
						unsigned long start, unsigned long end,
						unsigned int align, unsigned int flags);

/**
 * jit_cache_destroy() - destroy a cache made by jit_cache_create()
 * @cache: the cache; NULL is fine
 *
 * A cache that still has objects is left alone, with a warning. The caller ensures that
 * no other call on the cache is running, the free of its last object included. Freed
 * objects may still wait for a grace period, which the function does not wait for.
 *
 * Context: Process context, may sleep.
 */
void jit_cache_destroy(struct jit_cache *cache);

/**
 * jit_cache_set_flush() - set what is called before used memory is reused
 * @cache: a cache with JIT_CACHE_FLUSH; it need not have been used yet
 * @flush: the callback; NULL, as at first, for none. Equal for all caches that share memory,
 *	   if they have one
 *
 * What a CPU remembers of code, as its branch predictors do, outlives the code, and may apply
 * to what comes to the same addresses. @flush makes all CPUs forget it.
 *
 * Memory is dirty when it is new to the caches that share it, and when any of them frees an
 * object, until a flush has begun and ended. If an allocation from @cache takes dirty memory,
 * it calls @flush once before it returns. To make that rare, @cache prefers clean memory, and
 * the others dirty memory. They look at eight free places of suitable size, and @cache at the
 * largest one too.
 *
 * It can be set at any time, and concerns allocations that begin later.
 *
 * Context: Any. @flush is called in process context, may sleep, and may run several times at
 * once. It must not allocate from @cache. The caller of jit_cache_alloc() or
 * jit_stage_begin() may hold text_mutex.
 */
void jit_cache_set_flush(struct jit_cache *cache, void (*flush)(void));

/**
 * jit_cache_alloc() - allocate an object
 * @cache: the cache
 * @size: its size in bytes, at least 1
 *
 * Context: Process context, may sleep. Takes jit_mutex and locks of the pool; caller
 * may hold text_mutex.
 * Return: the address of the object; or NULL if the range has no room, there is no
 * memory, or more than JIT_WAITING_MAX bytes wait, and, with a warning, if @size is 0
 * or larger than JIT_SIZE_MAX.
 */
void *__must_check jit_cache_alloc(struct jit_cache *cache, size_t size);

/**
 * jit_cache_prepare() - see to it that there is room for an object
 * @cache: the cache
 * @size: its size in bytes
 *
 * For callers that are about to allocate under a lock which should not be held for as long
 * as it takes to get and map memory. Nothing is promised: others may be faster.
 *
 * Context: Process context, may sleep. Takes jit_mutex and locks of the pool.
 */
void jit_cache_prepare(struct jit_cache *cache, size_t size);

/**
 * jit_cache_free() - free an object of a known cache
 * @cache: the cache that the object belongs to
 * @addr: what jit_cache_alloc() or jit_stage_commit() returned, or NULL
 *
 * An address that is not an object in use of @cache is left alone, with a warning.
 * Text traps when the function returns, or after the grace period that the cache names.
 * It cannot fail and needs no memory.
 *
 * Context: Process context. May sleep, and takes and releases text_mutex for text,
 * unless the cache names a grace period.
 */
void jit_cache_free(struct jit_cache *cache, void *addr);

/**
 * jit_free() - free an object of any cache
 * @addr: what jit_cache_alloc() or jit_stage_commit() returned, or NULL
 *
 * As jit_cache_free(), for callers that do not know the cache.
 *
 * Context: As jit_cache_free().
 */
void jit_free(void *addr);

/**
 * jit_size() - the size of an object
 * @addr: what jit_cache_alloc() or jit_stage_commit() returned
 *
 * Context: Process context. The caller owns the object, so it is not freed meanwhile.
 * Return: the bytes that it was requested with, or 0 if it is not an object.
 */
size_t jit_size(const void *addr);

/**
 * jit_footprint() - the bytes that an object occupies
 * @addr: what jit_cache_alloc() or jit_stage_commit() returned, or jit_stage.addr
 *
 * For owners that account for the memory they use.
 *
 * Context: Process context. The caller owns the object, so it is not freed meanwhile.
 * Return: at least jit_size(), until jit_stage_trim() makes it less; or 0 if it is not an
 * object.
 */
size_t jit_footprint(const void *addr);

/**
 * jit_start() - the object that an address belongs to
 * @addr: any address
 *
 * For owners of text or data that use an object from the middle, and free it by its start.
 *
 * Context: Any, NMI included. The caller owns the object, so it is not freed meanwhile.
 * Return: the address of the object of which @addr is one of the jit_size() bytes; or NULL.
 */
void *jit_start(const void *addr);

/**
 * jit_cache_owns() - does an address belong to an object of a cache?
 * @cache: the cache
 * @addr: any address
 *
 * Context: Any, NMI included, for caches of text or data; otherwise process context.
 * Return: true if @addr is one of the jit_size() bytes of an object in use, which an
 * object is from jit_cache_alloc() or jit_stage_begin() until it is freed.
 */
bool jit_cache_owns(const struct jit_cache *cache, const void *addr);

/**
 * jit_cache_next() - walk the objects of a cache
 * @cache: the cache
 * @addr: where to begin
 *
 * Objects may be allocated and freed between two calls.
 *
 * Context: Process context, does not sleep.
 * Return: the lowest address of an object in use that is not below @addr, or NULL.
 */
void *jit_cache_next(struct jit_cache *cache, const void *addr);

/**
 * jit_cache_shrink() - return unused memory to the system
 * @cache: the cache; this concerns all caches that it shares memory with
 *
 * Context: Process context, may sleep.
 * Return: the number of pages returned.
 */
int jit_cache_shrink(struct jit_cache *cache);

/**
 * jit_seal() - make an object read-only for good
 * @addr: an object of type JIT_RODATA or JIT_RO_AFTER_INIT
 *
 * Context: Process context, may sleep.
 * Return: 0, also if it was sealed before, or if the architecture has no
 * set_memory_ro(); -EINVAL, with a warning, if it is not such an object; or an error of
 * set_memory_ro().
 */
int __must_check jit_seal(void *addr);

/**
 * struct jit_stage - text that is being written
 * @addr: where it will execute
 * @rw: ordinary memory to write it to, with the same offset in a page as @addr; filled
 *	with trapping instructions at first
 * @size: bytes
 * @cache: what @addr was allocated from
 *
 * Belongs to the caller, between jit_stage_begin() and either of
 * jit_stage_commit() and jit_stage_abort(). It can be part of another structure, stay open
 * for any time, and be one of many.
 */
struct jit_stage {
	void			*addr;
	void			*rw;
	size_t			size;
	struct jit_cache	*cache;
};

/**
 * jit_stage_begin() - allocate text and a buffer to write it in
 * @stage: is filled in; cleared if the function fails
 * @cache: a cache of type JIT_TEXT
 * @size: bytes
 *
 * Context: Process context, may sleep; caller may hold text_mutex.
 * Return: 0; -EINVAL, with a warning, if @cache is not for text; or -ENOMEM if
 * jit_cache_alloc() returned NULL or there is no memory for the buffer.
 */
int __must_check jit_stage_begin(struct jit_stage *stage, struct jit_cache *cache,
				 size_t size);

/**
 * jit_stage_trim() - give back the end of staged text
 * @stage: what jit_stage_begin() filled in
 * @size: bytes that are needed, at least 1 and at most @stage->size
 *
 * For code whose size is not known before it is generated. It cannot fail: without memory,
 * the object keeps the bytes.
 *
 * Context: Process context, may sleep; caller may hold text_mutex.
 */
void jit_stage_trim(struct jit_stage *stage, size_t size);

/**
 * jit_stage_commit() - write staged text to where it executes
 * @stage: what jit_stage_begin() filled in; cleared by this call
 *
 * Other CPUs see the new instructions as after text_poke_copy(). Bytes of the buffer
 * that the caller has not written trap.
 *
 * Context: Process context, may sleep. Takes and releases text_mutex.
 * Return: the text, which is an object of the cache from now on; or NULL if it could
 * not be written, in which case there is no object any more.
 */
void *__must_check jit_stage_commit(struct jit_stage *stage);

/**
 * jit_stage_abort() - discard staged text
 * @stage: what jit_stage_begin() filled in; cleared by this call
 *
 * The text was never written, so it traps as it did from the start. A cleared stage is
 * fine, and nothing happens.
 *
 * Context: Process context, may sleep; caller may hold text_mutex.
 */
void jit_stage_abort(struct jit_stage *stage);

#endif /* _LINUX_JITCACHE_H */
