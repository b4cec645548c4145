/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/challenge.h"
#include "image/registry/http.h"

/**
 * token_check_realm() - may credentials go to the token server a registry names?
 * @registry: an URL of the registry
 * @settings: say where plain HTTP is allowed; may be NULL
 *
 * To a plain HTTP server they may go only if the registry itself is reached by plain HTTP, and
 * might redirect there.
 *
 * Return: 0; -EPROTO with a message.
 */
int token_check_realm(const char *realm, const char *registry, const struct settings *settings,
		      struct err *err);

struct token_request {
	const struct challenge *challenge; /* its realm passed token_check_realm() */
	/* "repository:NAME:ACTIONS", whose names reference_parse() has checked; NULL for a token
	 * that only proves who asks */
	char *const *scopes;
	const struct registry_auth *auth; /* NULL is anonymous */
	bool wants_identity; /* ask for a token that replaces the password from now on */
};

struct token {
	char *bearer;	/* owned, token_valid() */
	char *identity; /* owned; NULL: the server gave none */
};

void token_reset(struct token *t);

/**
 * token_fetch() - get a bearer token
 * @ret: token_reset()
 *
 * Return: 0; -EACCES; -EPROTO; as http_send(); all with a message.
 */
int token_fetch(struct http *h, const struct token_request *rq, struct token *ret, struct err *err);

/** token_read() - read a token service's answer.  @ret: token_reset(), on failure too.  Return: 0;
 * -EPROTO with a message; -ENOMEM. */
int token_read(const struct http_response *rs, struct token *ret, struct err *err);

/** answer_text() - get the text of an error's body, cleaned for a terminal; "": none.  @ret: 256
 * bytes. */
void answer_text(const struct http_response *rs, char ret[256]);
