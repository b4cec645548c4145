/* SPDX-License-Identifier: Apache-2.0 */
#include "secret/credentials.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "base/base64.h"
#include "base/str.h"

#define HUB	    "docker.io"
#define HUB_ADDRESS "https://index.docker.io/v1/"

void text_wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void credentials_reset(struct credentials *c)
{
	free(c->username);
	text_wipe(c->password);
	text_wipe(c->identity_token);
	*c = (struct credentials){ 0 };
}

static int take_text(const json_t *obj, const char *key, char **ret, struct err *err)
{
	const char *s;
	int r = json_get_str(obj, key, &s, err);

	if (r < 0 || !s || !*s || *ret)
		return r;
	if (strlen(s) > CREDENTIALS_TEXT_MAX)
		return err_set(err, -EBADMSG, "%s is longer than %d bytes", key,
			       CREDENTIALS_TEXT_MAX);
	*ret = strdup(s);
	return *ret ? 0 : err_nomem(err);
}

/* Splits "auth", which is NAME:PASSWORD in base64.  A password may have colons, a name has none. */
static int split_auth(const char *text, struct credentials *ret, struct err *err)
{
	struct buf plain = BUF_INIT;
	const char *colon;
	/* Room is made all at once: a buffer that grows leaves old copies in memory. */
	int r = buf_reserve(&plain, strlen(text));

	if (r == 0)
		r = base64_decode(&plain, text);
	colon = r == 0 ? memchr(plain.data, ':', plain.len) : NULL;
	if (r == 0 && !colon)
		r = -EINVAL;
	if (r == 0) {
		ret->username = strndup(plain.data, (size_t)(colon - plain.data));
		ret->password = strndup(colon + 1, plain.len - (size_t)(colon + 1 - plain.data));
		r = ret->username && ret->password ? 0 : -ENOMEM;
	}
	buf_wipe(&plain);
	if (r == -ENOMEM)
		return err_nomem(err);
	return r < 0 ? err_set(err, -EBADMSG, "\"auth\" is not base64 of NAME:PASSWORD") : 0;
}

int credentials_read(const json_t *obj, struct credentials *ret, struct err *err)
{
	const char *auth = NULL;
	int r = take_text(obj, "username", &ret->username, err);

	if (r == 0)
		r = take_text(obj, "password", &ret->password, err);
	if (r == 0)
		r = take_text(obj, "identitytoken", &ret->identity_token, err);
	if (r == 0)
		r = json_get_str(obj, "auth", &auth, err);
	if (r < 0 || ret->username || ret->password || !auth || !*auth)
		return r;
	return split_auth(auth, ret, err);
}

int credentials_header(const struct credentials *c, const char *server, char **ret, struct err *err)
{
	cleanup_json json_t *obj =
		json_pack("{s:s*, s:s*, s:s*, s:s}", "username", c->username, "password",
			  c->password, "identitytoken", c->identity_token, "serveraddress", server);
	struct buf b = BUF_INIT;
	char *text = obj ? json_write(obj) : NULL;
	int r = text ? buf_reserve(&b, 2 * strlen(text)) : -ENOMEM;
	char *header = NULL;

	if (r == 0)
		r = base64_encode(&b, text, strlen(text));
	if (r == 0)
		header = buf_take(&b);
	text_wipe(text);
	buf_reset(&b);
	if (!header)
		return err_nomem(err);
	/* base64url */
	for (char *at = header; *at; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
	*ret = header;
	return 0;
}

static void wipe_and_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void secrets_wiped_when_freed(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}

char *registry_of_address(const char *address)
{
	const char *plain = str_starts(address, "http://"), *tls = str_starts(address, "https://");
	const char *host = plain ? plain : tls ? tls : address;
	size_t len = strcspn(host, "/");
	char *name = strndup(host, len);

	if (!name ||
	    (*name && !streq(name, "index.docker.io") && !streq(name, "registry-1.docker.io")))
		return name;
	free(name);
	return strdup(HUB);
}

const char *registry_address(const char *registry)
{
	return streq(registry, HUB) ? HUB_ADDRESS : registry;
}
