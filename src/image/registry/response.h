/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/http.h"

/** response_take_header() - note one header.  @line: without its end; changed.
 * Return: 0; -ENOMEM. */
int response_take_header(struct http_response *r, char *line);

/** response_complete() - make the addresses in the answer absolute; what is no address is dropped.
 * @base: URL of the answer.  Return: 0; -ENOMEM with a message. */
int response_complete(struct http_response *rs, const char *base, struct err *err);
