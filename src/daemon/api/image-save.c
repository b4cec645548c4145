/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A thread writes the archive into a pipe, whose other end is the body of the
 * reply: neither is kept in memory, and a client that goes away breaks the pipe, which ends the
 * thread.  Names are looked up before, so that an unknown one is an ordinary error.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/api/api.h"

#define TYPE_TAR "application/x-tar"

struct save {
	struct daemon *d;
	char **names;
	pthread_t thread;
	int in, out; /* of the pipe; the thread closes @in */
	int result;
};

static void *run(void *arg)
{
	struct save *s = arg;
	struct err err = { 0 };

	s->result = store_save(s->d->store, s->names, s->in, &err);
	if (s->result < 0 && s->result != -EPIPE)
		log_warning("image save: %s", err.msg);
	close(s->in);
	return NULL;
}

static ssize_t save_read(void *arg, char *data, size_t max)
{
	struct save *s = arg;
	ssize_t n;

	do
		n = read(s->out, data, max);
	while (n < 0 && errno == EINTR);
	if (n != 0)
		return n < 0 ? -errno : n;
	return __atomic_load_n(&s->result, __ATOMIC_ACQUIRE) < 0 ? -EIO : 0;
}

static void save_free(void *arg)
{
	struct save *s = arg;

	close(s->out);
	pthread_join(s->thread, NULL);
	strv_free(s->names);
	free(s);
}

static int begin(struct save *s)
{
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	s->out = fds[0];
	s->in = fds[1];
	r = thread_start(&s->thread, run, s);
	if (r < 0) {
		close(fds[0]);
		close(fds[1]);
	}
	return r;
}

static int check_names(struct daemon *d, char *const *names, struct err *err)
{
	int r = 0;

	if (!names)
		return err_set(err, -EINVAL, "no image to save: give names");
	for (; r == 0 && *names; names++) {
		struct image *im = NULL;

		r = store_find(d->store, *names, &im, err);
		if (r == 0)
			image_free(im);
	}
	return r;
}

/* @names: taken over */
static int save(struct request *rq, struct reply *rp, char **names, struct err *err)
{
	static const struct stream stream = { save_read, save_free };
	struct save *s = calloc(1, sizeof(*s));
	int r = s ? check_names(rq->daemon, names, err) : -ENOMEM;

	if (r == 0) {
		*s = (struct save){ .d = rq->daemon, .names = names };
		r = begin(s);
	}
	if (r < 0) {
		strv_free(names);
		free(s);
		return r;
	}
	return reply_stream(rp, TYPE_TAR, &stream, s);
}

int api_image_save(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_strv char **names = NULL;

	if (strv_add(&names, rq->target) < 0)
		return -ENOMEM;
	return save(rq, rp, take_ptr(names), err);
}

int api_images_save(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_strv char **names = NULL;

	for (size_t i = 0; i < rq->n_query; i++)
		if (streq(rq->query[i].key, "names") && strv_add(&names, rq->query[i].value) < 0)
			return -ENOMEM;
	return save(rq, rp, take_ptr(names), err);
}
