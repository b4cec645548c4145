/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/address.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "image/registry/redirect.h"
#include "settings/settings.h"

struct address address_of(const struct registry_access *access, const char *host)
{
	const struct registry_settings *s = settings_registry(access->settings, host);
	struct address a = { .host = host };
	enum scheme scheme = access->scheme;

	if (scheme == SCHEME_AUTO && s)
		scheme = s->scheme;
	if (scheme != SCHEME_AUTO) {
		a.plain = scheme == SCHEME_HTTP;
		return a;
	}
	a.plain = url_is_loopback(host);
	a.unsure = a.plain || settings_is_insecure(access->settings, host);
	return a;
}

/* Answers of TLS servers to plain HTTP on their port: Go's, nginx', Apache's. */
static bool wants_tls(const struct http_response *rs)
{
	static const char *const words[] = { "HTTP request to an HTTPS server",
					     "plain HTTP request was sent to HTTPS port",
					     "speaking plain HTTP to an SSL-enabled server" };

	for (size_t i = 0; rs->body.data && i < ARRAY_SIZE(words); i++)
		if (memmem(rs->body.data, rs->body.len, words[i], strlen(words[i])))
			return true;
	return false;
}

/* An answer to HEAD has no text, so it tells nothing. */
static bool is_wrong(const struct address *a, int r, const struct http_response *rs)
{
	if (a->plain)
		return r == 0 ? rs->status == 400 && (!rs->body.data || wants_tls(rs))
			      : r == -EPROTONOSUPPORT;
	return r == -EPROTONOSUPPORT || r == -ECONNREFUSED;
}

bool address_doubt(struct address *a, int r, const struct http_response *rs)
{
	bool wrong = a->unsure && is_wrong(a, r, rs);

	a->unsure = false;
	if (wrong)
		a->plain = !a->plain;
	return wrong;
}
