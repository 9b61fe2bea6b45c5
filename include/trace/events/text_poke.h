/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM text_poke

#if !defined(_TRACE_TEXT_POKE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_TEXT_POKE_H

#include <linux/tracepoint.h>

/**
 * text_poke - executable memory was written
 * @op: "copy", "set" or "fill"
 * @dst: first byte written
 * @len: bytes written
 * @caller: return address of text_poke_copy() or one of its relatives
 */
TRACE_EVENT(text_poke,
	    TP_PROTO(const char *op, const void *dst, size_t len,
		     unsigned long caller),
	    TP_ARGS(op, dst, len, caller),
	    TP_STRUCT__entry(__string(op, op)
			     __field(const void *, dst)
			     __field(size_t, len)
			     __field(unsigned long, caller)
			    ),
	    TP_fast_assign(__assign_str(op, op);
			   __entry->dst = dst;
			   __entry->len = len;
			   __entry->caller = caller;
			  ),
	    TP_printk("%s dst=%p len=%zu caller=%pS", __get_str(op),
		      __entry->dst, __entry->len, (void *)__entry->caller)
);

#endif /* _TRACE_TEXT_POKE_H */

#include <trace/define_trace.h>
