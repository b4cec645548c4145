/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A container may make device nodes, as it may in docker, and with them it
 * would reach the machine's disks below their file systems, its console and its link.  So a
 * filter on the container's cgroup sees every use of a device, and lets through what a container
 * has in /dev.  The machine's own /dev/console is not among it: the container's is a terminal.
 *
 * The container controls which devices it asks for; the filter is the same for all.
 */
#include "guest/container/devices.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"

#define ANY_MINOR (-1)
#define USE	  ((BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE) << 16)

static const struct {
	int32_t major, minor;
} allowed[] = {
	{ 1, 3 },	    /* null */
	{ 1, 5 },	    /* zero */
	{ 1, 7 },	    /* full */
	{ 1, 8 },	    /* random */
	{ 1, 9 },	    /* urandom */
	{ 5, 0 },	    /* tty */
	{ 5, 2 },	    /* ptmx */
	{ 136, ANY_MINOR }, /* pts */
};

enum { RESULT = BPF_REG_0, CONTEXT = BPF_REG_1, ACCESS, MAJOR, MINOR, SCRATCH };

#define LOAD(reg, member)                                                                          \
	{                                                                                          \
		.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (reg), .src_reg = CONTEXT,           \
		.off = offsetof(struct bpf_cgroup_dev_ctx, member)                                 \
	}
#define COPY(to, from)                                                                             \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from)            \
	}
#define SET(reg, value)                                                                            \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value)              \
	}
#define MASK(reg, value)                                                                           \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = (reg), .imm = (value)              \
	}
#define SKIP_IF(op, reg, value, n)                                                                 \
	{                                                                                          \
		.code = BPF_JMP | (op) | BPF_K, .dst_reg = (reg), .off = (n), .imm = (value)       \
	}
#define RETURN                                                                                     \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}

size_t devices_program(struct bpf_insn *ret)
{
	static const struct bpf_insn head[] = {
		LOAD(ACCESS, access_type),
		LOAD(MAJOR, major),
		LOAD(MINOR, minor),
		SET(RESULT, 1),
		COPY(SCRATCH, ACCESS),
		MASK(SCRATCH, USE),
		SKIP_IF(BPF_JNE, SCRATCH, 0, 1),
		RETURN, /* no use of a device, only mknod(2) */
		MASK(ACCESS, UINT16_MAX),
		SKIP_IF(BPF_JEQ, ACCESS, BPF_DEVCG_DEV_CHAR, 2),
		SET(RESULT, 0),
		RETURN,
	};
	static const struct bpf_insn tail[] = { SET(RESULT, 0), RETURN };
	struct bpf_insn *p = mempcpy(ret, head, sizeof(head));

	_Static_assert(ARRAY_SIZE(head) + 3 * ARRAY_SIZE(allowed) + ARRAY_SIZE(tail) <=
			       DEVICES_PROGRAM_MAX,
		       "room for the program");
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		bool any = allowed[i].minor == ANY_MINOR;

		*p++ = (struct bpf_insn)SKIP_IF(BPF_JNE, MAJOR, allowed[i].major, any ? 1 : 2);
		if (!any)
			*p++ = (struct bpf_insn)SKIP_IF(BPF_JNE, MINOR, allowed[i].minor, 1);
		*p++ = (struct bpf_insn)RETURN;
	}
	p = mempcpy(p, tail, sizeof(tail));
	return (size_t)(p - ret);
}

static int call_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

int devices_restrict(int cgroup_fd, int *ret_fd, struct err *err)
{
	static const char license[] = "Apache-2.0";
	struct bpf_insn program[DEVICES_PROGRAM_MAX];
	union bpf_attr load, attach;
	cleanup_close int fd = -1;
	int r;

	/* The kernel looks at what is behind the member that is meant. */
	memset(&load, 0, sizeof(load));
	memset(&attach, 0, sizeof(attach));
	load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	load.insns = (uintptr_t)program;
	load.insn_cnt = (uint32_t)devices_program(program);
	load.license = (uintptr_t)license;
	fd = call_bpf(BPF_PROG_LOAD, &load);
	if (fd == -ENOSYS || fd == -EINVAL)
		return err_set(err, -ENOTSUP,
			       "the kernel was built without CONFIG_CGROUP_BPF: containers can "
			       "open every device of this machine");
	if (fd < 0)
		return err_errno(err, fd, "load the filter for devices");
	attach.target_fd = (uint32_t)cgroup_fd;
	attach.attach_bpf_fd = (uint32_t)fd;
	attach.attach_type = BPF_CGROUP_DEVICE;
	r = call_bpf(BPF_PROG_ATTACH, &attach);
	if (r < 0)
		return err_errno(err, r, "filter the container's devices");
	*ret_fd = take_fd(&fd);
	return 0;
}

int devices_allow_all(int cgroup_fd, int filter_fd, struct err *err)
{
	union bpf_attr attr;
	int r;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)filter_fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	r = call_bpf(BPF_PROG_DETACH, &attr);
	return r < 0 ? err_errno(err, r, "give the container all devices") : 0;
}
