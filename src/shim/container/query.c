/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/container/query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "control/answer.h"
#include "shim/container/text.h"
#include "shim/control.h"
#include "shim/machine/setup.h"
#include "shim/shim.h"

int query_ask(struct shim *s, struct conn *conn, enum link_type type, char *const *settings)
{
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	const struct link_header h = { .type = type, .container = SETUP_CONTAINER };
	struct query *q = calloc(1, sizeof(*q));
	uint32_t id = s->queries.last_id + 1;
	int r = -ENOMEM;

	if (q && type == LINK_LIMITS)
		r = link_limits_put(&payload, id, settings);
	else if (q)
		r = link_question_put(&payload, id);
	if (r == 0)
		r = link_send(guest_link(s->guest), h, payload.data, payload.len);
	if (r < 0) {
		free(q);
		return r;
	}
	*q = (struct query){ s->queries.first, conn, ++s->queries.last_id, type };
	s->queries.first = q;
	return 0;
}

/* Return: who asked; NULL when that one is gone. */
static struct conn *take(struct shim *s, uint32_t id, enum link_type type)
{
	for (struct query **p = &s->queries.first; *p; p = &(*p)->next) {
		struct query *q = *p;
		struct conn *conn = q->conn;

		if (q->id != id || q->type != type)
			continue;
		*p = q->next;
		free(q);
		return conn;
	}
	return NULL;
}

void query_forget(struct shim *s, const struct conn *conn)
{
	for (struct query **p = &s->queries.first; *p;) {
		struct query *q = *p;

		if (q->conn == conn) {
			*p = q->next;
			free(q);
		} else {
			p = &q->next;
		}
	}
}

static int stats_answered(struct shim *s, struct wire_view payload)
{
	cleanup_free char *text = NULL;
	struct conn *conn;
	uint32_t id;
	int r = link_stats_get(payload, &id, &s->queries.last_stats);

	if (r < 0)
		return r;
	conn = take(s, id, LINK_STATS);
	text = answer_stats_write(&s->queries.last_stats);
	if (conn)
		control_answer_text(conn, text);
	return 0;
}

static int limits_answered(struct shim *s, struct wire_view payload)
{
	struct conn *conn;
	struct err err;
	uint32_t id;
	int r = link_done_get(payload, &id, &err);

	if (r < 0)
		return r;
	conn = take(s, id, LINK_LIMITS);
	text_clean(err.msg);
	if (conn)
		control_answer(conn, err.code < 0 ? &err : NULL);
	return 0;
}

int query_answered(struct shim *s, enum link_type type, struct wire_view payload)
{
	cleanup_free struct link_proc *procs = NULL;
	cleanup_free char *text = NULL;
	struct conn *conn;
	uint32_t id;
	size_t n;
	int r;

	if (type == LINK_STATS)
		return stats_answered(s, payload);
	if (type == LINK_LIMITS)
		return limits_answered(s, payload);
	r = link_procs_get(payload, &id, &procs, &n);
	if (r < 0)
		return r;
	conn = take(s, id, LINK_PROCS);
	text = answer_procs_write(procs, n);
	if (conn)
		control_answer_text(conn, text);
	return 0;
}
