/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/json.h"

/* Credentials a client sends along for one request; never stored, never logged. */
struct credentials {
	char *username; /* NULL: none */
	char *password;
};

/** credentials_reset() - wipe and free */
void credentials_reset(struct credentials *c);

/**
 * credentials_parse() - header X-Registry-Auth: base64url of a JSON object, with or without padding
 * @header: NULL or "" is no credentials
 *
 * Return: 0; -EINVAL with a message; -EOPNOTSUPP for an identity token; -ENOMEM.
 */
int credentials_parse(const char *header, struct credentials *ret, struct err *err);

/** credentials_read() - "username" and "password" of an AuthConfig object.  @ret: to be reset, on
 * failure too.  Return: 0; -EBADMSG; -EOPNOTSUPP for an identity token; -ENOMEM. */
int credentials_read(const json_t *obj, struct credentials *ret, struct err *err);
