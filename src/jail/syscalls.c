/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  An allow list: what every program needs to start, to manage memory and
 * threads and to end, and what the engine adds.  A process that narrows itself has begun already,
 * and neither begins another nor gets new code.  What no program has a reason to ask for here ends
 * the process.  All else fails with ENOSYS, which libraries take as "an old kernel" and find
 * another way; so a new libc does not break the jail.
 *
 * Where a number says too little the arguments are looked at (arguments.c).  execve() has to be
 * allowed, as the program is still to be executed; an engine should close it once it runs
 * (QEMU does, with -sandbox spawn=deny).  It gains nothing meanwhile: a new program is in
 * the same jail.
 */
#include "jail/syscalls.h"

#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macro.h"
#include "jail/arguments.h"
#include "jail/attacks.h"

static const int to_begin[] = {
	SYS_execve,	SYS_set_tid_address, SYS_set_robust_list, SYS_rseq, SYS_seccomp,
#ifdef SYS_arch_prctl
	SYS_arch_prctl,
#endif
	SYS_mmap,	SYS_mprotect,
};

static const int to_go_on[] = {
	/* to know oneself, and to end */
	SYS_exit,
	SYS_exit_group,
	SYS_getrandom,
	SYS_uname,
	SYS_getpid,
	SYS_gettid,
	SYS_getppid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_restart_syscall,
	/* memory and threads */
	SYS_brk,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_futex,
	SYS_membarrier,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	/* files */
	SYS_openat,
	SYS_close,
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_pread64,
	SYS_pwrite64,
	SYS_lseek,
	SYS_dup,
	SYS_dup3,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_statfs,
	SYS_fstatfs,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_readlinkat,
	SYS_getdents64,
	SYS_getcwd,
#ifdef SYS_open
	SYS_open,
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_dup2,
#endif
	/* time and waiting */
	SYS_clock_gettime,
	SYS_clock_getres,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_gettimeofday,
	SYS_ppoll,
#ifdef SYS_poll
	SYS_poll,
	SYS_time,
#endif
};

/* Beside attacks_always. */
static const int attacks[] = {
/* new processes */
#ifdef SYS_fork
	SYS_fork,
	SYS_vfork,
#endif
	/* sockets of its own */
	SYS_connect,
	SYS_bind,
	SYS_listen,
	SYS_accept,
	SYS_accept4,
	/* more rights */
	SYS_setuid,
	SYS_setreuid,
	SYS_setresuid,
	SYS_setfsuid,
	SYS_setgid,
	SYS_setregid,
	SYS_setresgid,
	SYS_setfsgid,
	SYS_setgroups,
	SYS_capset,
};

/* Calls that a zygote forks with; its forks have a filter of their own beside the zygote's. */
static const int to_fork[] = {
	SYS_clone3,    SYS_setns,  SYS_socketpair, SYS_close_range, SYS_setresuid,
	SYS_setresgid, SYS_capset, SYS_prlimit64,  SYS_prctl,
};

/* Where two lists name the same call, the list that was added first counts. */
static int add_list(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = seccomp_rule_add(ctx, action, calls[i], 0);
		if (r == -EEXIST)
			r = 0;
	}
	return r;
}

/* The process that a filter is for. */
struct subject {
	const struct jail *j;
	pid_t pid;
};

/* The rules that all filters have. */
static int add_common(scmp_filter_ctx ctx, const struct subject *s)
{
	const struct jail *j = s->j;
	/* Has the kernel search the numbers as a binary tree: the list is long, and every system
	 * call of the engine passes it. */
	int r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);

	if (r == 0 && j->forks)
		r = add_list(ctx, SCMP_ACT_ALLOW, to_fork, ARRAY_SIZE(to_fork));
	if (r == 0 && j->forks)
		r = arguments_zygote(ctx);
	if (r == 0)
		r = add_list(ctx, SCMP_ACT_ALLOW, to_go_on, ARRAY_SIZE(to_go_on));
	if (r == 0)
		r = add_list(ctx, SCMP_ACT_ALLOW, j->syscalls, j->n_syscalls);
	if (r == 0)
		r = add_list(ctx, SCMP_ACT_KILL_PROCESS, attacks_always, attacks_always_n);
	if (r == 0)
		r = add_list(ctx, SCMP_ACT_KILL_PROCESS, attacks, ARRAY_SIZE(attacks));
	if (r == 0 && !j->forks)
		r = arguments_process(ctx, s->pid);
	if (r == 0)
		r = arguments_fcntl(ctx);
	return r == 0 ? arguments_ioctl(ctx, j) : r;
}

static int add_jail(scmp_filter_ctx ctx, const struct subject *s)
{
	int r = add_common(ctx, s);

	if (r == 0)
		r = add_list(ctx, SCMP_ACT_ALLOW, to_begin, ARRAY_SIZE(to_begin));
	if (r < 0)
		return r;
	return s->j->serves ? arguments_fork(ctx) : arguments_threads(ctx);
}

/* A forked process runs already, and shares the files that signalfd(2) would change. */
static int add_forked(scmp_filter_ctx ctx, const struct subject *s)
{
	static const int done[] = {
		SYS_execve,
		SYS_signalfd4,
#ifdef SYS_signalfd
		SYS_signalfd,
#endif
	};
	int r = add_list(ctx, SCMP_ACT_KILL_PROCESS, done, ARRAY_SIZE(done));

	return r == 0 ? add_jail(ctx, s) : r;
}

static int add_narrowed(scmp_filter_ctx ctx, const struct subject *s)
{
	static const int starts[] = { SYS_execve, SYS_clone };
	int r = add_common(ctx, s);

	if (r == 0)
		r = add_list(ctx, SCMP_ACT_KILL_PROCESS, starts, ARRAY_SIZE(starts));
	return r == 0 ? arguments_data(ctx) : r;
}

typedef int (*filter_fn)(scmp_filter_ctx ctx, const struct subject *s);

/* @fd: file to write the filter to; -1: put it on this process now */
static int make_filter(filter_fn add, const struct subject *s, int fd, struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int r;

	if (!ctx)
		return err_set(err, -ENOMEM, "seccomp filter: out of memory");
	r = add(ctx, s);
	if (r == 0)
		r = fd < 0 ? seccomp_load(ctx) : seccomp_export_bpf(ctx, fd);
	seccomp_release(ctx);
	return r < 0 ? err_errno(err, r, "seccomp filter") : 0;
}

int syscalls_restrict(const struct jail *j, struct err *err)
{
	return make_filter(add_jail, &(struct subject){ j, getpid() }, -1, err);
}

int syscalls_export(const struct jail *j, int fd, struct err *err)
{
	struct jail plain = *j;

	plain.forks = 0;
	return make_filter(add_forked, &(struct subject){ &plain, FORKED_PID }, fd, err);
}

int syscalls_narrow(const int *calls, size_t n, struct err *err)
{
	const struct jail j = { .syscalls = calls, .n_syscalls = n };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, -errno, "no_new_privs");
	return make_filter(add_narrowed, &(struct subject){ &j, getpid() }, -1, err);
}
