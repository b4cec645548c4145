/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Which redirections are followed. */

/** url_is_loopback() - is the host of "HOST[:PORT]…" this machine: localhost, 127.0.0.0/8 or
 * [::1]? */
bool url_is_loopback(const char *host);

/** url_leads_here() - is the host of this absolute URL, as libcurl reads it, this machine? */
bool url_leads_here(const char *url);

/**
 * redirect_check() - may a redirection be followed?
 * @from, @to:     absolute URLs
 * @ret_same_host: the same scheme, host and port
 *
 * HTTPS is never left for HTTP, and plain HTTP stays on this machine.
 *
 * Return: 0; -EPROTO with a message; -ENOMEM.
 */
int redirect_check(const char *from, const char *to, bool *ret_same_host, struct err *err);

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
