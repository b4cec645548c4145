/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>

#include "base/buf.h"
#include "settings/settings.h"

/* How to reach a host: with which certificates, and through which proxy. */

struct peer {
	bool insecure;		 /* the host's certificate is not checked */
	struct buf authorities;	 /* PEM, beside the system's; may be empty */
	char *certificate, *key; /* paths of our PEM files; NULL: none */
	char *proxy, *no_proxy;	 /* "": none */
};

void peer_reset(struct peer *p);

/**
 * peer_find() - collect what the settings, the certificates' folders and the environment say of a
 * host
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

/** peer_apply() - set a transfer up for a host.  @p: borrowed until the transfer is over.
 * @is_here: the host is this machine, for which no proxy is used. */
void peer_apply(const struct peer *p, CURL *c, bool is_here);

/** peer_proxy_of() - find the proxy that an environment names for a scheme, by the rules of docker
 * and curl.  @env: NULL: this process's.  Return: borrowed; NULL: none. */
const char *peer_proxy_of(char *const *env, bool is_https);
