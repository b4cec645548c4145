/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"
#include "link/files.h"

/*
 * Work on a container's files, by a process of moat-init's in its machine.  A container that does
 * not run gets a machine for that alone, which ends by itself soon after; its state stays what it
 * was.  What comes from the guest is as hostile as the container.
 */

/* One operation. */
struct files {
	struct containers *table;
	struct container *c; /* a reference */
	bool stopped;	     /* it holds the machine of a container that does not run */
	int fd;		     /* to moat-shim; -1 before and after */
	int client_fd;	     /* it is of no use without this client; borrowed; -1: none */
	unsigned stream;     /* of the frame that is being read */
	uint32_t left;	     /* bytes of that */
	struct buf outcome;  /* what came on stderr */
	bool broken;	     /* it ended without one */
	/* Of one that only reads, so that another machine can go on where this one ended. */
	struct link_files what; /* owned */
	uint64_t passed;	/* bytes of its output that were given on */
	uint64_t sum;		/* of those */
	bool resumed;
};

#define FILES_INIT ((struct files){ .fd = -1, .client_fd = -1 })

#define FILES_STALL_MSEC 120000 /* without a byte of the guest */

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
 * files_read() - what the operation puts out
 *
 * When the container ends meanwhile, and with it the machine, the operation is begun again where
 * its files are then, and goes on where it was, if all it puts out up to there is the same.
 *
 * Return: bytes; 0 at the end, when all went well; what went wrong, at the end too; -ETIMEDOUT when
 * the guest does nothing for long; -EPIPE when the client has gone; -EIO when it broke off; with a
 * message.
 */
ssize_t files_read(struct files *f, void *data, size_t max, struct err *err);

/** files_read_stat() - the first that STAT and GET put out.  @ret: link_stat_reset().  Return: 0;
 * -EIO; as files_read(); with a message. */
int files_read_stat(struct files *f, struct link_stat *ret, struct err *err);

/**
 * files_write_from() - give the operation all that comes out of a descriptor, and wait for its end
 * (write.c)
 *
 * Return: 0; as files_read(); -errno of read(2); with a message.
 */
int files_write_from(struct files *f, int from_fd, struct err *err);
