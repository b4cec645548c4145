/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: as the distribution-spec has it, /v2/ is asked without credentials; the
 * challenge is answered once, and /v2/ asked again.  Credentials go nowhere that a pull would not
 * send them to.
 */
#include "image/registry/login.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/address.h"
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

/* Puts the authorization that a challenge asks for into @rq, which borrows it from @ret. */
static int answer_challenge(struct http *h, const struct token_request *ask,
			    struct http_request *rq, struct token *ret, struct err *err)
{
	int r;

	if (ask->challenge->kind == CHALLENGE_BASIC) {
		rq->username = ask->auth->username;
		rq->password = ask->auth->password;
		return 0;
	}
	r = token_check_realm(ask->challenge->realm, rq->url, http_settings(h), err);
	if (r == 0)
		r = token_fetch(h, ask, ret, err);
	rq->bearer = ret->bearer;
	return r;
}

static int set_url(const struct address *a, struct http_request *rq, char **url, struct err *err)
{
	free(*url);
	rq->url = *url = str_printf("%s://%s/v2/", address_scheme(a), a->host);
	return *url ? 0 : err_nomem(err);
}

/* Asks without credentials.  @url: owned; borrowed by @rq. */
static int ask_first(struct http *h, struct address *a, struct http_request *rq, char **url,
		     struct http_response *rs, struct err *err)
{
	int r = set_url(a, rq, url, err);

	if (r < 0)
		return r;
	r = http_send(h, rq, rs, err);
	if (!address_doubt(a, r, rs))
		return r;
	http_response_reset(rs);
	r = set_url(a, rq, url, err);
	return r == 0 ? http_send(h, rq, rs, err) : r;
}

int registry_login(const char *name, const struct registry_access *access, struct http *h,
		   char **ret_identity, struct err *err)
{
	cleanup(http_response_reset) struct http_response rs = { 0 };
	cleanup(token_reset) struct token token = { 0 };
	struct address a = address_of(access, registry_host(name));
	cleanup_free char *url = NULL;
	struct http_request rq = { .max_bytes = ANSWER_MAX_BYTES };
	struct challenge c;
	const struct token_request ask = { .challenge = &c,
					   .auth = access->auth,
					   .wants_identity = true };
	int r = ask_first(h, &a, &rq, &url, &rs, err);

	*ret_identity = NULL;
	if (r < 0 || rs.status == 200)
		return r;
	if (rs.status != 401)
		return login_refused(name, &rs, err);
	if (!challenge_choose(rs.challenges, &c))
		return err_set(err, -EPROTO, "%s asks for a login of an unknown kind", name);
	r = answer_challenge(h, &ask, &rq, &token, err);
	http_response_reset(&rs);
	if (r == 0)
		r = http_send(h, &rq, &rs, err);
	if (r == 0 && rs.status == 200)
		*ret_identity = take_ptr(token.identity);
	return r < 0 || rs.status == 200 ? r : login_refused(name, &rs, err);
}
