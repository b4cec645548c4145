/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>

#include "image/registry/http.h"

/* The method and body of a request, as libcurl wants them. */
struct sending {
	const struct http_body *body; /* borrowed; NULL: none */
	uint64_t at;
	int result; /* of reading the body */
};

/** sending_begin() - set up a request that is sent from its beginning.  @s must not move until
 * curl_easy_perform() is done. */
void sending_begin(struct sending *s, CURL *easy, const char *method, const struct http_body *body);

/** sending_progress() - report how much has been sent */
void sending_progress(const struct sending *s, uint64_t sent_bytes);
