/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "oci/mounts.h"

/**
 * container_mounts_plan() - decide what a new container mounts
 * @config, @host: its Config and HostConfig
 * @ret:           mount_points_reset(); volumes without a name have none yet
 *
 * Return: 0; -EINVAL, -EBADMSG, -EOPNOTSUPP with docker's message; -ENOMEM.
 */
int container_mounts_plan(struct containers *t, const json_t *config, const json_t *host,
			  struct mount_points *ret, struct err *err);

/* The file server of a container's mounts. */
struct container_shares {
	int control_fd; /* -1: there are no mounts to serve */
	pid_t pid;	/* to be reaped; 0: there is none */
};

#define CONTAINER_SHARES_NONE ((struct container_shares){ .control_fd = -1 })

/** container_shares_reset() - end the file server, unless its pid was taken out by somebody who
 * waits for it.  Comes back within two seconds: a server that cannot end by then is reaped when it
 * can. */
void container_shares_reset(struct container_shares *s);

/**
 * container_shares_open() - find the sources of a container's mounts, and start its file server
 * @dir_fd: the container's folder; borrowed
 * @mounts: of its config.json; the container's are added
 * @ret:    owned; container_shares_settle() has to follow
 *
 * Return: 0; -EBUSY, -EINVAL, -errno with a message.
 */
int container_shares_open(struct container *c, int dir_fd, struct oci_mounts *mounts,
			  struct container_shares *ret, struct err *err);

/** container_shares_settle() - the machine has its mounts (@ready), or will not have them; does
 * nothing where nothing is to be settled */
void container_shares_settle(struct container *c, bool ready);

/** container_mounts_publish() - publish that volumes are mounted, or not any more */
void container_mounts_publish(struct container *c, bool mounted);
