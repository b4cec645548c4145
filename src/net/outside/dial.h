/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/common/wire.h"

/**
 * resolver_dial() - connect a socket of this namespace to a resolver; it may still be connecting
 * @type:   SOCK_STREAM, SOCK_DGRAM
 * @ret_fd: owned, non-blocking
 *
 * Return: 0; -EINVAL for another type; -errno.
 */
int resolver_dial(const struct wire_resolver *resolver, int type, int *ret_fd);
