/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to registries: are credentials good, and what is there under a name? */
#include <errno.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/http/auth.h"
#include "image/registry/distribution.h"
#include "image/registry/login.h"

const struct registry_auth *registry_auth_of(const struct credentials *c,
					     struct registry_auth *store)
{
	*store = (struct registry_auth){ .username = c->username,
					 .password = c->password,
					 .identity_token = c->identity_token };
	return credentials_are_set(c) ? store : NULL;
}

int api_registry_access(const struct request *rq, struct settings **ret_settings,
			struct registry_access *ret, struct err *err)
{
	const char *scheme = request_arg(rq, "scheme");
	struct registry_access access = { 0 };
	int r = scheme && *scheme ? scheme_parse(scheme, &access.scheme, err) : 0;

	if (r == 0)
		r = settings_file_get(rq->api->settings, ret_settings, err);
	if (r < 0)
		return r;
	access.settings = *ret_settings;
	*ret = access;
	return 0;
}

int api_take_limits(struct api *api, struct err *err)
{
	cleanup_settings struct settings *s = NULL;
	int r = settings_file_get(api->settings, &s, err);

	if (r == 0)
		store_set_limits(api->store, &s->image_limits);
	return r;
}

/* Makes an address the name of a registry, as it stands before an image's.  @ret: owned */
static int registry_name(const char *address, char **ret, struct err *err)
{
	cleanup_free char *name = registry_of_address(address);
	cleanup_free char *image = name ? str_printf("%s/x", name) : NULL;
	cleanup_reference struct reference *ref = NULL;

	if (!image)
		return err_nomem(err);
	if (reference_parse(image, &ref, NULL) < 0 || !streq(ref->registry, name))
		return err_set(err, -EINVAL, "\"%s\" is no address of a registry", address);
	*ret = take_ptr(name);
	return 0;
}

static int login_registry(const struct request *rq, const char *address,
			  const struct credentials *c, char **ret_identity, struct err *err)
{
	cleanup_settings struct settings *settings = NULL;
	struct registry_access access;
	struct registry_auth store;
	cleanup_free char *name = NULL;
	cleanup_http struct http *h = NULL;
	int r = registry_name(address, &name, err);

	if (r == 0)
		r = api_registry_access(rq, &settings, &access, err);
	if (r == 0 && http_new(NULL, settings, &h) < 0)
		r = err_nomem(err);
	if (r < 0)
		return r;
	access.auth = registry_auth_of(c, &store);
	r = registry_login(name, &access, h, ret_identity, err);
	/* docker answers 401, as the registry did */
	return r == -EACCES ? -EKEYREJECTED : r;
}

int api_auth(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(credentials_reset) struct credentials c = { 0 };
	cleanup(text_wipe_fn) char *identity = NULL;
	cleanup_json json_t *body = NULL;
	const char *address = NULL;
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = credentials_read(body, &c, err);
	if (r == 0)
		r = json_get_str(body, "serveraddress", &address, err);
	if (r == 0 && !credentials_are_set(&c))
		r = err_set(err, -EINVAL, "username and password must be given");
	if (r == 0)
		r = login_registry(rq, address ? address : "", &c, &identity, err);
	if (r < 0)
		return r;
	return reply_json(rp, 200,
			  json_pack("{s:s, s:s}", "Status", "Login Succeeded", "IdentityToken",
				    identity ? identity : ""),
			  err);
}

static json_t *describe_platforms(const struct distribution *d)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < d->n_platforms; i++) {
		const struct platform *p = &d->platforms[i];
		json_t *item = json_pack("{s:s, s:s}", "architecture", p->arch, "os", p->os);

		if (item && *p->variant)
			json_object_set_new(item, "variant", json_string(p->variant));
		json_array_append_new(list, item);
	}
	return list;
}

int api_distribution(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(credentials_reset) struct credentials c = { 0 };
	cleanup(distribution_reset) struct distribution d = { 0 };
	cleanup_reference struct reference *ref = NULL;
	cleanup_settings struct settings *settings = NULL;
	struct registry_access access;
	struct registry_auth auth;
	int r = reference_parse(rq->target, &ref, err);

	if (r == 0)
		r = credentials_parse(rq->registry_auth, &c, err);
	if (r == 0)
		r = api_registry_access(rq, &settings, &access, err);
	if (r < 0)
		return r;
	access.auth = registry_auth_of(&c, &auth);
	r = distribution_inspect(ref, &access, &d, err);
	if (r < 0)
		return r;
	return reply_json(rp, 200,
			  json_pack("{s:{s:s, s:s, s:I}, s:o}", "Descriptor", "mediaType",
				    d.media_type, "digest", d.digest.text, "size",
				    (json_int_t)d.size_bytes, "Platforms", describe_platforms(&d)),
			  err);
}

/* Registries share no API for searching; Docker Hub has its own. */
int api_image_search(struct request *rq, struct reply *rp, struct err *err)
{
	const char *term = request_arg(rq, "term");

	(void)rp;
	return err_set(
		err, -ENOSYS,
		"moat does not search registries: look at https://hub.docker.com/search?q=%.100s"
		" and pull what you find by its name",
		term ? term : "");
}
