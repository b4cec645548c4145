/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/patience.h"

/** qmp_event_fn - called for every event, whenever it is read.  @event: borrowed, not checked */
typedef void (*qmp_event_fn)(const json_t *event, void *arg);

/* A client of the QEMU Machine Protocol on a connected stream socket. */
struct qmp {
	int fd;	   /* owned */
	pid_t pid; /* QEMU's, which gets more time while it waits for a processor; 0: it does not */
	bool ready; /* capabilities are negotiated */
	int64_t id; /* of the last command */
	qmp_event_fn on_event;
	void *arg; /* the argument of on_event() */
	struct buf in;
};

/**
 * qmp_init() - begin a session; nothing is read or written before the first command
 * @fd:       taken over
 * @on_event: must not use the client
 */
void qmp_init(struct qmp *q, int fd, qmp_event_fn on_event, void *arg);

/** qmp_reset() - close and free */
void qmp_reset(struct qmp *q);

/** qmp_patience() - how long to wait for QEMU.  @deadline_usec: of clock_mono_usec() */
struct patience qmp_patience(const struct qmp *q, uint64_t deadline_usec);

struct qmp_command {
	const char *name;
	const char *arguments; /* a JSON object; NULL for none */
	const int *fd;	       /* a descriptor that goes along, borrowed; NULL for none */
};

/**
 * qmp_send_ahead() - send commands without descriptors, together, and wait for no answer
 * @n: with 0, QEMU only begins to send events, which it does not do before the first command
 *
 * Return: 0; -ECONNRESET, -ETIMEDOUT, -errno with a message.
 */
int qmp_send_ahead(struct qmp *q, const struct qmp_command *commands, size_t n, struct err *err);

/** qmp_await_event() - read until an event comes; answers before it are dropped.  Return: 0; as
 * qmp_execute(), also -EIO when a command that was sent ahead failed. */
int qmp_await_event(struct qmp *q, const char *name, uint64_t deadline_usec, struct err *err);

/**
 * qmp_read_events() - read what has come, without waiting; to be called when the descriptor is
 * readable
 *
 * Return: 0; -ECONNRESET, -EBADMSG, -errno with a message: nothing that makes sense will follow.
 */
int qmp_read_events(struct qmp *q, struct err *err);

/** qmp_call() - as qmp_execute(), with arguments */
int qmp_call(struct qmp *q, const struct qmp_command *command, uint64_t deadline_usec, json_t **ret,
	     struct err *err);

/**
 * qmp_call_all() - send several commands at once, then await their answers
 * @commands: each is carried out, whatever became of those before it
 *
 * Return: as qmp_call(), for the first command that failed.
 */
int qmp_call_all(struct qmp *q, const struct qmp_command *commands, size_t n,
		 uint64_t deadline_usec, struct err *err);

/**
 * qmp_execute() - send a command without arguments, and await its answer
 * @deadline_usec: of clock_mono_usec()
 * @ret:           the value returned, owned by the caller; may be NULL
 *
 * Return: 0; -ETIMEDOUT; -EAGAIN when the host was too busy for QEMU to have had the time (see
 * base/patience.h); -ECONNRESET when QEMU has gone; -EBADMSG for an answer that makes no sense,
 * -EIO for an error of QEMU's, each with a message.
 */
int qmp_execute(struct qmp *q, const char *command, uint64_t deadline_usec, json_t **ret,
		struct err *err);
