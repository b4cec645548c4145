/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "control/request.h"
#include "link/frame.h"
#include "oci/process.h"
#include "shim/container/client.h"
#include "shim/deadlines.h"

struct conn;
struct container;

enum process_state {
	PROCESS_WAITING,
	PROCESS_STARTING, /* SPAWN is sent */
	PROCESS_RUNNING,
	PROCESS_OVER, /* its clients take the last output */
};

/* One process in the guest, and the clients attached to it. */
struct process {
	LIST_ENTRY(process) entry;
	struct container *container;
	char target[CONTROL_TARGET_MAX + 1];
	uint32_t stream;
	enum process_state state;
	enum link_type order; /* the message that asks the guest for it */
	struct oci_process *spec;
	struct buf payload;	  /* of @order; empty for LINK_SPAWN, which takes @spec */
	struct conn *waiter;	  /* is answered when the process runs, or does not */
	struct source *deadline;  /* by which it must have started */
	struct patience patience; /* for @deadline */
	LIST_HEAD(, client) clients;
	uint64_t received[LINK_CHANNELS]; /* output bytes so far */
	uint64_t granted[LINK_CHANNELS];  /* of these, how many the guest may send again */
	bool input_over;		  /* whoever wrote to stdin is done: it is to be closed */
	bool input_closed;		  /* the guest was told to close stdin */
	bool unwanted; /* it took too long to start, and is killed when it does */
};

LIST_HEAD(process_list, process);

/** process_new() - make a process, unknown to the guest.  @spec: owned from success on.  @ret:
 * owned, process_free().  Return: 0; -ENOMEM. */
int process_new(struct container *c, const char *target, struct oci_process *spec,
		struct process **ret);

/** process_free() - closes the clients that are left, without telling them that all is well */
void process_free(struct process *p);

/** process_is_program() - is it a program?  Work on files and connections to sockets are none:
 * nobody is told of their ends. */
static inline bool process_is_program(const struct process *p)
{
	return p->order == LINK_SPAWN;
}

/** process_answer_to() - answer conn when the process runs, or does not */
void process_answer_to(struct process *p, struct conn *conn);

/** process_link(), process_header() - the link to the guest, and the header of a message about the
 * process */
struct link_conn *process_link(const struct process *p);
struct link_header process_header(const struct process *p, enum link_type type);

/** process_spawn() - have the guest start the process.  Return: 0; -errno: the link is of no use
 * any more. */
int process_spawn(struct process *p);

/** process_signal() - send the process a signal.  Return: 0; -EBUSY before it runs; -errno of
 * link_send(). */
int process_signal(struct process *p, int signo);

/** process_resize() - change the terminal's size.  Return: 0; -ENOTTY without a terminal; -errno of
 * link_send(). */
int process_resize(struct process *p, uint16_t rows, uint16_t columns);

/** process_started() - the guest has started the process.  Return: 0; -EBADMSG where it was not
 * starting; -errno of link_send(). */
int process_started(struct process *p);

/** process_over() - no more output comes: clients take what is left, and are closed */
void process_over(struct process *p);
