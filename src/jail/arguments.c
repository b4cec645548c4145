/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Some system calls do both what a program needs and what it must not do:
 * clone() may make threads only, signals go to the process itself only, limits are read and only
 * its own, fcntl() and ioctl() do what is listed, prctl() may name threads and narrow the process
 * further.  A call that no program has a reason for ends the process.
 */
#include "jail/arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macro.h"

static const int allowed_prctls[] = {
	PR_SET_NAME,	PR_GET_NAME,	PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS,
	PR_SET_SECCOMP, PR_GET_SECCOMP, PR_CAPBSET_READ,     PR_SET_TIMERSLACK,
};

static const int allowed_fcntls[] = { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,
				      F_SETFD, F_GETFL,		F_GET_SEALS };

/* These would have the kernel send signals to another process. */
static const int fcntl_attacks[] = { F_SETOWN, F_SETOWN_EX, F_SETSIG, F_SETLEASE, F_NOTIFY };

static const unsigned long allowed_ioctls[] = { TCGETS,	 TIOCGWINSZ, FIONREAD,
						FIONBIO, FIOCLEX,    FIONCLEX };

/* TIOCSTI would type into a terminal that was passed in by mistake; the others would have the
 * kernel send signals to another process. */
static const unsigned long ioctl_attacks[] = { TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP, FIOASYNC };

/* With one of these flags clone() would make a thread in a new namespace. */
#define CLONE_REFUSED                                                                              \
	(CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP)

int arguments_threads(scmp_filter_ctx ctx)
{
	int r = seccomp_rule_add(
		ctx, SCMP_ACT_ALLOW, SYS_clone, 1,
		SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_REFUSED, CLONE_THREAD));

	return r < 0 ? r
		     : seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SYS_clone, 1,
					SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
}

/* Forks have the same filter, and limits of their own. */
int arguments_fork(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS_clone, 1,
				SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_REFUSED, 0));
}

/* The filter also holds processes forked of the zygote, which have another number. */
int arguments_zygote(scmp_filter_ctx ctx)
{
	static const int calls[] = { SYS_tgkill, SYS_kill };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(calls); i++) {
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1,
				     SCMP_A0_32(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
		if (r == 0)
			r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1,
					     SCMP_A0_32(SCMP_CMP_EQ, FORKED_PID));
	}
	return r;
}

int arguments_process(scmp_filter_ctx ctx, pid_t pid)
{
	scmp_datum_t self = (scmp_datum_t)pid;
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++) {
		static const int calls[] = { SYS_tgkill, SYS_kill };

		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1,
				     SCMP_A0_32(SCMP_CMP_EQ, self));
		if (r == 0)
			r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, calls[i], 1,
					     SCMP_A0_32(SCMP_CMP_NE, self));
	}
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS_prlimit64, 2,
				     SCMP_A0_32(SCMP_CMP_EQ, 0), SCMP_A2_64(SCMP_CMP_EQ, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SYS_prlimit64, 1,
				     SCMP_A0_32(SCMP_CMP_NE, 0));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(allowed_prctls); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS_prctl, 1,
				     SCMP_A0_32(SCMP_CMP_EQ, (scmp_datum_t)allowed_prctls[i]));
	return r;
}

static int add_command(scmp_filter_ctx ctx, uint32_t action, int call, unsigned long command)
{
	int r = seccomp_rule_add(ctx, action, call, 1, SCMP_A1_32(SCMP_CMP_EQ, command));

	return r == -EEXIST ? 0 : r;
}

int arguments_fcntl(scmp_filter_ctx ctx)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(allowed_fcntls); i++)
		r = add_command(ctx, SCMP_ACT_ALLOW, SYS_fcntl, (unsigned)allowed_fcntls[i]);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(fcntl_attacks); i++)
		r = add_command(ctx, SCMP_ACT_KILL_PROCESS, SYS_fcntl, (unsigned)fcntl_attacks[i]);
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS_fcntl, 2,
				     SCMP_A1_32(SCMP_CMP_EQ, F_SETFL),
				     SCMP_A2_32(SCMP_CMP_MASKED_EQ, O_ASYNC, 0));
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SYS_fcntl, 2,
				     SCMP_A1_32(SCMP_CMP_EQ, F_SETFL),
				     SCMP_A2_32(SCMP_CMP_MASKED_EQ, O_ASYNC, O_ASYNC));
	return r;
}

int arguments_ioctl(scmp_filter_ctx ctx, const struct jail *j)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(allowed_ioctls); i++)
		r = add_command(ctx, SCMP_ACT_ALLOW, SYS_ioctl, allowed_ioctls[i]);
	for (size_t i = 0; r == 0 && i < j->n_ioctls; i++)
		r = add_command(ctx, SCMP_ACT_ALLOW, SYS_ioctl, j->ioctls[i]);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(ioctl_attacks); i++)
		r = add_command(ctx, SCMP_ACT_KILL_PROCESS, SYS_ioctl, ioctl_attacks[i]);
	return r;
}

/* Refuses to make memory executable. */
int arguments_data(scmp_filter_ctx ctx)
{
	static const int calls[] = { SYS_mmap, SYS_mprotect };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(calls); i++) {
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 1,
				     SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		if (r == 0)
			r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, calls[i], 1,
					     SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	}
	return r;
}
