/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/network/keeper.h"
#include "daemon/network/netprocess.h"
#include "daemon/network/outbox.h"

/* The keeper, as its own files see it. */

struct keeper {
	struct networks *nets;
	char *dir;
	int dir_fd; /* $ROOT/net */
	int wake_fd;
	pthread_t thread;
	bool has_thread;
	atomic_bool closing;

	pthread_rwlock_t talk;
	atomic_bool up; /* false: who is talking to it has found out that it has died */
	struct netprocess process;
	atomic_bool recovering; /* there may be more that runs than this moatd knows of */

	struct outbox *outbox;
};

/** keeper_ring() - have the thread look what there is to do */
void keeper_ring(struct keeper *k);

/** keeper_greeted() - @r: of netprocess_greet() or netprocess_launch().  @talk is held alone.
 * Return: @r. */
int keeper_greeted(struct keeper *k, int r);

/** keeper_flush() - have it told what was posted.  Under @talk.  Return: 0; -ECONNREFUSED when none
 * runs. */
int keeper_flush(struct keeper *k);

/** keeper_ensure() - see to it that one is there and knows all.  @talk is held alone.  Return: 0;
 * -errno with a message. */
int keeper_ensure(struct keeper *k, struct err *err);
