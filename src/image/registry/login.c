/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: as the distribution-spec has it, /v2/ is asked without credentials; what it
 * demands is answered once, and asked again.  Credentials go nowhere that a pull would not send
 * them to.
 */
#include "image/registry/login.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/redirect.h"
#include "image/registry/registry.h"
#include "image/registry/token.h"

#define ANSWER_MAX_BYTES (64u << 10)

static int login_refused(const char *name, const struct http_response *rs, struct err *err)
{
	char text[256];

	answer_text(rs, text);
	return err_set(err, rs->status == 401 || rs->status == 403 ? -EACCES : -EPROTO,
		       "login at %s: %s%s(%ld)", name, text, *text ? " " : "", rs->status);
}

/* Puts what the challenge asks for into @rq, which borrows it of @ret. */
static int answer_challenge(struct http *h, const char *name, const struct token_request *ask,
			    struct http_request *rq, struct token *ret, struct err *err)
{
	int r;

	if (!ask->challenge->bearer) {
		rq->username = ask->auth->username;
		rq->password = ask->auth->password;
		return 0;
	}
	r = token_check_realm(ask->challenge->realm, url_is_loopback(registry_host(name)), err);
	if (r == 0)
		r = token_fetch(h, ask, ret, err);
	rq->bearer = ret->bearer;
	return r;
}

int registry_login(const char *name, const struct registry_auth *auth, struct http *h,
		   char **ret_identity, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup(token_reset) struct token token = { 0 };
	const char *host = registry_host(name);
	cleanup_free char *url =
		str_printf("%s://%s/v2/", url_is_loopback(host) ? "http" : "https", host);
	struct http_request rq = { .url = url, .max_bytes = ANSWER_MAX_BYTES };
	struct challenge c;
	const struct token_request ask = { .challenge = &c, .auth = auth, .wants_identity = true };
	int r = url ? http_send(h, &rq, &rs, err) : err_nomem(err);

	*ret_identity = NULL;
	if (r < 0 || rs.status == 200)
		return r;
	if (rs.status != 401)
		return login_refused(name, &rs, err);
	if (!challenge_choose(rs.challenges, &c))
		return err_set(err, -EPROTO, "%s asks for a login of an unknown kind", name);
	r = answer_challenge(h, name, &ask, &rq, &token, err);
	http_response_reset(&rs);
	if (r == 0)
		r = http_send(h, &rq, &rs, err);
	if (r == 0 && rs.status == 200)
		*ret_identity = take_ptr(token.identity);
	return r < 0 || rs.status == 200 ? r : login_refused(name, &rs, err);
}
