/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/** inflate_stream() - decompress from one descriptor to another; used in moat-unpack.  Return: 0;
 * -EBADMSG; -EPIPE; -errno; with a message. */
int inflate_stream(int from_fd, int to_fd, struct err *err);
