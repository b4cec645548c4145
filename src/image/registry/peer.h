/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>

#include "base/buf.h"
#include "settings/settings.h"

/* How one host is reached: what certificates it and we have, and through which proxy. */

struct peer {
	bool insecure;		 /* its certificate is not checked */
	struct buf authorities;	 /* PEM, beside the system's; may be empty */
	char *certificate, *key; /* paths of PEM files, ours; NULL: none */
	char *proxy, *no_proxy;	 /* "" for none */
};

void peer_reset(struct peer *p);

/**
 * peer_find() - look up the settings, the certificates' folders, and the environment
 * @s:    may be NULL
 * @host: "HOST", "HOST:PORT" where the port is not that of the scheme
 * @ret:  peer_reset(), on failure too
 *
 * Files are as in docker's certs.d: *.crt are authorities, X.cert with X.key is ours.
 *
 * Return: 0; -ENOENT for a certificate without its key, -errno, with a message; -ENOMEM.
 */
int peer_find(const struct settings *s, const char *host, bool is_https, struct peer *ret,
	      struct err *err);

/** peer_apply() - set a transfer up for it.  @p: borrowed until the transfer is over.  @is_here: it
 * is this machine, which takes no proxy. */
void peer_apply(const struct peer *p, CURL *c, bool is_here);

/** peer_proxy_of() - the proxy that an environment names for a scheme, as docker and curl read it.
 * @env: NULL: this process's.  Return: borrowed; NULL: none. */
const char *peer_proxy_of(char *const *env, bool is_https);
