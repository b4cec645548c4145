/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/mounts.h"
#include "daemon/machine/lease.h"
#include "daemon/network/wiring.h"

/* What a container's machine is made from. */
struct prepared {
	int dir_fd;		  /* the container's folder, with config.json */
	struct machine_plan plan; /* what the machine must be */
	int secrets_fd;		  /* what the container is given of secrets; -1: none */
	struct container_shares shares;
};

#define PREPARED_NONE                                                                              \
	((struct prepared){ .dir_fd = -1, .secrets_fd = -1, .shares = CONTAINER_SHARES_NONE })

void prepared_reset(struct prepared *p);

/**
 * container_prepare() - make the container's folder ready for a machine
 * @purpose: for its files its options are left out of config.json: they make no difference to
 *           these, and one that cannot be set must not keep anybody from them
 * @w:       its networks, whose names go into config.json; NULL for its files
 * @ret:     owned, prepared_reset(); container_shares_settle() has to follow
 *
 * To be called with the container's op lock held.
 *
 * Return: 0; -errno with a message.
 */
int container_prepare(struct container *c, enum lease_purpose purpose, const struct wiring *w,
		      struct prepared *ret, struct err *err);
