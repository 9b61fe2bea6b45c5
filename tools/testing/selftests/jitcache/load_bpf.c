// SPDX-License-Identifier: GPL-2.0-only
/*
 * Usage: load_bpf COUNT
 *
 * Load COUNT BPF programs of different sizes, and hold them until killed. Prints "ready"
 * when they are there.
 */

#include <linux/bpf.h>

#define MAX_INSNS	256

static struct bpf_insn insns[MAX_INSNS];

static int load(unsigned int len)
{
	static const char license[] = "GPL";
	union bpf_attr attr;
	unsigned int i;

	/* r0 = 0, and then r0 += i, which is not left out. */
	insns[0] = (struct bpf_insn) { .code = BPF_ALU64 | BPF_MOV | BPF_K };
	for (i = 1; i < len - 1; i++)
		insns[i] = (struct bpf_insn) { .code = BPF_ALU64 | BPF_ADD | BPF_K, .imm = i };
	insns[len - 1] = (struct bpf_insn) { .code = BPF_JMP | BPF_EXIT };

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = len;
	attr.license = (unsigned long)license;
	return my_syscall3(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

int main(int argc, char **argv)
{
	unsigned int i, count = argc > 1 ? atoi(argv[1]) : 1;
	int fd;

	for (i = 0; i < count; i++) {
		/* Most programs are small. */
		fd = load(2 + (i % 8 ? i * 7 % 60 : i * 13 % (MAX_INSNS - 2)));
		if (fd < 0) {
			printf("program %d: error %d\n", (int)i, -fd);
			return 1;
		}
	}
	printf("ready\n");
	for (;;)
		sleep(1000);
}
