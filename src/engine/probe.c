/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Some hosts offer a /dev/kvm that emulates every instruction of the guest
 * in software, slower than QEMU's translation does.  So before KVM is chosen a real-mode guest
 * counts a register down and halts, and the time per instruction is taken.  Rounds are short and
 * the quickest counts, so that a busy host does not look like a slow KVM.
 *
 * The guest is ours.  It runs in a child process, which is killed when a KVM does not
 * come back at all; the caller may have threads, so the child makes system calls only.
 */
#include "engine/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fd.h"
#include "base/macro.h"

#define GUEST_ADDRESS	 0x1000
#define GUEST_SIZE	 0x1000
#define LOOPS		 2000
#define INSTRUCTIONS	 (2 * LOOPS + 2)
#define ROUNDS		 10
#define ROUNDS_NSEC	 (20 * 1000 * 1000)
#define CHILD_LIMIT_MSEC 500

/* mov $LOOPS, %cx; 1: dec %cx; jnz 1b; hlt */
static const unsigned char guest_code[] = {
	0xb9, LOOPS & 0xff, LOOPS >> 8, 0x49, 0x75, 0xfd, 0xf4
};

/* What the child reports: how far it came, and how fast the guest ran. */
struct result {
	int code;
	const char *step; /* a string of this program, valid on both sides of fork() */
	double nsec_per_instruction;
};

static int64_t now_nsec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * (int64_t)NSEC_PER_SEC + ts.tv_nsec;
}

static int run_guest(int vcpu, const struct kvm_run *run)
{
	struct kvm_regs regs = { .rip = GUEST_ADDRESS, .rflags = 2 };

	if (ioctl(vcpu, KVM_SET_REGS, &regs) < 0)
		return -errno;
	while (ioctl(vcpu, KVM_RUN, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return run->exit_reason == KVM_EXIT_HLT ? 0 : -ENOEXEC;
}

static int measure_guest(int vcpu, const struct kvm_run *run, double *ret)
{
	int64_t end = now_nsec() + ROUNDS_NSEC, best = INT64_MAX;
	int r = run_guest(vcpu, run);

	for (int i = 0; r == 0 && i < ROUNDS && (i == 0 || now_nsec() < end); i++) {
		int64_t start = now_nsec(), took;

		r = run_guest(vcpu, run);
		took = now_nsec() - start;
		if (took < best)
			best = took;
	}
	if (r == 0)
		*ret = (double)best / INSTRUCTIONS;
	return r;
}

static int make_vcpu(int vm, int *ret_vcpu)
{
	struct kvm_userspace_memory_region region = { .guest_phys_addr = GUEST_ADDRESS,
						      .memory_size = GUEST_SIZE };
	void *memory =
		mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_sregs sregs;
	int vcpu;

	if (memory == MAP_FAILED)
		return -errno;
	memcpy(memory, guest_code, sizeof(guest_code));
	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return -errno;
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0 || ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
		return -errno;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) < 0)
		return -errno;
	*ret_vcpu = vcpu;
	return 0;
}

/* Runs in the child, and closes nothing: the kernel does that when the child ends. */
static struct result try_kvm(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, vcpu, size;
	struct kvm_run *run;
	struct result res = { 0 };

	if (kvm < 0)
		return (struct result){ -errno, "open", 0 };
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return (struct result){ -errno, "creating a machine", 0 };
	res.code = make_vcpu(vm, &vcpu);
	if (res.code < 0)
		return (struct result){ res.code, "creating a processor", 0 };
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	run = size > 0 ? mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0)
		       : MAP_FAILED;
	if (run == MAP_FAILED)
		return (struct result){ -errno, "mapping a processor", 0 };
	res.step = "running a guest";
	res.code = measure_guest(vcpu, run, &res.nsec_per_instruction);
	return res;
}

static int run_child(struct result *ret)
{
	cleanup_close int from = -1, to = -1;
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	from = ends[0];
	to = ends[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		struct result res;

		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		res = try_kvm();
		_exit(write(to, &res, sizeof(res)) == sizeof(res) ? 0 : 1);
	}
	close(take_fd(&to));
	r = fd_wait(from, POLLIN, CHILD_LIMIT_MSEC);
	if (r > 0)
		r = fd_read_exact(from, ret, sizeof(*ret));
	else if (r == 0)
		r = -ETIMEDOUT;
	child_kill(pid);
	return r;
}

static void explain_failure(const struct result *res, struct engine_probe *p)
{
	if (res->code == -ENOENT)
		snprintf(p->reason, sizeof(p->reason),
			 "there is no /dev/kvm (load kvm-intel or kvm-amd; inside a virtual "
			 "machine, "
			 "enable nested virtualization)");
	else if (res->code == -EACCES || res->code == -EPERM)
		snprintf(
			p->reason, sizeof(p->reason),
			"no permission to open /dev/kvm (add your user to the group kvm and log in "
			"again)");
	else
		snprintf(p->reason, sizeof(p->reason), "KVM fails at %s: %s", res->step,
			 strerror(-res->code));
}

int kvm_probe(struct engine_probe *ret)
{
	struct result res = { 0 };
	int r = run_child(&res);

	*ret = (struct engine_probe){ 0 };
	if (r < 0) {
		snprintf(ret->reason, sizeof(ret->reason), "KVM could not be tried: %s",
			 strerror(-r));
		return r == -ETIMEDOUT || r == -ENODATA ? 0 : r;
	}
	if (res.code < 0) {
		explain_failure(&res, ret);
		return 0;
	}
	ret->nsec_per_instruction = res.nsec_per_instruction;
	ret->usable = res.nsec_per_instruction <= KVM_NSEC_PER_INSTRUCTION_MAX;
	snprintf(ret->reason, sizeof(ret->reason),
		 "KVM on this host takes %.*f ns per instruction%s", ret->usable ? 1 : 0,
		 res.nsec_per_instruction,
		 ret->usable ? "" : " (limit 50): its instructions are emulated");
	return 0;
}
