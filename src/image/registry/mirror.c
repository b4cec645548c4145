/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/registry-inner.h"
#include "image/store/progress.h"

/*
 * Theory of operation: mirrors are asked in the order of the settings, and then the registry
 * itself.  The server that has the manifest is asked for the blobs, and those after it for blobs
 * that it lacks.  Credentials are for the registry, and go to no mirror.
 *
 * A mirror decides what a tag means, as the registry does: naming it in the settings is to trust
 * it.
 */

/* Splits "https://HOST[:PORT][/PREFIX]".  @ret_host, @ret_repository: owned. */
static int split_mirror(const char *mirror, const char *repository, enum scheme *ret_scheme,
			char **ret_host, char **ret_repository)
{
	const char *host = str_starts(mirror, "https://");
	size_t len;

	*ret_scheme = host ? SCHEME_HTTPS : SCHEME_AUTO;
	if (!host) {
		host = str_starts(mirror, "http://");
		*ret_scheme = host ? SCHEME_HTTP : SCHEME_AUTO;
	}
	if (!host)
		host = mirror;
	len = strcspn(host, "/");
	*ret_host = strndup(host, len);
	host += len + strspn(host + len, "/");
	len = strlen(host);
	while (len > 0 && host[len - 1] == '/')
		len--;
	*ret_repository = str_printf("%.*s%s%s", (int)len, host, len ? "/" : "", repository);
	return *ret_host && *ret_repository ? 0 : -ENOMEM;
}

static int make_mirror(const struct registry *reg, const struct settings *settings,
		       const char *mirror, struct registry **ret, struct err *err)
{
	struct registry_access access = { .settings = settings };
	cleanup_free char *host = NULL, *repository = NULL;
	struct address a;
	int r;

	if (split_mirror(mirror, reg->repository, &access.scheme, &host, &repository) < 0)
		return err_nomem(err);
	a = address_of(&access, host);
	r = registry_make(reg->ref, repository, &a, ret, err);
	if (r == 0)
		(*ret)->is_mirror = true;
	return r;
}

int registry_add_mirrors(struct registry *reg, const struct settings *settings, struct err *err)
{
	const struct registry_settings *s = settings_registry(settings, reg->ref->registry);
	int r = 0;

	if (!s || !s->mirrors)
		return 0;
	reg->mirrors = calloc(strv_len(s->mirrors), sizeof(struct registry *));
	if (!reg->mirrors)
		return err_nomem(err);
	for (char **mirror = s->mirrors; r == 0 && *mirror; mirror++) {
		r = make_mirror(reg, settings, *mirror, &reg->mirrors[reg->n_mirrors], err);
		reg->n_mirrors += r == 0;
	}
	reg->first = 0;
	return r;
}

struct registry *registry_server(struct registry *reg, size_t i)
{
	return i < reg->n_mirrors ? reg->mirrors[i] : reg;
}

/* Reports that the next server is asked.  Return: is there one? */
static bool go_on(const struct registry *reg, size_t i, const struct http *h, int r,
		  const struct err *why)
{
	cleanup_free char *text = NULL;

	if (r == 0 || r == -ECANCELED || r == -ENOMEM || i == reg->n_mirrors)
		return false;
	text = str_printf("Mirror %s: %s", reg->mirrors[i]->host, why->msg);
	if (text)
		progress_report(http_progress(h), NULL, text, 0, 0);
	return true;
}

int registry_manifest(struct registry *reg, struct http *h, const char *name, struct document *ret,
		      struct err *err)
{
	struct err why;
	size_t i = reg->first;
	int r;

	do {
		why.msg[0] = '\0';
		r = registry_get_manifest(registry_server(reg, i), h, name, ret, &why);
	} while (go_on(reg, i, h, r, &why) && ++i <= reg->n_mirrors);
	if (r < 0)
		return err_set(err, r, "%s", why.msg);
	reg->first = i;
	return 0;
}

/* Fetches a layer that registries may not have from the addresses in its descriptor. */
static int try_urls(struct registry *reg, struct http *h, const struct oci_descriptor *d,
		    struct http_sink *sink, struct err *why)
{
	int r = -ENOENT;

	for (char **url = d->urls; r < 0 && r != -ECANCELED && url && *url; url++) {
		struct err at = { 0 };

		r = registry_external_blob(reg, h, *url, sink, &at);
		if (r < 0)
			err_set(why, r, "%.300s: %s", *url, at.msg);
	}
	return r;
}

int registry_blob(struct registry *reg, struct http *h, const struct oci_descriptor *d,
		  struct http_sink *sink, struct err *err)
{
	struct err why;
	size_t i = reg->first;
	int r;

	do {
		why.msg[0] = '\0';
		r = registry_get_blob(registry_server(reg, i), h, d, sink, &why);
	} while (go_on(reg, i, h, r, &why) && ++i <= reg->n_mirrors);
	if (r < 0 && r != -ECANCELED && d->urls)
		r = try_urls(reg, h, d, sink, &why);
	return r < 0 ? err_set(err, r, "%s", why.msg) : 0;
}
