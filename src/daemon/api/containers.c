/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>

#include "base/json-object.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/create.h"
#include "daemon/container/name.h"
#include "daemon/container/pause.h"
#include "daemon/container/remove.h"
#include "daemon/container/start.h"
#include "daemon/container/stop.h"
#include "daemon/container/table.h"
#include "daemon/container/update.h"
#include "daemon/spec/signals.h"

int api_container_create(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(create_notes_reset) struct create_notes notes = { 0 };
	cleanup_container struct container *c = NULL;
	cleanup_json json_t *body = NULL;
	struct create_request create = {
		.name = request_arg(rq, "name"),
		.platform = request_arg(rq, "platform"),
	};
	int r = request_json(rq, &body, err);

	if (r < 0)
		return r;
	create.body = body;
	r = container_create(rq->api->containers, &create, &c, &notes, err);
	if (r < 0)
		return r;
	return reply_json(
		rp, 201,
		JSON_OBJECT(member_text("Id", c->rec.id),
			    member_json("Warnings", json_from_strv(notes.warnings)),
			    member_optional("Moat", notes.lacks_kernel
							    ? json_pack("{s:b}", "LacksKernel", 1)
							    : NULL)),
		err);
}

/* Finds the container that a request is about.  @ret: a reference. */
static int find_container(struct request *rq, struct container **ret, struct err *err)
{
	return containers_find(rq->api->containers, rq->target, ret, err);
}

/* @r: of what was asked for */
static int reply_done(struct reply *rp, int r)
{
	return r < 0 ? r : reply_empty(rp, 204);
}

int api_container_start(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_container struct container *c = NULL;
	int r = find_container(rq, &c, err);

	if (r == 0)
		r = container_start(c, err);
	/* Only the first start is warned of what keeps containers from the outside. */
	if (r == 0 && (rp->header_value = networks_warning(rq->api->networks, true)))
		rp->header = "Moat-Warning";
	return reply_done(rp, r);
}

/* Reads "t" in seconds; without it the container's own timeout counts. */
static int read_timeout(const struct request *rq, const struct container *c, int *ret,
			struct err *err)
{
	const char *text = request_arg(rq, "t");
	uint32_t seconds;

	*ret = c->stop_timeout_sec;
	if (!text || !*text)
		return 0;
	if (text[0] == '-' && str_to_u32(text + 1, &seconds) == 0) {
		*ret = -1;
		return 0;
	}
	if (str_to_u32(text, &seconds) < 0)
		return err_set(err, -EINVAL, "invalid value for \"t\": %s", text);
	*ret = seconds > 86400 * 7 ? 86400 * 7 : (int)seconds;
	return 0;
}

int api_container_stop(struct request *rq, struct reply *rp, struct err *err)
{
	const char *signal = request_arg(rq, "signal");
	int timeout, signo = 0, r = signal && *signal ? signal_parse(signal, &signo, err) : 0;
	cleanup_container struct container *c = NULL;

	if (r == 0)
		r = find_container(rq, &c, err);
	if (r == 0)
		r = read_timeout(rq, c, &timeout, err);
	if (r == 0)
		r = container_stop(c, signo, timeout, err);
	return reply_done(rp, r);
}

int api_container_kill(struct request *rq, struct reply *rp, struct err *err)
{
	const char *signal = request_arg(rq, "signal");
	int signo = SIGKILL, r = signal && *signal ? signal_parse(signal, &signo, err) : 0;
	cleanup_container struct container *c = NULL;

	if (r == 0)
		r = find_container(rq, &c, err);
	return r < 0 ? r : reply_done(rp, container_kill(c, signo, err));
}

int api_container_pause(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_container struct container *c = NULL;
	int r = find_container(rq, &c, err);

	return r < 0 ? r : reply_done(rp, container_pause(c, err));
}

int api_container_unpause(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_container struct container *c = NULL;
	int r = find_container(rq, &c, err);

	return r < 0 ? r : reply_done(rp, container_unpause(c, err));
}

int api_container_restart(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_container struct container *c = NULL;
	int timeout, r = find_container(rq, &c, err);

	if (r == 0)
		r = read_timeout(rq, c, &timeout, err);
	if (r == 0)
		r = container_restart(c, timeout, err);
	return reply_done(rp, r);
}

int api_container_rename(struct request *rq, struct reply *rp, struct err *err)
{
	const char *name = request_arg(rq, "name");
	cleanup_container struct container *c = NULL;
	int r = find_container(rq, &c, err);

	if (r < 0)
		return r;
	r = name && *name ? container_rename(c, name, err)
			  : err_set(err, -EINVAL, "Neither old nor new names may be empty");
	return reply_done(rp, r);
}

int api_container_update(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_json json_t *body = NULL;
	cleanup_strv char **warnings = NULL;
	cleanup_container struct container *c = NULL;
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = find_container(rq, &c, err);
	if (r == 0)
		r = container_update(c, body, &warnings, err);
	return r < 0 ? r
		     : reply_json(rp, 200,
				  JSON_OBJECT(member_json("Warnings", json_from_strv(warnings))),
				  err);
}

int api_container_remove(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_container struct container *c = NULL;
	int r = find_container(rq, &c, err);

	if (r < 0)
		return r;
	if (request_flag(rq, "link", false))
		r = err_set(err, -EOPNOTSUPP, "moat does not support links");
	else
		r = container_remove(c, request_flag(rq, "force", false),
				     request_flag(rq, "v", false), err);
	return reply_done(rp, r);
}
