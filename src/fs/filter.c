/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The server works on files by their descriptors, and on its port; it makes
 * threads, but no process, no socket, and no code.  It needs a few calls for which every other
 * program of moat's would be ended: to become another user for a new file, and to hear of changes.
 */
#include "fs/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macro.h"
#include "jail/attacks.h"

static const int allowed[] = {
	/* the port, and waiting */
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_shutdown,
	SYS_setsockopt,
	SYS_poll,
	SYS_ppoll,
	SYS_eventfd2,
	SYS_futex,
	SYS_nanosleep,
	SYS_clock_nanosleep,
	SYS_clock_gettime,
	SYS_restart_syscall,
	/* memory and threads */
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_set_robust_list,
	SYS_rseq,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_membarrier,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_getrandom,
	SYS_getpid,
	SYS_gettid,
	SYS_exit,
	SYS_exit_group,
	/* the current user */
	SYS_geteuid,
	SYS_setfsuid,
	SYS_setfsgid,
	SYS_capget,
	SYS_capset,
	SYS_umask,
	/* files */
	SYS_read,
	SYS_write,
	SYS_close,
	SYS_openat,
	SYS_fchdir,
	SYS_statx,
	SYS_fstat,
	SYS_newfstatat,
	SYS_faccessat2,
	SYS_fstatfs,
	SYS_getdents64,
	SYS_lseek,
	SYS_pread64,
	SYS_preadv2,
	SYS_pwritev2,
	SYS_fsync,
	SYS_fdatasync,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_copy_file_range,
	SYS_flock,
	SYS_mkdirat,
	SYS_mknodat,
	SYS_symlinkat,
	SYS_linkat,
	SYS_unlinkat,
	SYS_renameat, /* for a rename without flags */
	SYS_renameat2,
	SYS_readlinkat,
	SYS_fchmodat,
	SYS_fchownat,
	SYS_utimensat,
	SYS_getxattr,
	SYS_setxattr,
	SYS_listxattr,
	SYS_removexattr,
	/* changes made by others */
	SYS_name_to_handle_at,
	SYS_fanotify_init,
	SYS_fanotify_mark,
};

/* For folders read by fdopendir(3), too. */
static const unsigned fcntls[] = { F_DUPFD_CLOEXEC, F_GETFL, F_SETFD, F_OFD_SETLK, F_OFD_GETLK };

static bool is_allowed(int call)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		if (allowed[i] == call)
			return true;
	return call == SYS_unshare;
}

/* Calls that are neither allowed nor attacks fail, and libraries find another way. */
static int add_lists(scmp_filter_ctx ctx)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(allowed); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; r == 0 && i < attacks_always_n; i++)
		if (!is_allowed(attacks_always[i]))
			r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, attacks_always[i], 0);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(fcntls); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS_fcntl, 1,
				     SCMP_A1_32(SCMP_CMP_EQ, fcntls[i]));
	return r;
}

static int add_arguments(scmp_filter_ctx ctx)
{
	static const int mappings[] = { SYS_mmap, SYS_mprotect };
	int r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS_unshare, 1,
				 SCMP_A0_64(SCMP_CMP_EQ, CLONE_FS));

	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS_clone, 1,
				     SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	/* abort() */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS_tgkill, 1,
				     SCMP_A0_32(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(mappings); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, mappings[i], 1,
				     SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* Limits can be read, and only its own. */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS_prlimit64, 2,
				     SCMP_A0_32(SCMP_CMP_EQ, 0), SCMP_A2_64(SCMP_CMP_EQ, 0));
	return r;
}

int filter_load(struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int r;

	if (!ctx)
		return err_set(err, -ENOMEM, "seccomp filter: out of memory");
	/* A tree in place of a list. */
	r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = add_lists(ctx);
	if (r == 0)
		r = add_arguments(ctx);
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r < 0 ? err_errno(err, r, "seccomp filter") : 0;
}
