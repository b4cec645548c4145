/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * port_open() - wait for a virtio-serial port and the host at its other end
 * @ret_fd: non-blocking, owned by the caller
 *
 * Return: 0; -ETIMEDOUT when the machine has no such port; -errno.
 */
int port_open(const char *name, int *ret_fd, struct err *err);
