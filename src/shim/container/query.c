/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/container/query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "shim/container/text.h"
#include "shim/control.h"
#include "shim/machine/setup.h"
#include "shim/shim.h"

/* Room in a packet for what may be twice as long when it is escaped. */
#define PROCS_BUDGET (REQUEST_MAX_BYTES - 4096)

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

char *query_last_stats(const struct shim *s)
{
	const struct link_stats *n = &s->queries.last_stats;
	cleanup_json json_t *obj = json_pack(
		"{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "ok", 1, "cpu_usec",
		(json_int_t)n->cpu_usec, "cpu_user_usec", (json_int_t)n->cpu_user_usec,
		"cpu_system_usec", (json_int_t)n->cpu_system_usec, "memory_bytes",
		(json_int_t)n->memory_bytes, "memory_limit_bytes",
		(json_int_t)n->memory_limit_bytes, "memory_cache_bytes",
		(json_int_t)n->memory_cache_bytes, "pids", (json_int_t)n->pids, "pids_limit",
		(json_int_t)n->pids_limit, "read_bytes", (json_int_t)n->read_bytes, "write_bytes",
		(json_int_t)n->write_bytes);

	return obj ? json_write(obj) : NULL;
}

static char *procs_text(const struct link_proc *procs, size_t n)
{
	cleanup_json json_t *list = json_array(), *obj = NULL;
	size_t used = 0;

	for (size_t i = 0; list && i < n; i++) {
		const struct link_proc *p = &procs[i];

		used += 2 * strlen(p->command) + 128;
		if (used > PROCS_BUDGET)
			break;
		json_array_append_new(
			list, json_pack("{s:I, s:I, s:I, s:I, s:I, s:s}", "pid", (json_int_t)p->pid,
					"ppid", (json_int_t)p->ppid, "uid", (json_int_t)p->uid,
					"age_usec", (json_int_t)p->age_usec, "cpu_usec",
					(json_int_t)p->cpu_usec, "command", p->command));
	}
	obj = json_pack("{s:b, s:O}", "ok", 1, "processes", list);
	return obj ? json_write(obj) : NULL;
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
	text = query_last_stats(s);
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
	text = procs_text(procs, n);
	if (conn)
		control_answer_text(conn, text);
	return 0;
}
