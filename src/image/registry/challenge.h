/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum challenge_kind { CHALLENGE_OTHER, CHALLENGE_BASIC, CHALLENGE_BEARER };

/* What a registry asks for in WWW-Authenticate (RFC 7235; distribution's token specification). */
struct challenge {
	enum challenge_kind kind;
	char realm[2048];
	char service[512];
};

/**
 * challenge_next() - read the next challenge of a WWW-Authenticate value
 * @at: where it begins; moved behind it
 *
 * Return: 1; 0 when there is none; -EBADMSG when it is malformed or too long.
 */
int challenge_next(const char **at, struct challenge *ret);

/** challenge_choose() - choose the challenge to answer: Bearer if there is one.  @values: of
 * WWW-Authenticate, NULL-terminated.  Return: was there a challenge to choose? */
bool challenge_choose(char *const *values, struct challenge *ret);

/** token_valid() - may @token stand behind "Authorization: Bearer"?  (RFC 6750 b64token, at most 16
 * KiB) */
bool token_valid(const char *token);
