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

int token_check_realm(const char *realm, const char *registry, const struct settings *settings,
		      struct err *err)
{
	const char *plain = str_starts(realm, "http://");
	const char *host = plain ? plain : str_starts(realm, "https://");
	bool same;

	/* In "user@host", people could take the user name for the host. */
	if (host && memchr(host, '@', strcspn(host, "/?#\\")))
		return err_set(err, -EPROTO,
			       "the registry's token server %.200s has a user name in it", realm);
	if (host && (!plain || redirect_check(registry, realm, settings, &same, NULL) == 0))
		return 0;
	return err_set(err, -EPROTO, "the registry's token server %.200s does not use https",
		       realm);
}

void token_reset(struct token *t)
{
	free(t->bearer);
	if (t->identity)
		explicit_bzero(t->identity, strlen(t->identity));
	free(t->identity);
	*t = (struct token){ 0 };
}

/* @before: separates it from what @b holds already */
static int add_parameter(struct buf *b, const char *before, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, 0);
	int r = escaped ? buf_addf(b, "%s%s=%s", before, name, escaped) : -ENOMEM;

	if (escaped)
		explicit_bzero(escaped, strlen(escaped));
	curl_free(escaped);
	return r;
}

static int token_url(const struct token_request *rq, struct buf *ret)
{
	const struct challenge *c = rq->challenge;
	const char *before = strchr(c->realm, '?') ? "&" : "?";
	int r = buf_adds(ret, c->realm);

	if (r == 0 && *c->service) {
		r = add_parameter(ret, before, "service", c->service);
		before = "&";
	}
	for (char *const *s = rq->scopes; r == 0 && s && *s; s++) {
		r = add_parameter(ret, before, "scope", *s);
		before = "&";
	}
	if (r == 0 && rq->wants_identity)
		r = buf_addf(ret, "%soffline_token=true&client_id=moat", before);
	return r;
}

/* Writes the form of OAuth 2 (the distribution project's "Docker Registry v2 Bearer token", RFC
 * 6749 section 6): all scopes are one text. */
static int refresh_form(const struct token_request *rq, struct buf *ret)
{
	cleanup(buf_reset) struct buf scopes = BUF_INIT;
	const char *identity = rq->auth->identity_token;
	/* Reserved at once, as memory that a growing buffer leaves behind is not overwritten. */
	int r = buf_reserve(ret, 3 * strlen(identity) + 8192);

	for (char *const *s = rq->scopes; r == 0 && s && *s; s++)
		r = buf_addf(&scopes, "%s%s", scopes.len ? " " : "", *s);
	if (r == 0)
		r = buf_adds(ret, "grant_type=refresh_token&client_id=moat");
	if (r == 0)
		r = add_parameter(ret, "&", "service", rq->challenge->service);
	if (r == 0 && scopes.len)
		r = add_parameter(ret, "&", "scope", scopes.data);
	return r < 0 ? r : add_parameter(ret, "&", "refresh_token", identity);
}

int token_read(const struct http_response *rs, struct token *ret, struct err *err)
{
	cleanup_json json_t *doc = NULL;
	const char *token, *identity = NULL;
	int r = json_read(rs->body.data ? rs->body.data : "", rs->body.len, "answer", &doc, err);

	if (r == 0)
		r = json_get_str(doc, "token", &token, err);
	/* Azure's answer has only the second member; other answers have both, one of them empty. */
	if (r == 0 && (!token || !*token))
		r = json_get_str(doc, "access_token", &token, err);
	if (r == 0)
		r = json_get_str(doc, "refresh_token", &identity, err);
	if (r < 0)
		return err_wrap(err, "token server"), -EPROTO;
	if (!token || !token_valid(token))
		return err_set(err, -EPROTO, "token server: the token is missing or malformed");
	ret->bearer = strdup(token);
	if (identity && *identity)
		ret->identity = strdup(identity);
	return ret->bearer && (ret->identity || !identity || !*identity) ? 0 : err_nomem(err);
}

static int judge_response(const struct http_response *rs, struct token *ret, struct err *err)
{
	char text[256];

	if (rs->status == 200)
		return token_read(rs, ret, err);
	answer_text(rs, text);
	return err_set(err, rs->status == 401 || rs->status == 403 ? -EACCES : -EPROTO,
		       "token server answered %ld%s%s", rs->status, *text ? ": " : "", text);
}

static int ask_server(struct http *h, const struct http_request *rq, struct token *ret,
		      struct err *err)
{
	struct http_response rs = { 0 };
	int r = http_send(h, rq, &rs, err);

	if (r < 0)
		return err_wrap(err, "token server");
	r = judge_response(&rs, ret, err);
	buf_wipe(&rs.body);
	http_response_reset(&rs);
	return r;
}

/* Asks with an identity token, in a form: the token must be in no URL. */
static int ask_with_identity(struct http *h, const struct token_request *rq, struct token *ret,
			     struct err *err)
{
	struct buf form = BUF_INIT;
	struct http_body body = { .type = "application/x-www-form-urlencoded", .fd = -1 };
	const struct http_request post = { .method = "POST",
					   .url = rq->challenge->realm,
					   .body = &body,
					   .max_bytes = ANSWER_MAX_BYTES };
	int r = refresh_form(rq, &form);

	body.data = form.data;
	body.len = form.len;
	r = r < 0 ? err_nomem(err) : ask_server(h, &post, ret, err);
	buf_wipe(&form);
	return r;
}

int token_fetch(struct http *h, const struct token_request *rq, struct token *ret, struct err *err)
{
	cleanup(buf_reset) struct buf url = BUF_INIT;
	struct http_request get = { .max_bytes = ANSWER_MAX_BYTES };
	struct token token = { 0 };
	int r;

	if (rq->auth && rq->auth->identity_token) {
		r = ask_with_identity(h, rq, &token, err);
	} else if (token_url(rq, &url) < 0) {
		r = err_nomem(err);
	} else {
		get.url = url.data;
		if (rq->auth && rq->auth->username) {
			get.username = rq->auth->username;
			get.password = rq->auth->password;
		}
		r = ask_server(h, &get, &token, err);
	}
	if (r < 0)
		token_reset(&token);
	else
		*ret = token;
	return r;
}
