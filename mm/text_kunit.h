/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites of executable memory share: functions made by hand, and how
 * an address is mapped.
 */
#ifndef _MM_TEXT_KUNIT_H
#define _MM_TEXT_KUNIT_H

#include <linux/kasan.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/string.h>
#include <linux/types.h>

#define MAX_FUNC_SIZE	16

#if defined(CONFIG_X86)

#define pte_is_writable(pte)	pte_write(pte)
#define pte_is_exec(pte)	pte_exec(pte)

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

#else
#error "Tell the tests how functions and page tables look on this architecture"
#endif

/* Generated code has no type for CFI to check. */
static inline u32 __nocfi call_function(const void *func)
{
	return ((u32 (*)(void))kasan_reset_tag(func))();
}

/* The entry that maps @addr in @mm, which no huge page does. */
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

/*
 * The entry that maps @addr in the kernel, also if a huge page does: its bits stand
 * where those of a page's entry do. None if there is no mapping.
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

#endif /* _MM_TEXT_KUNIT_H */
