/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/stored.h"
#include "daemon/network/wiring.h"

/* A container's /etc/hosts and /etc/resolv.conf, where it is on networks. */
struct container_names {
	char **hosts;	   /* lines, without those of localhost */
	char *resolv_conf; /* NULL: that of the image stays */
};

void container_names_reset(struct container_names *n);

/**
 * container_names_of() - make the names from the user's request, the networks, and the host's
 * /etc/resolv.conf
 * @ret: container_names_reset()
 *
 * Return: 0; -EINVAL, -EBADMSG with a message; -ENOMEM.
 */
int container_names_of(const struct stored *s, const struct wiring *w, struct container_names *ret,
		       struct err *err);

/** container_names_put() - make the names, and put them into config.json.  Return: as
 * container_names_of(). */
int container_names_put(struct stored *s, const struct wiring *w, struct err *err);
