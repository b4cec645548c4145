/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "link/files.h"

/*
 * Work on a container's files, by a process of moat-init's in its machine.  For a container that
 * does not run, a machine is started for this alone, which ends by itself soon after; the
 * container's state is unchanged.  All that comes from the guest is as hostile as the container.
 */

/* One operation. */
struct files {
	struct containers *table;
	struct container *c; /* a reference */
	bool stopped;	     /* @c does not run: its machine for files is held */
	int fd;		     /* to moat-shim; -1 before and after */
	int client_fd;	     /* without this client the result is of no use; borrowed; -1: none */
	unsigned stream;     /* of the frame that is being read */
	uint32_t left;	     /* bytes of it that are still to come */
	struct buf outcome;  /* the outcome, from stderr */
	bool broken;	     /* the operation ended without an outcome */
	/* For an operation that only reads, so that another machine can continue it: */
	struct link_files what; /* owned */
	uint64_t passed;	/* bytes of output that were passed on */
	uint64_t sum;		/* FNV-1a of these */
	bool resumed;
};

#define FILES_INIT ((struct files){ .fd = -1, .client_fd = -1 })

#define FILES_STALL_MSEC 120000 /* how long the guest may send no byte */

/**
 * files_open() - begin an operation
 * @c:   borrowed
 * @rq:  what to do; borrowed
 * @ret: files_close(), also on failure; FILES_INIT before, but for client_fd
 *
 * Return: 0; -EBUSY when the container is paused; the guest's own errno; -ETIMEDOUT; -errno; with a
 * message.
 */
int files_open(struct container *c, const struct link_files *rq, struct files *ret,
	       struct err *err);

/** files_close() - give everything back; an operation that is under way breaks off */
void files_close(struct files *f);

/**
 * files_read() - read the operation's output
 *
 * When the container ends meanwhile, and with it the machine, the operation is begun again in a
 * machine for the files, and continues where it was, if its output up to there is the same.
 *
 * Return: bytes; 0 at the end, when all went well; the operation's error, at the end, too;
 * -ETIMEDOUT when the guest does nothing for long; -EPIPE when the client has gone; -EIO when it
 * broke off; with a message.
 */
ssize_t files_read(struct files *f, void *data, size_t max, struct err *err);

/** files_read_stat() - read the first output of STAT and GET.  @ret: link_stat_reset().  Return: 0;
 * -EIO; as files_read(); with a message. */
int files_read_stat(struct files *f, struct link_stat *ret, struct err *err);
