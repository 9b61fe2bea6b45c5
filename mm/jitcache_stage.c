// SPDX-License-Identifier: GPL-2.0-only
/*
 * Staging: text that is generated in a writable buffer, for the address at which it
 * will execute, and then written there in one go.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/text_patching.h>

#include "internal.h"
#include "jitcache.h"

/*
 * The buffer has the same offset in a page as the text: code that is generated may depend
 * on it, as nops for alignment do. Memory of whole pages begins with one.
 */
static void *jit_stage_buffer(const void *addr, size_t size)
{
	size_t offset = offset_in_page(addr);
	void *pages;

	if (jit_fault())
		return NULL;
	pages = kvmalloc(PAGE_ALIGN(offset + size), GFP_KERNEL);
	return pages ? pages + offset : NULL;
}

static void jit_stage_end(struct jit_stage *stage)
{
	kvfree((void *)((unsigned long)stage->rw & PAGE_MASK));
	memset(stage, 0, sizeof(*stage));
}

int jit_stage_begin(struct jit_stage *stage, struct jit_cache *cache, size_t size)
{
	void *addr, *rw;

	/* Aborting a stage that never began is harmless. */
	memset(stage, 0, sizeof(*stage));
	if (cache->type != JIT_TEXT) {
		jit_report(JIT_BAD_STAGE, cache, NULL, _RET_IP_, "type %u", cache->type);
		return -EINVAL;
	}

	addr = __jit_alloc(cache, size, _RET_IP_);
	if (!addr)
		return -ENOMEM;
	rw = jit_stage_buffer(addr, size);
	if (!rw) {
		__jit_free(cache, addr, JIT_FREE_UNWRITTEN, _RET_IP_);
		return -ENOMEM;
	}
	/* What is not generated traps, as it does before the commit. */
	text_buf_fill(rw, size);

	stage->addr = addr;
	stage->rw = rw;
	stage->size = size;
	stage->cache = cache;
	return 0;
}

void jit_stage_trim(struct jit_stage *stage, size_t size)
{
	if (!size || size > stage->size) {
		jit_report(JIT_BAD_STAGE, stage->cache, stage->addr, _RET_IP_,
			   "trim %zu bytes to %zu", stage->size, size);
		return;
	}
	jit_trim(stage->cache, stage->addr, size);
	stage->size = size;
}

void *jit_stage_commit(struct jit_stage *stage)
{
	void *text;

	text = jit_fault() ? NULL : __text_poke_copy(stage->addr, stage->rw, stage->size,
						     _RET_IP_);
	if (!text)
		__jit_free(stage->cache, stage->addr, 0, _RET_IP_);
	jit_stage_end(stage);
	return text;
}

void jit_stage_abort(struct jit_stage *stage)
{
	__jit_free(stage->cache, stage->addr, JIT_FREE_UNWRITTEN, _RET_IP_);
	jit_stage_end(stage);
}
