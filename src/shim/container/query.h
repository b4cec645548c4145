/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/frame.h"
#include "link/query.h"

struct conn;
struct container;

/*
 * Questions to the guest, asked for requests that wait for the answer.  Whoever sent the request
 * sets the deadline: when its connection closes the question is forgotten.
 */
struct query {
	struct query *next;
	struct conn *conn;
	uint32_t id;
	enum link_type type;
};

struct queries {
	struct query *first;
	uint32_t last_id;
	uint32_t freeze_id;	      /* number of the question whether it is frozen; 0: answered */
	struct link_stats last_stats; /* shown while the guest cannot be asked */
};

/**
 * query_ask() - send a question for a request, which is answered later
 * @type:     LINK_STATS, LINK_PROCS, or LINK_LIMITS
 * @settings: of LINK_LIMITS; borrowed
 *
 * Return: 0; -ENOMEM; -errno of link_send().
 */
int query_ask(struct container *c, struct conn *conn, enum link_type type, char *const *settings);

/** query_freeze() - have the container's processes stand still, or go on.  containers.frozen() is
 * told when they stand still, or cannot.  Return: 0; -ENOMEM; -errno of link_send(). */
int query_freeze(struct container *c, bool on);

/** query_note() - note that a question with the last number was sent for a request, which is
 * answered later.  Return: 0; -ENOMEM. */
int query_note(struct container *c, struct conn *conn, enum link_type type);

/** query_done() - the guest's answer to a question that had it change something.  @err: code 0
 * where the change was made.  Return: 0; -EBADMSG where nobody asked. */
int query_done(struct container *c, uint32_t id, enum link_type type, const struct err *err);

/** query_stats_text() - the answer to CONTROL_STATS: what the guest said last, with the processor
 * time that the host counted.  Return: owned; NULL when out of memory. */
char *query_stats_text(const struct container *c);

/** query_answered() - the guest's answer.  Return: 0; -EBADMSG where it makes no sense. */
int query_answered(struct container *c, enum link_type type, struct wire_view payload);

/** queries_reset() - close the connections that wait for an answer */
void queries_reset(struct queries *q);
