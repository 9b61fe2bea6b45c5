/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Executable memory as objects, and the data that belongs to it.
 *
 * A subsystem that generates code defines a cache, with the range of addresses
 * that its code may have, and allocates from it as from a kmem_cache, but
 * objects of any size::
 *
 *	DEFINE_STATIC_JIT_CACHE(my_text, "my_text", JIT_ANY_START, JIT_ANY_END,
 *				JIT_CACHE_TEXT);
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
 * What is in the memory when it is executed was put there by text_poke_copy()
 * and its kin (<linux/text_patching.h>), which jit_stage_commit() calls: text is
 * read-only and executable from birth until it is freed, and it traps before it
 * is written and after it was freed.
 *
 * Caches of equal range and type share memory, in chunks that are mapped with
 * one huge page where the architecture can. If a range is full, the caller asks
 * his next cache.
 *
 * Nothing here is for modules: nothing is exported.
 */
#ifndef _LINUX_JITCACHE_H
#define _LINUX_JITCACHE_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <asm/jitcache.h>

/*
 * What a cache's memory is. Exactly one of these is in the flags of a cache.
 *
 * TEXT		read-only and executable from birth, trapping until written, and
 *		written with text_poke_copy() or a stage.
 * DATA		writable, never executable.
 * RODATA	writable until jit_seal(), then read-only; never executable. Comes
 *		in whole pages.
 * RO_AFTER_INIT  as RODATA; for what stays writable until an init function has
 *		run.
 * RAW		comes in whole pages, writable, executable only where module memory
 *		always was (ARCH_JIT_RAW), and is the caller's from then on: he
 *		changes protections with set_memory_ro() and the like. For users
 *		who haven't learnt to poke.
 */
#define JIT_CACHE_TEXT			0x0001
#define JIT_CACHE_DATA			0x0002
#define JIT_CACHE_RODATA		0x0003
#define JIT_CACHE_RO_AFTER_INIT		0x0004
#define JIT_CACHE_RAW			0x0005
#define JIT_CACHE_TYPE			0x000f

/* Don't share memory with other caches. "jitcache_nomerge" says so for all. */
#define JIT_CACHE_NO_MERGE		0x0010

/*
 * When an address that was freed may be given out again: after a grace period of
 * the kind named here, or at once. Until then it traps. Who names RCU_TASKS selects
 * TASKS_RCU if PREEMPTION.
 */
#define JIT_CACHE_REUSE_RCU		0x0020
#define JIT_CACHE_REUSE_RCU_TASKS	0x0040

/* Larger objects are refused, in bytes. */
#define JIT_SIZE_MAX			SZ_1G

/**
 * enum jit_cache_stat - what is counted for each cache
 * @JIT_CACHE_OBJECTS: objects in use
 * @JIT_CACHE_ASKED: bytes that they were asked for with
 * @JIT_CACHE_GIVEN: bytes that they occupy
 * @JIT_CACHE_ALLOCS: successful allocations since boot
 * @JIT_CACHE_FREES: objects freed since boot
 * @JIT_CACHE_FAILS: allocations that failed since boot
 * @NR_JIT_CACHE_STATS: how many there are
 */
enum jit_cache_stat {
	JIT_CACHE_OBJECTS,
	JIT_CACHE_ASKED,
	JIT_CACHE_GIVEN,
	JIT_CACHE_ALLOCS,
	JIT_CACHE_FREES,
	JIT_CACHE_FAILS,
	NR_JIT_CACHE_STATS,
};

struct jit_pool;

/**
 * struct jit_cache - a cache; to be looked at with the functions below only
 * @name: as debugfs has it
 * @range: sets @start and @end; NULL if they are set from the beginning
 * @start: first address
 * @end: first address behind
 * @align: of objects, in bytes, a power of two; 0 stands for the default
 * @flags: JIT_CACHE_*
 * @pool: where the memory comes from; set once, by the first use
 * @list: in the list of all caches, under jit_mutex
 * @stat: counters, under the pool's lock
 */
struct jit_cache {
	const char		*name;
	void			(*range)(struct jit_cache *cache);
	unsigned long		start;
	unsigned long		end;
	unsigned int		align;
	unsigned int		flags;
	struct jit_pool		*pool;
	struct list_head	list;
	unsigned long		stat[NR_JIT_CACHE_STATS];
};

#define __DEFINE_JIT_CACHE(type, var, _name, _start, _end, _flags)	\
	static void __##var##_range(struct jit_cache *cache)		\
	{								\
		cache->start = (_start);				\
		cache->end = (_end);					\
	}								\
	type var = {							\
		.name = _name,						\
		.range = __##var##_range,				\
		.flags = _flags,					\
	}

/**
 * DEFINE_JIT_CACHE() - define a cache that needs no initialization
 * @var: the variable, a struct jit_cache
 * @_name: as debugfs has it, a string
 * @_start: first address that an object may have; evaluated at first use
 * @_end: first address behind all objects; evaluated at first use
 * @_flags: JIT_CACHE_*, a constant
 *
 * May be used as soon as kmalloc() and vmalloc() may. If the range is bad, which
 * jit_cache_create() says more about, the first use warns, and all fail.
 */
#define DEFINE_JIT_CACHE(var, _name, _start, _end, _flags)		\
	__DEFINE_JIT_CACHE(struct jit_cache, var, _name, _start, _end, _flags)

/**
 * DEFINE_STATIC_JIT_CACHE() - DEFINE_JIT_CACHE() for use in one file
 * @var: as for DEFINE_JIT_CACHE()
 * @_name: as for DEFINE_JIT_CACHE()
 * @_start: as for DEFINE_JIT_CACHE()
 * @_end: as for DEFINE_JIT_CACHE()
 * @_flags: as for DEFINE_JIT_CACHE()
 *
 * Its users may all be in an #ifdef that it isn't in.
 */
#define DEFINE_STATIC_JIT_CACHE(var, _name, _start, _end, _flags)	\
	__DEFINE_JIT_CACHE(static __maybe_unused struct jit_cache, var, _name,	\
			   _start, _end, _flags)

/**
 * jit_cache_create() - make a cache
 * @name: as debugfs has it; stays the caller's, until the cache is destroyed
 * @start: first address that an object may have, page aligned
 * @end: first address behind all objects, page aligned
 * @align: of objects, in bytes, a power of two up to a page; 0 for what suits the
 *	   type on this architecture
 * @flags: JIT_CACHE_*
 *
 * Context: Process context, may sleep. Takes jit_mutex; caller may hold text_mutex.
 * Return: the cache; -EINVAL if the range is empty, unaligned or outside vmalloc
 * and module space, a flag unknown, the alignment bad, or there is no name;
 * -EOPNOTSUPP for text on an architecture that names no trapping instruction or
 * has no set_memory_ro(), for a grace period that this kernel hasn't got, or for
 * anything but raw without an MMU; or
 * -ENOMEM, which includes that it is too early during boot.
 */
struct jit_cache *__must_check jit_cache_create(const char *name, unsigned long start,
						unsigned long end, unsigned int align,
						unsigned int flags);

/**
 * jit_cache_destroy() - give up a cache made by jit_cache_create()
 * @cache: the cache; NULL is fine
 *
 * A cache that still has objects is not destroyed, with a warning.
 *
 * Context: Process context, may sleep, for grace periods too.
 */
void jit_cache_destroy(struct jit_cache *cache);

/**
 * jit_cache_alloc() - allocate an object
 * @cache: where from
 * @size: its size in bytes, at least 1
 *
 * Context: Process context, may sleep. Takes jit_mutex and the pool's; caller may
 * hold text_mutex.
 * Return: the object's address, or NULL if its range is full or there is no
 * memory; with a warning if @size is 0 or larger than the range.
 */
void *__must_check jit_cache_alloc(struct jit_cache *cache, size_t size);

/**
 * jit_cache_free() - free an object
 * @cache: where it came from
 * @addr: what jit_cache_alloc() returned, or NULL
 *
 * Nobody may execute the object any more, or begin to. Text traps when this
 * returns. What isn't an object in use of @cache is left alone, with a warning.
 *
 * Can't fail, and needs no memory.
 *
 * Context: Process context, may sleep. Takes and releases text_mutex for text.
 */
void jit_cache_free(struct jit_cache *cache, void *addr);

/**
 * jit_cache_free_locked() - jit_cache_free() for callers that hold text_mutex
 * @cache: where it came from
 * @addr: what jit_cache_alloc() returned, or NULL
 *
 * Context: Process context, may sleep. Caller holds text_mutex.
 */
void jit_cache_free_locked(struct jit_cache *cache, void *addr);

/**
 * jit_free() - free an object of whatever cache
 * @addr: what jit_cache_alloc() returned, or NULL
 *
 * Context: Process context, may sleep. Takes and releases text_mutex for text.
 */
void jit_free(void *addr);

/**
 * jit_size() - the size of an object
 * @addr: what jit_cache_alloc() returned
 *
 * Context: Any. The caller owns the object, so that it isn't freed meanwhile.
 * Return: the bytes that it was allocated with, or 0 if it is no object.
 */
size_t jit_size(const void *addr);

/**
 * jit_cache_owns() - does an address belong to an object of a cache?
 * @cache: the cache
 * @addr: any address, of the middle of an object too
 *
 * Context: Any, NMI included.
 * Return: true if it is one of the bytes that an object in use was allocated with.
 */
bool jit_cache_owns(const struct jit_cache *cache, const void *addr);

/**
 * jit_cache_next() - walk the objects of a cache
 * @cache: the cache
 * @addr: where to begin
 *
 * Context: Any that may take a spinlock. Objects may come and go between calls.
 * Return: the address of the first object in use at @addr or behind it, in the
 * order of addresses, or NULL.
 */
void *jit_cache_next(struct jit_cache *cache, const void *addr);

/**
 * jit_cache_shrink() - give memory back that no object uses
 * @cache: the cache, and all that share its memory
 *
 * Context: Process context, may sleep.
 * Return: the number of pages given back.
 */
int jit_cache_shrink(struct jit_cache *cache);

/**
 * jit_seal() - make an object read-only for good
 * @addr: an object of a cache of type RODATA or RO_AFTER_INIT
 *
 * Context: Process context, may sleep.
 * Return: 0, also if it was sealed before; -EINVAL, with a warning, if it is no such
 * object; or an error of set_memory_ro().
 */
int __must_check jit_seal(void *addr);

/**
 * struct jit_stage - text that is being written
 * @addr: where it will execute
 * @rw: where to write it; filled with trapping instructions at first
 * @size: bytes
 * @cache: where @addr comes from
 *
 * Belongs to the caller, between jit_stage_begin() and either of
 * jit_stage_commit() and jit_stage_abort().
 */
struct jit_stage {
	void			*addr;
	void			*rw;
	size_t			size;
	struct jit_cache	*cache;
};

/**
 * jit_stage_begin() - allocate text and a place to write it
 * @stage: to be filled in
 * @cache: a cache of type TEXT
 * @size: bytes
 *
 * Context: Process context, may sleep; caller may hold text_mutex.
 * Return: 0; -EINVAL, with a warning, if @cache is not for text; or -ENOMEM, which
 * includes that the cache's range is full.
 */
int __must_check jit_stage_begin(struct jit_stage *stage, struct jit_cache *cache,
				 size_t size);

/**
 * jit_stage_commit() - put staged text into its place
 * @stage: what jit_stage_begin() filled in; ends with this call
 *
 * On return every CPU fetches the new instructions.
 *
 * Context: Process context, may sleep. Takes and releases text_mutex.
 * Return: the text, from now on an object of the cache; or NULL if it could not be
 * written, and the object was freed.
 */
void *__must_check jit_stage_commit(struct jit_stage *stage);

/**
 * jit_stage_commit_locked() - jit_stage_commit() for callers that hold text_mutex
 * @stage: what jit_stage_begin() filled in; ends with this call
 *
 * Context: Process context, may sleep. Caller holds text_mutex.
 * Return: as jit_stage_commit().
 */
void *__must_check jit_stage_commit_locked(struct jit_stage *stage);

/**
 * jit_stage_abort() - give up staged text
 * @stage: what jit_stage_begin() filled in; ends with this call
 *
 * The text was never written, so it traps as it always did.
 *
 * Context: Process context, may sleep; caller may hold text_mutex.
 */
void jit_stage_abort(struct jit_stage *stage);

#endif /* _LINUX_JITCACHE_H */
