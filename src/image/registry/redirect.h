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
 * @settings:      say where plain HTTP will do; may be NULL
 * @ret_same_host: the same scheme, host and port
 *
 * HTTPS is never left for HTTP, and plain HTTP stays on this machine, with a host that was spoken
 * to in the clear, or with one that need not be secure.
 *
 * Return: 0; -EPROTO with a message; -ENOMEM.
 */
int redirect_check(const char *from, const char *to, const struct settings *settings,
		   bool *ret_same_host, struct err *err);

/** url_authority() - "HOST[:PORT]" of an absolute URL, the port where it is not that of the scheme.
 * @ret_host: owned.  Return: 0; -EPROTO with a message; -ENOMEM. */
int url_authority(const char *url, char **ret_host, bool *ret_is_https, struct err *err);

/**
 * url_resolve() - the absolute URL that a Location stands for
 * @base:  absolute URL of the answer it came with
 * @query: "name=value" to be added to its query; NULL: nothing
 * @ret:   owned; not judged yet
 *
 * Return: 0; -EPROTO with a message; -ENOMEM.
 */
int url_resolve(const char *base, const char *location, const char *query, char **ret,
		struct err *err);
