/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What a registry asks for in WWW-Authenticate (RFC 7235; distribution's token specification). */
struct challenge {
	bool bearer; /* else Basic */
	char realm[2048];
	char service[512];
};

/**
 * challenge_parse() - read one WWW-Authenticate value
 *
 * Only the first challenge of the value is read.
 *
 * Return: 0; -EBADMSG when it is malformed, too long, or neither Bearer nor Basic.
 */
int challenge_parse(const char *value, struct challenge *ret);

/** challenge_choose() - the challenge to answer: Bearer where it is offered.  @values: of
 * WWW-Authenticate, NULL-terminated.  Return: whether there is one. */
bool challenge_choose(char *const *values, struct challenge *ret);

/** token_valid() - may @token stand behind "Authorization: Bearer"?  (RFC 6750 b64token, at most 16
 * KiB) */
bool token_valid(const char *token);
