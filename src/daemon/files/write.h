/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/files/files.h"

/**
 * files_await_input() - wait for the client's data, however long it takes, or for the operation's
 * end
 *
 * Return: 1; 0 when the operation has ended, and files_write_from() would say why; -errno, with a
 * message.
 */
int files_await_input(const struct files *f, int from_fd, struct err *err);

/**
 * files_write_from() - send the operation all that can be read from a descriptor, and wait for its
 * end
 *
 * Return: 0; as files_read(); -errno of read(2); with a message.
 */
int files_write_from(struct files *f, int from_fd, struct err *err);
