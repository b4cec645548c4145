/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <seccomp.h>

#include "jail/jail.h"

/*
 * Rules for system calls whose number says too little.  Each function adds some to a filter; all
 * return 0, or -errno of libseccomp.
 */

/* What is forked of a zygote is the second process of a namespace of its own, after its keeper. */
#define FORKED_PID 2

/** arguments_threads() - clone() makes threads of this process, in no new namespace */
int arguments_threads(scmp_filter_ctx ctx);

/** arguments_fork() - clone() also makes processes, which the same filter and limits of their own
 * hold */
int arguments_fork(scmp_filter_ctx ctx);

/** arguments_zygote() - signals go to the zygote itself, and to what is forked of it, which has
 * another number and the same filter */
int arguments_zygote(scmp_filter_ctx ctx);

/** arguments_process() - signals go to the process @pid, limits are read, prctl() does little */
int arguments_process(scmp_filter_ctx ctx, pid_t pid);

/** arguments_fcntl() - no signals by way of fcntl() */
int arguments_fcntl(scmp_filter_ctx ctx);

/** arguments_ioctl() - what every program needs of ioctl(), and what the jail names.  @j: borrowed
 */
int arguments_ioctl(scmp_filter_ctx ctx, const struct jail *j);

/** arguments_data() - no memory becomes executable */
int arguments_data(scmp_filter_ctx ctx);
