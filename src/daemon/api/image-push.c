/* SPDX-License-Identifier: Apache-2.0 */
/* POST /images/NAME/push: to the registry that the name says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/http/auth.h"
#include "daemon/http/job.h"

struct push {
	struct api *api;
	struct reference *ref;
	char **tags; /* of the repository, to be pushed */
	bool all_platforms;
	struct credentials credentials;
	struct settings *settings;
	struct registry_access access;
};

static void push_free(void *arg)
{
	struct push *p = arg;

	reference_free(p->ref);
	strv_free(p->tags);
	credentials_reset(&p->credentials);
	settings_unref(p->settings);
	free(p);
}

static int push_tag(struct job *job, struct push *p, const char *tag, struct err *err)
{
	struct registry_auth auth;
	struct image_push in = { .ref = p->ref,
				 .all_platforms = p->all_platforms,
				 .access = p->access };
	struct progress progress = job_progress(job);
	cleanup_free char *familiar = NULL;
	struct pushed done;
	int r;

	free(p->ref->tag);
	p->ref->tag = strdup(tag);
	familiar = reference_familiar(p->ref);
	if (!p->ref->tag || !familiar)
		return err_nomem(err);
	in.access.auth = registry_auth_of(&p->credentials, &auth);
	r = store_push(p->api->store, &in, &progress, &done, err);
	if (r < 0)
		return r;
	job_say(job, json_pack("{s:{}, s:{s:s, s:s, s:I}}", "progressDetail", "aux", "Tag", tag,
			       "Digest", done.digest.text, "Size", (json_int_t)done.size_bytes));
	hub_publish(p->api->hub, "image", "push", familiar, json_pack("{s:s}", "name", familiar));
	return 0;
}

static int push_run(struct job *job, void *arg, struct err *err)
{
	struct push *p = arg;
	int r = 0;

	for (char **tag = p->tags; r == 0 && *tag; tag++)
		r = push_tag(job, p, *tag, err);
	return r;
}

/* Lists all tags of the repository that are here. */
static int list_tags(struct push *p, struct err *err)
{
	cleanup_free char *repository = str_printf("%s/%s:", p->ref->registry, p->ref->repository);
	struct image **list;
	size_t n;
	int r = repository ? store_list(p->api->store, &list, &n, err) : err_nomem(err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < n; i++)
		for (char **tag = list[i]->tags; r == 0 && tag && *tag; tag++)
			if (str_starts(*tag, repository))
				r = strv_add(&p->tags, str_starts(*tag, repository));
	image_list_free(list, n);
	if (r < 0)
		return err_nomem(err);
	if (!p->tags)
		return err_set(err, -ENOENT, "no image here has a tag of %.*s",
			       (int)strlen(repository) - 1, repository);
	return 0;
}

/* The name has no tag, as in docker: the parameter "tag" has it, and without it all tags are
 * pushed. */
static int read_push(const struct request *rq, struct push *p, struct err *err)
{
	const char *tag = request_arg(rq, "tag");
	cleanup_free char *name =
		tag && *tag ? str_printf("%s:%s", rq->target, tag) : strdup(rq->target);
	int r = name ? reference_parse(name, &p->ref, err) : err_nomem(err);

	if (r == 0 && digest_is_set(&p->ref->digest))
		r = err_set(err, -EINVAL, "an image is pushed under a tag, not under a digest");
	p->all_platforms = request_flag(rq, "allPlatforms", false);
	if (r == 0)
		r = api_registry_access(rq, &p->settings, &p->access, err);
	if (r == 0)
		r = credentials_parse(rq->registry_auth, &p->credentials, err);
	if (r < 0)
		return r;
	if (!tag || !*tag)
		return list_tags(p, err);
	return strv_add(&p->tags, p->ref->tag) < 0 ? err_nomem(err) : 0;
}

int api_image_push(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct work work = { push_run, push_free };
	struct push *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return err_nomem(err);
	p->api = rq->api;
	r = read_push(rq, p, err);
	if (r < 0) {
		push_free(p);
		return r;
	}
	return job_reply(rq, rp, &work, p, err);
}
