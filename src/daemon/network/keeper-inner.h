/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/network/keeper.h"
#include "daemon/network/netprocess.h"
#include "daemon/network/outbox.h"

/* The keeper, for its own files. */

struct keeper {
	struct networks *nets;
	char *dir;
	int dir_fd; /* $ROOT/net */
	int wake_fd;
	pthread_t thread;
	bool has_thread;
	atomic_bool closing;

	pthread_rwlock_t talk;
	atomic_bool up; /* false: a thread that talked to moat-net found that it had died */
	struct netprocess process;
	atomic_bool recovering; /* more may run than this moatd knows of yet */

	struct outbox *outbox;
};

/** keeper_ring() - wake the thread to look for work */
void keeper_ring(struct keeper *k);

/** keeper_greeted() - note the result of a greeting.  @r: of netprocess_greet() or
 * netprocess_launch().  @talk is held alone.  Return: @r. */
int keeper_greeted(struct keeper *k, int r);

/** keeper_flush() - tell moat-net what was posted.  Under @talk.  Return: 0; -ECONNREFUSED when
 * none runs. */
int keeper_flush(struct keeper *k);

/** keeper_ensure() - have a moat-net that runs and knows everything.  @talk is held alone.  Return:
 * 0; -errno with a message. */
int keeper_ensure(struct keeper *k, struct err *err);
