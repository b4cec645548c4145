/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/challenge.h"
#include "image/registry/http.h"

/**
 * token_check_realm() - may credentials go to the token server a registry names?
 * @registry_is_local: the registry is on this machine, and may name a server there
 *
 * Return: 0; -EPROTO with a message.
 */
int token_check_realm(const char *realm, bool registry_is_local, struct err *err);

/**
 * token_fetch() - get a bearer token
 * @c:          what the registry asked for; its realm passed token_check_realm()
 * @scopes:     "repository:NAME:ACTIONS", of names that reference_parse() checked; NULL for a token
 *              that only proves who asks
 * @auth:       NULL is anonymous
 * @ret:        owned, token_valid()
 *
 * Return: 0; -EACCES; -EPROTO; as http_send(); all with a message.
 */
int token_fetch(struct http *h, const struct challenge *c, char *const *scopes,
		const struct registry_auth *auth, char **ret, struct err *err);

/** answer_text() - what a registry says in the body of an error, cleaned for a terminal; "" when it
 * says nothing.  @ret: 256 bytes. */
void answer_text(const struct http_response *rs, char ret[256]);
