/* SPDX-License-Identifier: Apache-2.0 */
#include "link/query.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "link/setup.h"

int link_question_put(struct buf *b, uint32_t id)
{
	return wire_put_u32(b, id);
}

int link_question_get(struct wire_view payload, uint32_t *ret_id)
{
	uint32_t id;

	if (wire_get_u32(&payload, &id) < 0 || payload.len > 0)
		return -EBADMSG;
	*ret_id = id;
	return 0;
}

#define AT(name) offsetof(struct link_stats, name)

/* The order in which the answer to STATS has them; a guest of an older moat ends after the first
 * STATS_LEAST, and the rest is 0 then. */
#define STATS_LEAST 11
static const size_t stats_places[] = { AT(cpu_usec),
				       AT(cpu_user_usec),
				       AT(cpu_system_usec),
				       AT(memory_bytes),
				       AT(memory_limit_bytes),
				       AT(memory_cache_bytes),
				       AT(pids),
				       AT(pids_limit),
				       AT(read_bytes),
				       AT(write_bytes),
				       AT(memory_file_bytes),
				       AT(periods),
				       AT(throttled_periods),
				       AT(throttled_usec) };

int link_stats_put(struct buf *b, uint32_t id, const struct link_stats *s)
{
	int r = wire_put_u32(b, id);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(stats_places); i++)
		r = wire_put_u64(b, *(const uint64_t *)((const char *)s + stats_places[i]));
	return r;
}

int link_stats_get(struct wire_view payload, uint32_t *ret_id, struct link_stats *ret)
{
	struct link_stats s = { 0 };
	uint32_t id;

	if (wire_get_u32(&payload, &id) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < ARRAY_SIZE(stats_places); i++) {
		uint64_t *value = (uint64_t *)((char *)&s + stats_places[i]);

		if (i == STATS_LEAST && payload.len == 0)
			break;
		/* jansson's integers are signed */
		if (wire_get_u64(&payload, value) < 0 || *value > INT64_MAX)
			return -EBADMSG;
	}
	if (payload.len > 0)
		return -EBADMSG;
	*ret_id = id;
	*ret = s;
	return 0;
}

static int put_proc(struct buf *b, const struct link_proc *p)
{
	if (wire_put_u32(b, p->pid) < 0 || wire_put_u32(b, p->ppid) < 0 ||
	    wire_put_u32(b, p->uid) < 0 || wire_put_u64(b, p->age_usec) < 0 ||
	    wire_put_u64(b, p->cpu_usec) < 0 || wire_put_u64(b, p->virtual_bytes) < 0 ||
	    wire_put_u64(b, p->resident_bytes) < 0 || wire_put_u32(b, p->memory_permille) < 0 ||
	    wire_put_str(b, p->state) < 0 || wire_put_str(b, p->name) < 0)
		return -ENOMEM;
	return wire_put_str(b, p->command);
}

int link_procs_put(struct buf *b, uint32_t id, const struct link_proc *procs, size_t n)
{
	int r = wire_put_u32(b, id) < 0 ? -ENOMEM : wire_put_u32(b, (uint32_t)n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = put_proc(b, &procs[i]);
	return r;
}

/* @max: text without the zero byte, for which @ret has room, too */
static int get_text(struct wire_view *v, size_t max, char *ret)
{
	struct wire_view text;

	if (wire_get_bytes(v, &text) < 0 || text.len > max)
		return -EBADMSG;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = ((const unsigned char *)text.data)[i];

		ret[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	ret[text.len] = '\0';
	return 0;
}

static int get_proc(struct wire_view *v, struct link_proc *ret)
{
	if (wire_get_u32(v, &ret->pid) < 0 || wire_get_u32(v, &ret->ppid) < 0 ||
	    wire_get_u32(v, &ret->uid) < 0 || wire_get_u64(v, &ret->age_usec) < 0 ||
	    wire_get_u64(v, &ret->cpu_usec) < 0 || wire_get_u64(v, &ret->virtual_bytes) < 0 ||
	    wire_get_u64(v, &ret->resident_bytes) < 0 ||
	    wire_get_u32(v, &ret->memory_permille) < 0 ||
	    get_text(v, LINK_STATE_MAX, ret->state) < 0 ||
	    get_text(v, LINK_NAME_MAX, ret->name) < 0 ||
	    get_text(v, LINK_COMMAND_MAX, ret->command) < 0)
		return -EBADMSG;
	return ret->age_usec > INT64_MAX / 1000 || ret->cpu_usec > INT64_MAX / 1000 ||
			       ret->virtual_bytes > INT64_MAX || ret->resident_bytes > INT64_MAX
		       ? -EBADMSG
		       : 0;
}

int link_procs_get(struct wire_view payload, uint32_t *ret_id, struct link_proc **ret,
		   size_t *ret_n)
{
	cleanup_free struct link_proc *procs = NULL;
	uint32_t id, n;

	if (wire_get_u32(&payload, &id) < 0 || wire_get_u32(&payload, &n) < 0 || n > LINK_PROCS_MAX)
		return -EBADMSG;
	procs = calloc((size_t)n + 1, sizeof(*procs));
	if (!procs)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		if (get_proc(&payload, &procs[i]) < 0)
			return -EBADMSG;
	if (payload.len > 0)
		return -EBADMSG;
	*ret_id = id;
	*ret_n = n;
	*ret = take_ptr(procs);
	return 0;
}

int link_limits_put(struct buf *b, uint32_t id, char *const *settings)
{
	int r = wire_put_u32(b, id);

	return r < 0 ? r : wire_put_strv(b, settings);
}

int link_limits_get(struct wire_view payload, uint32_t *ret_id, char ***ret)
{
	cleanup_strv char **settings = NULL;
	uint32_t id;
	int r;

	wire_get_u32(&payload, &id);
	wire_get_strv(&payload, &settings);
	r = wire_end(&payload);
	if (r < 0)
		return r;
	*ret_id = id;
	*ret = take_ptr(settings);
	return 0;
}

int link_done_put(struct buf *b, uint32_t id, const struct err *err)
{
	int r = wire_put_u32(b, id);

	return r < 0 || err->code == 0 ? r : link_failed_put(b, err);
}

int link_done_get(struct wire_view payload, uint32_t *ret_id, struct err *ret)
{
	uint32_t id;

	if (wire_get_u32(&payload, &id) < 0)
		return -EBADMSG;
	if (payload.len == 0)
		*ret = (struct err){ 0 };
	else if (link_failed_get(payload, ret) < 0)
		return -EBADMSG;
	*ret_id = id;
	return 0;
}
