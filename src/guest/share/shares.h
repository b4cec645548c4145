/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "oci/mounts.h"

/* A container's shares: one file system with all of them, mounted outside of the container. */
struct shares;

/**
 * shares_mount() - mount the shares, once the server has said HELLO
 * @place: of the container; names the folder
 * @port_fd: of the container's slot, non-blocking; taken over in any case
 * @ret: shares_unmount()
 *
 * Return: 0; -ETIMEDOUT where there is no server; -errno; with a message.
 */
int shares_mount(unsigned place, int port_fd, struct shares **ret, struct err *err);

/**
 * shares_open() - open a container's mounts, attached to nothing yet
 * @s:       in a copy of the mount namespace of shares_mount(), before anything is unmounted there
 * @ret_fds: one for each mount of @m; close-on-exec
 *
 * Return: 0; -errno with a message.
 */
int shares_open(const struct shares *s, const struct oci_mounts *m, int *ret_fds, struct err *err);

/** shares_unmount() - unmount the shares; the server has all that was written then; NULL is
 * accepted.  Return: 0; -errno with a message: as after a cut. */
int shares_unmount(struct shares *s, struct err *err);
