/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/**
 * port_open() - wait for the guest link's virtio-serial port and the host at its other end
 * @ret_fd: non-blocking, owned by the caller
 *
 * Return: 0; -ETIMEDOUT when the machine has no such port; -errno.
 */
int port_open(int *ret_fd, struct err *err);
