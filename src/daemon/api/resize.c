/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/clock.h"
#include "base/str.h"
#include "control/client.h"
#include "daemon/api/api.h"
#include "daemon/container/transition.h"

#define LAUNCH_MSEC 10000u
#define WAIT_MSEC   1000

static int read_size(const struct request *rq, uint32_t *ret_rows, uint32_t *ret_columns,
		     struct err *err)
{
	const char *h = request_arg(rq, "h"), *w = request_arg(rq, "w");

	if (!h || !w || str_to_u32(h, ret_rows) < 0 || str_to_u32(w, ret_columns) < 0 ||
	    *ret_rows > UINT16_MAX || *ret_columns > UINT16_MAX)
		return err_set(err, -EINVAL, "\"h\" and \"w\" must be numbers up to 65535");
	return 0;
}

static int resize(struct request *rq, struct container *c, const char *target, struct err *err)
{
	struct shim_call call = { .containers_fd = rq->daemon->containers.dir_fd,
				  .id = c->rec.id,
				  .send_fd = -1,
				  .timeout_msec = SHIM_TIMEOUT_MSEC };
	uint32_t rows, columns;
	bool shim;
	int r = read_size(rq, &rows, &columns, err);

	if (r < 0)
		return r;
	pthread_mutex_lock(&rq->daemon->containers.lock);
	shim = c->shim;
	pthread_mutex_unlock(&rq->daemon->containers.lock);
	if (!shim)
		return err_set(err, -EBUSY,
			       "cannot resize a stopped container: container %s is not "
			       "running",
			       c->rec.id);
	call.request = json_pack("{s:s, s:s, s:i, s:i}", "op", "resize", "target", target, "rows",
				 (int)rows, "columns", (int)columns);
	return shim_request(&call, NULL, err);
}

int api_container_resize(struct request *rq, struct reply *rp, struct err *err)
{
	struct container *c;
	int r = containers_find(&rq->daemon->containers, rq->target, &c, err);

	if (r < 0)
		return r;
	r = resize(rq, c, "", err);
	if (r == 0)
		container_publish(c, "resize",
				  json_pack("{s:s, s:s}", "height", request_arg(rq, "h"), "width",
					    request_arg(rq, "w")));
	container_unref(c);
	return r < 0 ? r : reply_empty(rp, 200);
}

static bool is_launching(struct daemon *d, const struct container *c, const char *id)
{
	const struct exec *e;
	bool launching;

	pthread_mutex_lock(&d->containers.lock);
	e = container_exec(c, id);
	launching = e && e->started && !e->launched;
	pthread_mutex_unlock(&d->containers.lock);
	return launching;
}

/* A client tells the size as soon as it has read that its exec starts: the shim is about to hear of
 * that. */
static int await_launch(struct request *rq, const struct container *c)
{
	cleanup_hub_sub struct hub_sub *sub = NULL;
	uint64_t end = clock_mono_usec() + LAUNCH_MSEC * USEC_PER_MSEC;
	int r = hub_subscribe(rq->daemon->hub, &sub);

	while (r == 0 && is_launching(rq->daemon, c, rq->target) && clock_mono_usec() < end)
		r = hub_wait(sub, rq->client_fd, WAIT_MSEC) < 0 ? -EPIPE : 0;
	return r;
}

int api_exec_resize(struct request *rq, struct reply *rp, struct err *err)
{
	struct container *c;
	int r = containers_find_exec(&rq->daemon->containers, rq->target, &c, err);

	if (r < 0)
		return r;
	r = await_launch(rq, c);
	if (r == 0)
		r = resize(rq, c, rq->target, err);
	container_unref(c);
	return r < 0 ? r : reply_empty(rp, 200);
}
