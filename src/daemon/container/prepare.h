/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/mounts.h"
#include "daemon/container/stored.h"
#include "daemon/machine/lease.h"
#include "daemon/network/wiring.h"

/* All that a container brings to its machine. */
struct prepared {
	int dir_fd;	      /* the container's folder, with config.json */
	json_t *host;	      /* docker's HostConfig, which says what the machine must be */
	struct wiring wiring; /* its networks */
	int secrets_fd;	      /* its secrets, for its machine; -1: none */
	struct container_shares shares;
};

#define PREPARED_NONE                                                                              \
	((struct prepared){ .dir_fd = -1, .secrets_fd = -1, .shares = CONTAINER_SHARES_NONE })

void prepared_reset(struct prepared *p);

/**
 * container_prepare() - get all that a container brings, and make its folder ready for a machine
 * @purpose: networks, ports and secrets come with a run only, mounts not for its own files
 * @ret:     owned, prepared_reset()
 *
 * The image's file is made anew where it was lost.
 *
 * To be called with the container's op lock held.  container_shares_settle() has to follow, also on
 * failure; of a run that fails container_ended() gives back addresses and ports.
 *
 * Return: 0; -EIO where the image's file cannot be made; -errno; with a message.
 */
int container_prepare(struct container *c, enum lease_purpose purpose, struct prepared *ret,
		      struct err *err);
