/* SPDX-License-Identifier: Apache-2.0 */
/* POST /images/create: pull from a registry, or import a root filesystem from the body. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/http/auth.h"
#include "daemon/http/job.h"

DEFINE_CLEANUP(struct image, image_free)
#define cleanup_image cleanup(image_free_cleanup_fn)

struct pull {
	struct api *api;
	struct reference *ref;
	bool all_tags;
	struct platform platform;
	uint32_t max_downloads;
	bool all_platforms;
	char *verify_key;
	struct credentials credentials;
	struct settings *settings;
	struct registry_access access;
};

static void pull_free(void *arg)
{
	struct pull *p = arg;

	reference_free(p->ref);
	credentials_reset(&p->credentials);
	settings_unref(p->settings);
	free(p->verify_key);
	free(p);
}

static int pull_one(const struct pull *p, const struct reference *ref,
		    const struct progress *progress, struct err *err)
{
	cleanup_free char *familiar = reference_familiar(ref);
	const struct image_pull in = {
		.ref = ref,
		.platform = &p->platform,
		.all_platforms = p->all_platforms,
		.access = p->access,
		.max_downloads = p->max_downloads,
		.verify_key = p->verify_key,
	};
	cleanup_image struct image *im = NULL;
	int r = familiar ? store_pull(p->api->store, &in, progress, &im, err) : err_nomem(err);

	if (r < 0)
		return r;
	hub_publish(p->api->hub, "image", "pull", familiar, json_pack("{s:s}", "name", familiar));
	return 0;
}

/* As docker does where a name comes without a tag. */
static int pull_all_tags(const struct pull *p, const struct progress *progress, struct err *err)
{
	cleanup_strv char **tags = NULL;
	int r = registry_tags(p->ref, &p->access, progress, &tags, err);

	for (char **tag = tags; r == 0 && *tag; tag++) {
		cleanup_reference struct reference *ref = NULL;
		cleanup_free char *name =
			str_printf("%s/%s:%s", p->ref->registry, p->ref->repository, *tag);

		r = name ? reference_parse(name, &ref, err) : err_nomem(err);
		if (r == 0)
			r = pull_one(p, ref, progress, err);
	}
	return r;
}

static int pull_run(struct job *job, void *arg, struct err *err)
{
	struct pull *p = arg;
	struct progress progress = job_progress(job);
	struct registry_auth auth;

	p->access.auth = registry_auth_of(&p->credentials, &auth);
	store_set_limits(p->api->store, &p->settings->image_limits);
	return p->all_tags ? pull_all_tags(p, &progress, err) : pull_one(p, p->ref, &progress, err);
}

static char *full_name(const char *image, const char *tag)
{
	if (!tag || !*tag)
		return strdup(image);
	return str_printf(strchr(tag, ':') ? "%s@%s" : "%s:%s", image, tag);
}

static int read_platform(const struct request *rq, struct platform *ret, struct err *err)
{
	int r;

	*ret = platform_host();
	r = api_read_platform(rq, ret, err);
	return r < 0 ? r : 0;
}

static int read_downloads(const struct request *rq, uint32_t *ret, struct err *err)
{
	const char *text = request_arg(rq, "maxConcurrentDownloads");

	if (!text || !*text)
		return 0;
	if (str_to_u32(text, ret) < 0 || *ret == 0 || *ret > PULL_DOWNLOADS_MAX)
		return err_set(err, -EINVAL,
			       "invalid number of downloads at a time \"%.20s\": it is 1 to %d",
			       text, PULL_DOWNLOADS_MAX);
	return 0;
}

static int read_key(const struct request *rq, char **ret, struct err *err)
{
	const char *pem = request_arg(rq, "verifyKey");

	if (!pem)
		return 0;
	*ret = strdup(pem);
	return *ret ? 0 : err_nomem(err);
}

/* Does a name end in a tag, as it stands? */
static bool has_tag(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon && !strchr(colon, '/');
}

static int read_pull(const struct request *rq, const char *image, struct pull *p, struct err *err)
{
	cleanup_free char *name = full_name(image, request_arg(rq, "tag"));
	int r = name ? reference_parse(name, &p->ref, err) : err_nomem(err);

	if (r == 0)
		r = read_platform(rq, &p->platform, err);
	if (r == 0)
		r = read_downloads(rq, &p->max_downloads, err);
	if (r == 0)
		r = read_key(rq, &p->verify_key, err);
	p->all_platforms = request_flag(rq, "allPlatforms", false);
	p->all_tags = r == 0 && !digest_is_set(&p->ref->digest) && !has_tag(name);
	if (r == 0)
		r = api_registry_access(rq, &p->settings, &p->access, err);
	if (r == 0)
		r = credentials_parse(rq->registry_auth, &p->credentials, err);
	return r;
}

static int reply_pull(struct request *rq, struct reply *rp, const char *image, struct err *err)
{
	static const struct work work = { pull_run, pull_free };
	struct pull *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return err_nomem(err);
	p->api = rq->api;
	r = read_pull(rq, image, p, err);
	if (r < 0) {
		pull_free(p);
		return r;
	}
	return job_reply(rq, rp, &work, p, err);
}

static int reply_import(struct request *rq, struct reply *rp, struct err *err)
{
	const char *repo = request_arg(rq, "repo");
	cleanup_free char *name = repo && *repo ? full_name(repo, request_arg(rq, "tag")) : NULL;
	cleanup_reference struct reference *ref = NULL;
	cleanup_json json_t *config = json_object();
	cleanup_image struct image *im = NULL;
	const char *message = request_arg(rq, "message");
	struct platform platform;
	const struct progress progress = { .cancelled = request_is_abandoned, .arg = rq };
	struct image_import in = {
		.fd = rq->body_fd,
		.platform = &platform,
		.config = config,
		.comment = message && *message ? message : NULL,
		.progress = &progress,
	};
	int r = name ? reference_parse(name, &ref, err) : 0;

	in.ref = ref;
	if (r == 0)
		r = read_platform(rq, &platform, err);
	if (r == 0)
		r = config ? api_read_changes(rq, config, err) : err_nomem(err);
	if (r == 0)
		r = api_take_limits(rq->api, err);
	if (r == 0)
		r = store_import(rq->api->store, &in, &im, err);
	if (r < 0)
		return r;
	hub_publish(rq->api->hub, "image", "import", im->config.text,
		    json_pack("{s:s}", "name", name ? name : im->config.text));
	return reply_json(rp, 200, json_pack("{s:s}", "status", im->config.text), err);
}

int api_image_create(struct request *rq, struct reply *rp, struct err *err)
{
	const char *image = request_arg(rq, "fromImage"), *src = request_arg(rq, "fromSrc");

	if (image && *image)
		return reply_pull(rq, rp, image, err);
	if (src && streq(src, "-"))
		return reply_import(rq, rp, err);
	if (src && *src)
		return err_set(err, -EOPNOTSUPP,
			       "moat imports from the request's body only (fromSrc=-)");
	return err_set(err, -EINVAL, "fromImage or fromSrc must be given");
}
