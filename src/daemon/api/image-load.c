/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /images/load.  The archive is the body, and a job reads it.  A job can report only when the
 * whole body has come: so the answer begins when the request has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/http/job.h"

struct load {
	struct api *api;
	int fd;			  /* the archive */
	struct platform platform; /* that the client asks for */
	bool one_platform, quiet;
};

static void load_free(void *arg)
{
	struct load *l = arg;

	fd_close(&l->fd);
	free(l);
}

static void say_loaded(struct job *job, const struct load *l, const char *name)
{
	bool id = str_starts(name, "sha256:") != NULL;
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *familiar = NULL;

	if (!id && reference_parse(name, &ref, NULL) == 0)
		familiar = reference_familiar(ref);
	job_say(job, json_pack("{s:o}", "stream",
			       json_sprintf("Loaded image%s: %s\n", id ? " ID" : "",
					    familiar ? familiar : name)));
	hub_publish(l->api->hub, "image", "load", name,
		    json_pack("{s:s}", "name", familiar ? familiar : name));
}

static int load_run(struct job *job, void *arg, struct err *err)
{
	struct load *l = arg;
	struct progress progress = job_progress(job);
	const struct image_load in = { .fd = l->fd,
				       .platform = l->one_platform ? &l->platform : NULL,
				       .progress = &progress };
	cleanup_strv char **names = NULL;
	int r;

	if (l->quiet)
		progress.report = NULL;
	r = store_load(l->api->store, &in, &names, err);
	/* A client that still sends must not wait for a reader. */
	fd_close(&l->fd);
	for (char **name = names; r == 0 && name && *name; name++)
		say_loaded(job, l, *name);
	return r;
}

static int read_load(const struct request *rq, struct load *l, struct err *err)
{
	int r = api_read_platform(rq, &l->platform, err);

	if (r < 0)
		return r;
	l->one_platform = r > 0;
	l->quiet = request_flag(rq, "quiet", false);
	l->fd = fcntl(rq->body_fd, F_DUPFD_CLOEXEC, 3);
	return l->fd < 0 ? err_errno(err, -errno, "take the body") : api_take_limits(rq->api, err);
}

int api_image_load(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct work work = { load_run, load_free };
	struct load *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return err_nomem(err);
	*l = (struct load){ .api = rq->api, .fd = -1 };
	r = read_load(rq, l, err);
	if (r < 0) {
		load_free(l);
		return r;
	}
	return job_reply(rq, rp, &work, l, err);
}
