/* SPDX-License-Identifier: Apache-2.0 */
/* Names are looked up before anything is sent, so that an unknown one is an ordinary error. */
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/http/written.h"

#define TYPE_TAR "application/x-tar"

struct save {
	struct store *store;
	char **names;
};

static int save_write(void *arg, int fd, struct err *err)
{
	const struct save *s = arg;

	return store_save(s->store, s->names, fd, err);
}

static void save_free(void *arg)
{
	struct save *s = arg;

	strv_free(s->names);
	free(s);
}

static int check_names(struct api *api, char *const *names, struct err *err)
{
	int r = 0;

	if (!names)
		return err_set(err, -EINVAL, "no image to save: give names");
	for (; r == 0 && *names; names++) {
		struct image *im = NULL;

		r = store_find(api->store, *names, &im, err);
		if (r == 0)
			image_free(im);
	}
	return r;
}

/* @names: taken over */
static int reply_images(struct request *rq, struct reply *rp, char **names, struct err *err)
{
	static const struct writer writer = { save_write, save_free };
	struct save *s = calloc(1, sizeof(*s));
	int r = s ? check_names(rq->api, names, err) : err_nomem(err);

	if (r < 0) {
		strv_free(names);
		free(s);
		return r;
	}
	*s = (struct save){ .store = rq->api->store, .names = names };
	return reply_written(rp, TYPE_TAR, &writer, s, err);
}

int api_image_save(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_strv char **names = NULL;

	if (strv_add(&names, rq->target) < 0)
		return err_nomem(err);
	return reply_images(rq, rp, take_ptr(names), err);
}

int api_images_save(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_strv char **names = NULL;

	for (size_t i = 0; i < rq->n_query; i++)
		if (streq(rq->query[i].key, "names") && strv_add(&names, rq->query[i].value) < 0)
			return err_nomem(err);
	return reply_images(rq, rp, take_ptr(names), err);
}
