/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "oci/mounts.h"

/* A container's shares: one file system with all of them, outside of the container. */
struct shares;

/** shares_mount() - mount them, once the server has said that it is there
 * @place: of the container, by which the folder is named
 * @port_fd: of the container's slot, non-blocking; taken over in any case
 * @ret: shares_unmount()
 *
 * Return: 0; -ETIMEDOUT where there is no server; -errno; with a message.
 */
int shares_mount(unsigned place, int port_fd, struct shares **ret, struct err *err);

/**
 * shares_open() - the mounts of a container, attached to nothing yet
 * @s:       in a copy of the mount namespace of shares_mount(), before anything is unmounted there
 * @ret_fds: of as many as @m has; close-on-exec
 *
 * Return: 0; -errno with a message.
 */
int shares_open(const struct shares *s, const struct oci_mounts *m, int *ret_fds, struct err *err);

/** shares_unmount() - what was written is with the server then; NULL is accepted.  Return: 0;
 * -errno with a message: it is as if they had been cut off. */
int shares_unmount(struct shares *s, struct err *err);
