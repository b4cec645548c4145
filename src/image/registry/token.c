/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/token.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/redirect.h"

/*
 * Theory of operation: the token server that a registry names is asked for a token with the scopes
 * that the work at hand needs, whatever the registry suggests.  Credentials go to an HTTPS server;
 * to a plain one only when it is on this machine, and so is the registry.
 *
 * A hostile registry names the server; the token it gives is checked before it becomes a header.
 */

#define ANSWER_MAX_BYTES (64u << 10)

void answer_text(const struct http_response *rs, char ret[256])
{
	cleanup_json json_t *doc = NULL;
	const json_t *first;
	const char *text;

	(void)json_read(rs->body.data ? rs->body.data : "", rs->body.len, "answer", &doc, NULL);
	first = json_array_get(json_object_get(doc, "errors"), 0);
	text = json_string_value(json_object_get(first, "message"));
	if (!text || !*text)
		text = json_string_value(json_object_get(first, "code"));
	if (!text)
		text = json_string_value(json_object_get(doc, "details"));
	snprintf(ret, 256, "%s", text ? text : "");
	for (char *p = ret; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

int token_check_realm(const char *realm, bool registry_is_local, struct err *err)
{
	const char *plain = str_starts(realm, "http://");
	const char *host = plain ? plain : str_starts(realm, "https://");

	/* In "user@host" a person takes the user's name for the host. */
	if (host && memchr(host, '@', strcspn(host, "/?#\\")))
		return err_set(err, -EPROTO,
			       "the registry's token server %.200s has a user name in it", realm);
	if (host && (!plain || (registry_is_local && url_is_loopback(plain))))
		return 0;
	return err_set(err, -EPROTO, "the registry's token server %.200s does not use https",
		       realm);
}

static int add_parameter(struct buf *url, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, 0);
	const char *before = url->data && strchr(url->data, '?') ? "&" : "?";
	int r = escaped ? buf_addf(url, "%s%s=%s", before, name, escaped) : -ENOMEM;

	curl_free(escaped);
	return r;
}

static int token_url(const struct challenge *c, char *const *scopes, struct buf *ret)
{
	int r = buf_adds(ret, c->realm);

	if (r == 0 && *c->service)
		r = add_parameter(ret, "service", c->service);
	for (; r == 0 && scopes && *scopes; scopes++)
		r = add_parameter(ret, "scope", *scopes);
	return r;
}

static int read_token(const struct http_response *rs, char **ret, struct err *err)
{
	cleanup_json json_t *doc = NULL;
	const char *token;
	int r = json_read(rs->body.data ? rs->body.data : "", rs->body.len, "answer", &doc, err);

	if (r == 0)
		r = json_get_str(doc, "token", &token, err);
	if (r == 0 && !token)
		r = json_get_str(doc, "access_token", &token, err);
	if (r < 0)
		return err_wrap(err, "token server"), -EPROTO;
	if (!token || !token_valid(token))
		return err_set(err, -EPROTO, "token server: the token is missing or malformed");
	*ret = strdup(token);
	return *ret ? 0 : err_nomem(err);
}

int token_fetch(struct http *h, const struct challenge *c, char *const *scopes,
		const struct registry_auth *auth, char **ret, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup(buf_reset) struct buf url = BUF_INIT;
	struct http_request rq = { .max_bytes = ANSWER_MAX_BYTES };
	char text[256];
	int r;

	if (token_url(c, scopes, &url) < 0)
		return err_nomem(err);
	rq.url = url.data;
	if (auth && auth->username) {
		rq.username = auth->username;
		rq.password = auth->password;
	}
	r = http_send(h, &rq, &rs, err);
	if (r < 0) {
		err_wrap(err, "token server");
		return r;
	}
	if (rs.status == 200)
		return read_token(&rs, ret, err);
	answer_text(&rs, text);
	return err_set(err, rs.status == 401 || rs.status == 403 ? -EACCES : -EPROTO,
		       "token server answered %ld%s%s", rs.status, *text ? ": " : "", text);
}
