/* SPDX-License-Identifier: Apache-2.0 */
/* GET /images/get and its like.  All images are looked up before anything is sent, so that a
 * missing one is an ordinary error. */
#include <errno.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/http/written.h"

#define TYPE_TAR "application/x-tar"

static int save_write(void *arg, int fd, struct err *err)
{
	return store_save_write(arg, fd, err);
}

static void save_free(void *arg)
{
	store_save_end(arg);
}

static int reply_images(struct request *rq, struct reply *rp, char *const *names, struct err *err)
{
	static const struct writer writer = { save_write, save_free };
	const struct progress progress = { .cancelled = request_is_abandoned, .arg = rq };
	struct image_save in = { .names = names,
				 .progress = &progress,
				 .all_platforms = request_flag(rq, "allPlatforms", false) };
	struct platform platform;
	struct saving *saving;
	int r = names ? api_read_platform(rq, &platform, err)
		      : err_set(err, -EINVAL, "no image to save: give names");

	if (r > 0)
		in.platform = &platform;
	if (r > 0 && in.all_platforms)
		r = err_set(err, -EINVAL, "one platform and all platforms are asked for");
	if (r >= 0)
		r = store_save_begin(rq->api->store, &in, &saving, err);
	return r < 0 ? r : reply_written(rp, TYPE_TAR, &writer, saving, err);
}

int api_image_save(struct request *rq, struct reply *rp, struct err *err)
{
	char *const names[] = { rq->target, NULL };

	return reply_images(rq, rp, names, err);
}

int api_images_save(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_strv char **names = NULL;

	for (size_t i = 0; i < rq->n_query; i++)
		if (streq(rq->query[i].key, "names") && strv_add(&names, rq->query[i].value) < 0)
			return err_nomem(err);
	return reply_images(rq, rp, names, err);
}
