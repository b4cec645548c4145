/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "settings/settings.h"

/* Which redirections are followed. */

/** url_is_loopback() - is the host of "HOST[:PORT]…" this machine: localhost, 127.0.0.0/8 or
 * [::1]? */
bool url_is_loopback(const char *host);

/** url_leads_here() - is the host of this absolute URL, as libcurl reads it, this machine? */
bool url_leads_here(const char *url);

/**
 * redirect_check() - may a redirection be followed?
 * @from, @to:     absolute URLs
 * @settings:      say where plain HTTP is allowed; may be NULL
 * @ret_same_host: the same scheme, host and port
 *
 * HTTPS is never left for HTTP, and plain HTTP stays on this machine, or with a host that plain
 * HTTP was spoken to, or for which it is allowed.
 *
 * Return: 0; -EPROTO with a message; -ENOMEM.
 */
int redirect_check(const char *from, const char *to, const struct settings *settings,
		   bool *ret_same_host, struct err *err);

/** url_authority() - get "HOST[:PORT]" of an absolute URL; PORT only if it is not the scheme's.
 * @ret_host: owned.  Return: 0; -EPROTO with a message; -ENOMEM. */
int url_authority(const char *url, char **ret_host, bool *ret_is_https, struct err *err);

/**
 * url_resolve() - make the absolute URL of a Location
 * @base:  absolute URL of the answer it came with
 * @query: "name=value" to be added to its query; NULL: nothing
 * @ret:   owned; not checked by redirect_check()
 *
 * Return: 0; -EPROTO with a message; -ENOMEM.
 */
int url_resolve(const char *base, const char *location, const char *query, char **ret,
		struct err *err);
