/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites of executable memory share, and what an architecture adds for
 * them: emit_return(), a function as machine code, and how to read a page table entry.
 */
#ifndef _MM_TEXT_KUNIT_H
#define _MM_TEXT_KUNIT_H

#include <linux/jitcache.h>
#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/set_memory.h>
#include <linux/string.h>
#include <linux/text_patching.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

#include <asm/sections.h>

#define MAX_FUNC_SIZE	16

/* Can memory be made read-only and executable? If not, all of it is executable. */
#define CAN_PROTECT	IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY)

#if defined(CONFIG_X86)

#define pte_is_writable(pte)	pte_write(pte)
#define pte_is_exec(pte)	pte_exec(pte)

/* Text is read-only in the direct map as well. */
#define ALIAS_FOLLOWS		1

/* A function that returns @value. Returns its size in bytes. */
static inline size_t emit_return(u8 *buf, u32 value)
{
	const u8 code[] = {
		0xf3, 0x0f, 0x1e, 0xfa,					/* endbr64 */
		0xb8, value & 0xff, (value >> 8) & 0xff,		/* mov eax, value */
		(value >> 16) & 0xff, value >> 24,
		0xc3,							/* ret */
	};

	memcpy(buf, code, sizeof(code));
	return sizeof(code);
}

#elif defined(CONFIG_ARM64)

/* PTE_WRITE is the bit by which the hardware may take PTE_RDONLY away. */
#define pte_is_writable(pte)	((pte_val(pte) & (PTE_WRITE | PTE_RDONLY)) != PTE_RDONLY)
#define pte_is_exec(pte)	(!(pte_val(pte) & PTE_PXN))
/* With "rodata=off" the direct map has huge pages, which do not change. */
#define ALIAS_FOLLOWS		can_set_direct_map()

static inline size_t emit_return(u8 *buf, u32 value)
{
	const __le32 code[] = {
		cpu_to_le32(0xd503245f),				/* bti c */
		cpu_to_le32(0x52800000 | (value & 0xffff) << 5),	/* movz w0, #lo */
		cpu_to_le32(0x72a00000 | (value >> 16) << 5),		/* movk w0, #hi, lsl #16 */
		cpu_to_le32(0xd65f03c0),				/* ret */
	};

	memcpy(buf, code, sizeof(code));
	return sizeof(code);
}

#elif defined(CONFIG_ARM)

#include <asm/opcodes.h>

#define pte_is_writable(pte)	pte_write(pte)
#define pte_is_exec(pte)	pte_exec(pte)

static inline size_t emit_return(u8 *buf, u32 value)
{
	const u32 code[] = {
		__opcode_to_mem_arm(0xe59f0000),	/* ldr r0, [pc], the word after next */
		__opcode_to_mem_arm(0xe12fff1e),	/* bx lr */
		value,
	};

	memcpy(buf, code, sizeof(code));
	return sizeof(code);
}

#elif defined(CONFIG_RISCV)

#define pte_is_writable(pte)	pte_write(pte)
#define pte_is_exec(pte)	pte_exec(pte)
/* With 64 bits, set_memory_ro() and set_memory_x() change the direct map as well. */
#define ALIAS_FOLLOWS		IS_ENABLED(CONFIG_64BIT)
#define ALIAS_IS_EXEC		IS_ENABLED(CONFIG_64BIT)

/* The result is sign-extended, as that of addiw is, whose operand is signed. */
static inline size_t emit_return(u8 *buf, u32 value)
{
	const u32 addiw = IS_ENABLED(CONFIG_64BIT) ? 0x0005051b : 0x00050513;
	const __le32 code[] = {
		cpu_to_le32(0x00000537 | ((value + 0x800) & ~0xfff)),	/* lui a0, hi */
		cpu_to_le32(addiw | (value & 0xfff) << 20),		/* addiw a0, a0, lo */
		cpu_to_le32(0x00008067),				/* ret */
	};

	memcpy(buf, code, sizeof(code));
	return sizeof(code);
}

#elif defined(CONFIG_S390)

#define pte_is_writable(pte)	(!(pte_val(pte) & _PAGE_PROTECT))
#define pte_is_exec(pte)	(!(pte_val(pte) & _PAGE_NOEXEC))

static inline size_t emit_return(u8 *buf, u32 value)
{
	const u8 code[] = {
		0xc0, 0x2f, value >> 24, (value >> 16) & 0xff,	/* llilf %r2, value */
		(value >> 8) & 0xff, value & 0xff,
		0x07, 0xfe,					/* br %r14 */
	};

	memcpy(buf, code, sizeof(code));
	return sizeof(code);
}

#elif defined(CONFIG_PPC)

#define pte_is_writable(pte)	pte_write(pte)
#define pte_is_exec(pte)	pte_exec(pte)

static inline size_t emit_return(u8 *buf, u32 value)
{
	const u32 code[] = {
		0x3c600000 | value >> 16,			/* lis r3, hi */
		0x60630000 | (value & 0xffff),			/* ori r3, r3, lo */
		IS_ENABLED(CONFIG_PPC64) ? 0x78630020 :		/* clrldi r3, r3, 32 */
					   0x60000000,		/* nop */
		0x4e800020,					/* blr */
	};

	memcpy(buf, code, sizeof(code));
	return sizeof(code);
}

#elif defined(CONFIG_M68K)

static inline size_t emit_return(u8 *buf, u32 value)
{
	const u16 code[] = {
		0x203c, value >> 16, value & 0xffff,		/* move.l #value,%d0 */
		0x4e75,						/* rts */
	};

	memcpy(buf, code, sizeof(code));
	return sizeof(code);
}

#elif defined(CONFIG_MIPS)

static inline size_t emit_return(u8 *buf, u32 value)
{
	const u32 code[] = {
		0x3c020000 | value >> 16,			/* lui v0, hi */
		0x03e00009,					/* jalr zero, ra */
		0x34420000 | (value & 0xffff),			/*  ori v0, v0, lo */
	};

	memcpy(buf, code, sizeof(code));
	return sizeof(code);
}

#elif defined(CONFIG_PARISC)

static inline size_t emit_return(u8 *buf, u32 value)
{
	const u32 hi = value >> 11;
	const u32 code[] = {
		0x23800000 | (hi & 0x100000) >> 20 |		/* ldil L%value, ret0 */
		(hi & 0x0ffe00) >> 8 | (hi & 0x000180) << 7 |
		(hi & 0x00007c) << 14 | (hi & 0x000003) << 12,
		0xe840c000,					/* bv r0(rp) */
		0x379c0000 | (value & 0x7ff) << 1,		/*  ldo R%value(ret0), ret0 */
	};

	memcpy(buf, code, sizeof(code));
	return sizeof(code);
}

#elif defined(CONFIG_SPARC)

static inline size_t emit_return(u8 *buf, u32 value)
{
	const u32 code[] = {
		0x11000000 | value >> 10,			/* sethi %hi(value), %o0 */
		0x81c3e008,					/* retl */
		0x90122000 | (value & 0x3ff),			/*  or %o0, %lo(value), %o0 */
	};

	memcpy(buf, code, sizeof(code));
	return sizeof(code);
}

#else
#error "This architecture needs an emit_return()"
#endif

/* Not used where memory cannot be protected. */
#ifndef pte_is_writable
#define pte_is_writable(pte)	({ (void)(pte); true; })
#define pte_is_exec(pte)	({ (void)(pte); true; })
#endif

/* Does the direct map become read-only along with memory, and executable? */
#ifndef ALIAS_FOLLOWS
#define ALIAS_FOLLOWS		0
#endif
#ifndef ALIAS_IS_EXEC
#define ALIAS_IS_EXEC		0
#endif

/* Generated code has no type for CFI to check. */
static inline u32 __nocfi call_function(const void *func)
{
#ifdef CONFIG_HAVE_FUNCTION_DESCRIPTORS
	func_desc_t desc = { .addr = (unsigned long)kasan_reset_tag(func) };
	u32 (*call)(void) = (void *)&desc;

	/* The compiler does not expect that a call reads what was just stored. */
	asm volatile("" : "+r" (call) : : "memory");
	return call();
#else
	return ((u32 (*)(void))kasan_reset_tag(func))();
#endif
}

/* The entry that maps @addr in @mm. @addr must not be in a huge page. */
static inline pte_t read_mm_pte(struct mm_struct *mm, unsigned long addr)
{
	pte_t *ptep = pte_offset_map(pmd_off(mm, addr), addr);
	pte_t pte = READ_ONCE(*ptep);

	pte_unmap(ptep);
	return pte;
}

static inline pte_t read_pte(const void *addr)
{
	return read_mm_pte(&init_mm, (unsigned long)addr);
}

/* Not on all machines: i386 without PAE has no bit for it. */
static inline bool can_forbid_exec(void)
{
	void *data = vmalloc(PAGE_SIZE);
	bool exec = data && pte_is_exec(read_pte(data));

	vfree(data);
	return !exec;
}

/* Can what is written through @alias be executed there, too? */
static inline bool alias_is_exec(const void *alias)
{
	unsigned long addr = (unsigned long)alias;
	struct mm_struct *mm = &init_mm;

#if defined(CONFIG_X86)
	/* The alias of the primitive is in an address space of its own. */
	if (addr < TASK_SIZE_MAX)
		mm = poking_mm;
#elif defined(CONFIG_S390)
	/* The identity map has huge pages. */
	pud_t *pud = pud_offset(p4d_offset(pgd_offset_k(addr), addr), addr);
	pmd_t *pmd;

	if (!MACHINE_HAS_NX)
		return false;
	if (pud_large(*pud))
		return !(pud_val(*pud) & _REGION_ENTRY_NOEXEC);
	pmd = pmd_offset(pud, addr);
	if (pmd_large(*pmd))
		return !(pmd_val(*pmd) & _SEGMENT_ENTRY_NOEXEC);
#endif
	return pte_is_exec(read_mm_pte(mm, addr));
}

/*
 * The entry that maps @addr in the kernel, or an empty one if there is none. The entry of
 * a huge page has the permission bits where that of a page has them.
 */
static inline pte_t read_leaf(const void *addr, bool *huge)
{
	unsigned long at = (unsigned long)kasan_reset_tag(addr);
	pmd_t *pmdp, pmd;

	*huge = false;
	if (pgd_none(*pgd_offset_k(at)) || p4d_none(*p4d_offset(pgd_offset_k(at), at)) ||
	    pud_none(*pud_offset(p4d_offset(pgd_offset_k(at), at), at)))
		return __pte(0);
	pmdp = pmd_off_k(at);
	pmd = READ_ONCE(*pmdp);
	if (pmd_none(pmd))
		return __pte(0);
	if (!pmd_leaf(pmd))
		return read_pte((void *)at);
	*huge = true;
	return __pte(pmd_val(pmd));
}

/* Memory as a JIT uses it: executable, and read-only if memory can be. Free it with vfree(). */
static inline u8 *alloc_text(size_t size, int byte)
{
	u8 *mem;

	mem = __vmalloc_node_range(size, PAGE_SIZE, VMALLOC_START, VMALLOC_END, GFP_KERNEL,
				   CAN_PROTECT ? PAGE_KERNEL : ARCH_JIT_RAW,
				   VM_FLUSH_RESET_PERMS, NUMA_NO_NODE,
				   __builtin_return_address(0));
	if (!mem)
		return NULL;

	memset(mem, byte, size);
	if (set_memory_ro((unsigned long)mem, size / PAGE_SIZE) ||
	    set_memory_x((unsigned long)mem, size / PAGE_SIZE)) {
		vfree(mem);
		return NULL;
	}
	return mem;
}

static inline bool all_read_only_exec(const u8 *mem, size_t size)
{
	size_t off;

	for (off = 0; off < size; off += PAGE_SIZE) {
		pte_t pte = read_pte(mem + off);

		if (!pte_present(pte) || pte_is_writable(pte) || !pte_is_exec(pte))
			return false;
	}
	return true;
}

#endif /* _MM_TEXT_KUNIT_H */
