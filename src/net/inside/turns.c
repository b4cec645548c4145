/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What passes a published port waits until moat-net has a processor.  Where
 * others compute, that is until one of them has had its turn, unless moat-net asks for shorter ones
 * than theirs: then its own comes first.  Its part of the time stays the same.
 */
#include "net/inside/turns.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TURN_NSEC 100000u /* the shortest turn there is */

void turns_short(void)
{
	struct sched_attr attr = { 0 };

	if (syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0) < 0 ||
	    attr.sched_policy != SCHED_NORMAL)
		return;
	attr.sched_runtime = TURN_NSEC;
	/* A reset would also take a priority above the usual one away. */
	if (attr.sched_nice >= 0)
		attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	(void)syscall(SYS_sched_setattr, 0, &attr, 0);
}
