/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/keeper.h"

/**
 * keeper_open() - begin to keep moat-net: one that runs is found, and none is started
 * @ret: owned, keeper_close()
 *
 * Return: 0; -errno with a message.
 */
int keeper_open(struct networks *nets, int root_fd, struct keeper **ret, struct err *err);

/** keeper_close() - NULL is accepted; moat-net goes on */
void keeper_close(struct keeper *k);

/** keeper_shutdown() - moatd ends: end moat-net, too, where no container runs */
void keeper_shutdown(struct keeper *k);
