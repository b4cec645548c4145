/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "link/frame.h"
#include "link/query.h"

struct conn;
struct container;

/*
 * Questions to the guest, asked by requests that wait for the answer.  Who asks sets the deadline:
 * a connection that goes takes its question along.
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
	uint32_t freeze_id; /* of the question whether it stands still; 0: it is answered */
	struct link_stats last_stats; /* for while the guest cannot be asked */
};

/**
 * query_ask() - send a question for a request, which is answered later
 * @type:     LINK_STATS, LINK_PROCS, or LINK_LIMITS
 * @settings: of LINK_LIMITS; borrowed
 *
 * Return: 0; -ENOMEM; -errno of link_send().
 */
int query_ask(struct container *c, struct conn *conn, enum link_type type, char *const *settings);

/** query_freeze() - have the container's processes stand still, or go on.  The answer to the former
 * is containers.frozen().  Return: 0; -ENOMEM; -errno of link_send(). */
int query_freeze(struct container *c, bool on);

/** query_note() - a question with the last number was sent for a request, which is answered later.
 * Return: 0; -ENOMEM. */
int query_note(struct container *c, struct conn *conn, enum link_type type);

/** query_done() - the answer to one that was to do something.  @err: code 0 where it was done.
 * Return: 0; -EBADMSG where nobody asked. */
int query_done(struct container *c, uint32_t id, enum link_type type, const struct err *err);

/** query_stats_text() - what CONTROL_STATS is answered: what the guest said last, with the
 * processor time that the host reckons.  Return: owned; NULL when out of memory. */
char *query_stats_text(const struct container *c);

/** query_answered() - the guest's answer.  Return: 0; -EBADMSG where it makes no sense. */
int query_answered(struct container *c, enum link_type type, struct wire_view payload);

/** queries_reset() - close the connections that wait */
void queries_reset(struct queries *q);
