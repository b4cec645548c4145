/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a registry: are these credentials good, and what does it have under a name? */
#include <errno.h>

#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/http/auth.h"
#include "image/registry/distribution.h"
#include "image/registry/login.h"

/* "https://index.docker.io/v1/" and the like as the name of a registry.  @ret: owned */
static int registry_name(const char *address, char **ret, struct err *err)
{
	const char *plain = str_starts(address, "http://"), *tls = str_starts(address, "https://");
	const char *host = plain ? plain : tls ? tls : address;
	cleanup_free char *name = strndup(host, strcspn(host, "/"));
	cleanup_free char *image = name ? str_printf("%s/x", name) : NULL;
	cleanup_reference struct reference *ref = NULL;

	if (!image)
		return err_nomem(err);
	if (!*name || streq(name, "index.docker.io") || streq(name, "registry-1.docker.io")) {
		*ret = strdup("docker.io");
		return *ret ? 0 : err_nomem(err);
	}
	/* It must be able to stand before an image's name. */
	if (reference_parse(image, &ref, NULL) < 0 || !streq(ref->registry, name))
		return err_set(err, -EINVAL, "\"%s\" is no address of a registry", address);
	*ret = take_ptr(name);
	return 0;
}

static int log_in(const char *address, const struct credentials *c, struct err *err)
{
	const struct registry_auth auth = { c->username, c->password };
	cleanup_free char *name = NULL;
	cleanup_http struct http *h = NULL;
	int r = registry_name(address, &name, err);

	if (r == 0)
		r = http_new(NULL, &h);
	if (r == 0)
		r = registry_login(name, &auth, h, err);
	/* docker answers 401, as the registry did */
	return r == -EACCES ? -EKEYREJECTED : r;
}

int api_auth(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(credentials_reset) struct credentials c = { 0 };
	cleanup_json json_t *body = NULL;
	const char *address = NULL;
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = credentials_read(body, &c, err);
	if (r == 0)
		r = json_get_str(body, "serveraddress", &address, err);
	if (r == 0 && (!c.username || !c.password))
		r = err_set(err, -EINVAL, "username and password must be given");
	if (r == 0)
		r = log_in(address ? address : "", &c, err);
	return r < 0 ? r
		     : reply_json(rp, 200,
				  json_pack("{s:s, s:s}", "Status", "Login Succeeded",
					    "IdentityToken", ""),
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
	struct registry_auth auth;
	int r = reference_parse(rq->target, &ref, err);

	if (r == 0)
		r = credentials_parse(rq->registry_auth, &c, err);
	auth = (struct registry_auth){ c.username, c.password };
	if (r == 0)
		r = distribution_inspect(ref, c.username ? &auth : NULL, &d, err);
	if (r < 0)
		return r;
	return reply_json(rp, 200,
			  json_pack("{s:{s:s, s:s, s:I}, s:o}", "Descriptor", "mediaType",
				    d.media_type, "digest", d.digest.text, "size",
				    (json_int_t)d.size_bytes, "Platforms", describe_platforms(&d)),
			  err);
}
