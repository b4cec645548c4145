/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

/* A client of the QEMU Machine Protocol on a connected stream socket. */
struct qmp {
	int fd;	    /* owned */
	bool ready; /* capabilities are negotiated */
	int64_t id; /* of the last command */
	struct buf in;
};

/** qmp_init() - @fd: taken over.  Nothing is read or written before the first command. */
void qmp_init(struct qmp *q, int fd);

/** qmp_reset() - close and free */
void qmp_reset(struct qmp *q);

/**
 * qmp_execute() - one command without arguments, and its answer
 * @deadline_usec: of clock_mono_usec()
 * @ret:           the value returned, owned by the caller; may be NULL
 *
 * Return: 0; -ETIMEDOUT; -ECONNRESET when QEMU has gone; -EBADMSG for an answer that is
 * none, -EIO for one that is an error, each with a message.
 */
int qmp_execute(struct qmp *q, const char *command, uint64_t deadline_usec, json_t **ret,
		struct err *err);
