/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A list of what to refuse, where all else is allowed, holds less than one of
 * what to allow; but it holds for programs that others write, and their next versions.  It refuses
 * calls that lead out of the namespaces, file system and capabilities a process was given, and
 * parts of the kernel that no such program needs.
 */
#include "jail/attacks.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/macro.h"

const int attacks_always[] = {
	/* other processes */
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_process_madvise,
	SYS_kcmp,
	SYS_pidfd_getfd,
	SYS_pidfd_send_signal,
	SYS_tkill,
	SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_migrate_pages,
	SYS_move_pages,
	SYS_execveat,
	/* another view of the host */
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_open_tree,
	SYS_move_mount,
	SYS_fsopen,
	SYS_fsmount,
	SYS_mount_setattr,
	SYS_unshare,
	SYS_setns,
	SYS_open_by_handle_at,
	/* the kernel itself */
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_userfaultfd,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_syslog,
	SYS_quotactl,
	SYS_fanotify_init,
	SYS_sethostname,
	SYS_settimeofday,
	SYS_clock_settime,
#ifdef SYS_iopl
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
#endif
};

const size_t attacks_always_n = ARRAY_SIZE(attacks_always);

static const unsigned long namespace_flags[] = {
	CLONE_NEWNS,  CLONE_NEWUSER, CLONE_NEWNET,    CLONE_NEWPID,
	CLONE_NEWIPC, CLONE_NEWUTS,  CLONE_NEWCGROUP,
};

static int add_rules(scmp_filter_ctx ctx)
{
	int r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);

	for (size_t i = 0; r == 0 && i < attacks_always_n; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, attacks_always[i], 0);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(namespace_flags); i++)
		r = seccomp_rule_add(
			ctx, SCMP_ACT_KILL_PROCESS, SYS_clone, 1,
			SCMP_A0_64(SCMP_CMP_MASKED_EQ, namespace_flags[i], namespace_flags[i]));
	/* The arguments of clone3() are in memory, where a filter cannot see them; refused so, libc
	 * uses clone(). */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SYS_clone3, 0);
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SYS_io_uring_setup, 0);
	return r;
}

int attacks_refuse(struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (!ctx)
		return err_set(err, -ENOMEM, "seccomp filter: out of memory");
	r = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : add_rules(ctx);
	if (r == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r < 0 ? err_errno(err, r, "seccomp filter") : 0;
}
