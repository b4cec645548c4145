/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <seccomp.h>

#include "jail/jail.h"

/*
 * Rules for system calls whose number alone says too little.  Each function adds some to a filter;
 * all return 0, or -errno of libseccomp.
 */

/* Process number of what a zygote forks: the second of a namespace of its own, after its keeper. */
#define FORKED_PID 2

/** arguments_threads() - allow clone() for threads of this process, in no new namespace */
int arguments_threads(scmp_filter_ctx ctx);

/** arguments_fork() - allow clone() for processes, too, which have the same filter and limits of
 * their own */
int arguments_fork(scmp_filter_ctx ctx);

/** arguments_zygote() - allow signals to the zygote itself and to its forks, which have another
 * number and the same filter */
int arguments_zygote(scmp_filter_ctx ctx);

/** arguments_process() - allow signals to the process @pid, reading limits, and little of prctl()
 */
int arguments_process(scmp_filter_ctx ctx, pid_t pid);

/** arguments_fcntl() - allow fcntl() without its signals */
int arguments_fcntl(scmp_filter_ctx ctx);

/** arguments_ioctl() - allow the commands of ioctl() that every program needs, and those that the
 * jail names.  @j: borrowed */
int arguments_ioctl(scmp_filter_ctx ctx, const struct jail *j);

/** arguments_data() - let no memory become executable */
int arguments_data(scmp_filter_ctx ctx);
