/* SPDX-License-Identifier: Apache-2.0 */
/* POST /commit: an image out of a container. */
#include <errno.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/stored.h"
#include "daemon/container/table.h"
#include "daemon/container/transition.h"
#include "daemon/files/files.h"
#include "oci/instruction.h"

DEFINE_CLEANUP(struct image, image_free)
#define cleanup_image cleanup(image_free_cleanup_fn)

/* Members of Config that an image keeps; the others are the container's own. */
static const char *const kept[] = { "User",	  "ExposedPorts", "Env",	"Entrypoint",
				    "Cmd",	  "Volumes",	  "WorkingDir", "Labels",
				    "StopSignal", "Healthcheck",  "Shell",	"OnBuild" };

static int take_members(const json_t *from, json_t *to, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		json_t *value = json_object_get(from, kept[i]);
		const char *text = json_string_value(value);

		if (!value || json_is_null(value) || (text && !*text))
			continue;
		if (json_object_set(to, kept[i], value) < 0)
			return err_nomem(err);
	}
	return 0;
}

/* Lays the request's configuration over the container's; docker's client sends none. */
static int read_given_config(const struct request *rq, json_t *config, struct err *err)
{
	cleanup_json json_t *body = NULL;
	int r = 0;

	if (rq->body.len > 0)
		r = json_read(rq->body.data, rq->body.len, "the request's body", &body, err);
	if (r == 0 && body && !json_is_null(body) && !json_is_object(body))
		return err_set(err, -EBADMSG, "the request's body must be a JSON object");
	return r < 0 ? r : take_members(body, config, err);
}

int api_read_changes(const struct request *rq, json_t *config, struct err *err)
{
	cleanup_strv char **lines = NULL;

	for (size_t i = 0; i < rq->n_query; i++)
		if (streq(rq->query[i].key, "changes") && strv_add(&lines, rq->query[i].value) < 0)
			return err_nomem(err);
	return oci_instructions_apply(config, lines, err);
}

static int make_config(struct request *rq, const struct container *c, json_t **ret, struct err *err)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	cleanup_json json_t *config = json_object();
	int r = config ? stored_read(rq->api->state, c->rec.id, &stored, err) : err_nomem(err);

	if (r == 0)
		r = take_members(stored.config, config, err);
	if (r == 0)
		r = read_given_config(rq, config, err);
	if (r == 0)
		r = api_read_changes(rq, config, err);
	if (r == 0)
		*ret = take_ptr(config);
	return r;
}

static int read_image_name(const struct request *rq, struct reference **ret, struct err *err)
{
	const char *repo = request_arg(rq, "repo"), *tag = request_arg(rq, "tag");
	cleanup_free char *name = NULL;
	int r;

	if (!repo || !*repo)
		return 0;
	name = tag && *tag ? str_printf("%s:%s", repo, tag) : strdup(repo);
	r = name ? reference_parse(name, ret, err) : err_nomem(err);
	if (r == 0 && digest_is_set(&(*ret)->digest))
		return err_set(err, -EINVAL, "a new image cannot be named with a digest");
	return r;
}

static char *join_args(char *const *args)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = buf_adds(&b, "");

	for (size_t i = 0; r == 0 && args && args[i]; i++)
		r = buf_addf(&b, "%s%s", i > 0 ? " " : "", args[i]);
	return r == 0 ? buf_take(&b) : NULL;
}

static ssize_t read_layer(void *arg, void *data, size_t max, struct err *err)
{
	return files_read(arg, data, max, err);
}

static const char *text_or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static int commit_image(struct request *rq, struct container *c, const struct reference *ref,
			struct image **ret, struct err *err)
{
	cleanup_json json_t *config = NULL;
	struct link_files what = { .op = LINK_FILES_LAYER };
	cleanup(files_close) struct files f = FILES_INIT;
	cleanup_free char *created_by = join_args(c->args);
	struct platform platform = platform_host();
	struct image_commit rc = {
		.parent = &c->rec.manifest,
		.platform = &platform,
		.read = read_layer,
		.arg = &f,
		.ref = ref,
		.author = text_or_null(request_arg(rq, "author")),
		.comment = text_or_null(request_arg(rq, "comment")),
		.created_by = created_by,
	};
	int r = created_by ? make_config(rq, c, &config, err) : err_nomem(err);

	rc.config = config;
	if (request_flag(rq, "pause", true))
		what.flags |= LINK_FILES_FREEZE;
	if (r == 0)
		r = files_open(c, &what, &f, err);
	if (r == 0)
		r = api_take_limits(rq->api, err);
	return r == 0 ? store_commit(rq->api->store, &rc, ret, err) : r;
}

static void publish_image(struct request *rq, struct container *c, const struct image *im,
			  const struct reference *ref)
{
	cleanup_free char *name = ref ? reference_familiar(ref) : NULL;
	const char *comment = request_arg(rq, "comment");

	container_publish(c, "commit",
			  json_pack("{s:s, s:s, s:s}", "comment", comment ? comment : "", "imageID",
				    im->config.text, "imageRef", name ? name : ""));
	hub_publish(rq->api->hub, "image", "create", im->config.text,
		    json_pack("{s:s}", "name", name ? name : im->config.text));
}

int api_commit(struct request *rq, struct reply *rp, struct err *err)
{
	const char *name = request_arg(rq, "container");
	cleanup_reference struct reference *ref = NULL;
	cleanup_image struct image *im = NULL;
	cleanup_container struct container *c = NULL;
	int r = containers_find(rq->api->containers, name ? name : "", &c, err);

	if (r == 0)
		r = read_image_name(rq, &ref, err);
	if (r == 0)
		r = commit_image(rq, c, ref, &im, err);
	if (r == 0)
		publish_image(rq, c, im, ref);
	return r < 0 ? r : reply_json(rp, 201, json_pack("{s:s}", "Id", im->config.text), err);
}
