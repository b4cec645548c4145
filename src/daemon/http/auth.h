/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "secret/credentials.h"

/* Credentials a client sends along for one request; never stored, never logged. */

/**
 * credentials_parse() - header X-Registry-Auth: base64url of a JSON object, with or without padding
 * @header: NULL or "" is no credentials
 *
 * Return: 0; -EINVAL, -EBADMSG with a message; -ENOMEM.
 */
int credentials_parse(const char *header, struct credentials *ret, struct err *err);
