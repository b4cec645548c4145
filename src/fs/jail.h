/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "fs/launch.h"

/**
 * jail_ids() - become root, or root of a user namespace with the ids that files of shares can have
 *
 * Return: 0, also where the host permits none: then files belong to the caller alone; -errno with a
 * message.
 */
int jail_ids(struct err *err);

/**
 * jail_enter() - let this process reach nothing but the shares, and do nothing but serve them
 * @ret_self_fd: the folder /proc/self/fd; owned
 *
 * After jail_ids().  Return: 0; -errno with a message.
 */
int jail_enter(const struct fs_share *shares, size_t n, int *ret_self_fd, struct err *err);
