/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/container/query.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "control/answer.h"
#include "shim/container/containers.h"
#include "shim/machine/cpu.h"
#include "shim/text.h"

/* The connection that asked is gone: its question is forgotten, and an answer that still comes
 * is dropped. */
static void forget_question(void *arg, struct conn *conn)
{
	struct container *c = arg;

	for (struct query **p = &c->queries.first; *p;) {
		struct query *q = *p;

		if (q->conn == conn) {
			*p = q->next;
			free(q);
		} else {
			p = &q->next;
		}
	}
}

int query_note(struct container *c, struct conn *conn, enum link_type type)
{
	struct query *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	*q = (struct query){ c->queries.first, conn, c->queries.last_id, type };
	c->queries.first = q;
	server_wait(conn, forget_question, c);
	return 0;
}

static int send_question(struct container *c, enum link_type type, char *const *settings)
{
	cleanup(buf_reset) struct buf payload = BUF_INIT;
	const struct link_header h = { .type = type, .container = c->number };
	uint32_t id = ++c->queries.last_id;
	int r = type == LINK_LIMITS ? link_limits_put(&payload, id, settings)
				    : link_question_put(&payload, id);

	return r < 0 ? r : link_send(guest_link(c->all->life->guest), h, payload.data, payload.len);
}

int query_ask(struct container *c, struct conn *conn, enum link_type type, char *const *settings)
{
	int r = send_question(c, type, settings);

	return r == 0 ? query_note(c, conn, type) : r;
}

int query_freeze(struct container *c, bool on)
{
	static char freeze[] = "cgroup.freeze=1", thaw[] = "cgroup.freeze=0";
	char *const settings[] = { on ? freeze : thaw, NULL };
	int r = send_question(c, LINK_LIMITS, settings);

	c->queries.freeze_id = on && r == 0 ? c->queries.last_id : 0;
	return r;
}

/* Finds the connection that asked.  @ret: NULL when it is gone.  Return: 0; -EBADMSG where nobody
 * ever asked this. */
static int take_asker(struct container *c, uint32_t id, enum link_type type, struct conn **ret)
{
	*ret = NULL;
	if (id == 0 || id > c->queries.last_id)
		return -EBADMSG;
	for (struct query **p = &c->queries.first; *p; p = &(*p)->next) {
		struct query *q = *p;

		if (q->id != id || q->type != type)
			continue;
		*ret = q->conn;
		*p = q->next;
		free(q);
		break;
	}
	return 0;
}

char *query_stats_text(const struct container *c)
{
	struct link_stats stats = c->queries.last_stats;

	cpu_charge(&stats, cpu_since_lease(c->all->life));
	return answer_stats_write(&stats);
}

static int stats_answered(struct container *c, struct wire_view payload)
{
	cleanup_free char *text = NULL;
	struct conn *conn;
	uint32_t id;
	int r = link_stats_get(payload, &id, &c->queries.last_stats);

	if (r == 0)
		r = take_asker(c, id, LINK_STATS, &conn);
	if (r < 0)
		return r;
	text = query_stats_text(c);
	if (conn)
		server_answer_text(conn, text);
	return 0;
}

int query_done(struct container *c, uint32_t id, enum link_type type, const struct err *err)
{
	struct conn *conn;
	int r = take_asker(c, id, type, &conn);

	if (r == 0 && conn)
		server_answer(conn, err->code < 0 ? err : NULL);
	return r;
}

static int limits_answered(struct container *c, struct wire_view payload)
{
	struct err err;
	uint32_t id;
	int r = link_done_get(payload, &id, &err);

	if (r < 0)
		return r;
	if (id > 0 && id == c->queries.freeze_id) {
		c->queries.freeze_id = 0;
		c->all->frozen(c->all->arg, err.code == 0);
		return 0;
	}
	text_clean(err.msg);
	return query_done(c, id, LINK_LIMITS, &err);
}

int query_answered(struct container *c, enum link_type type, struct wire_view payload)
{
	cleanup_free struct link_proc *procs = NULL;
	cleanup_free char *text = NULL;
	struct conn *conn;
	uint32_t id;
	size_t n;
	int r;

	if (type == LINK_STATS)
		return stats_answered(c, payload);
	if (type == LINK_LIMITS)
		return limits_answered(c, payload);
	if (type == LINK_NETWORK)
		return network_answered(c, payload);
	r = link_procs_get(payload, &id, &procs, &n);
	if (r == 0)
		r = take_asker(c, id, LINK_PROCS, &conn);
	if (r < 0)
		return r;
	text = answer_procs_write(procs, n);
	if (conn)
		server_answer_text(conn, text);
	return 0;
}

void queries_reset(struct queries *q)
{
	while (q->first)
		server_forget(q->first->conn);
}
