/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what is needed of an answer's headers, every byte of which a hostile registry controls. */
#include "image/registry/response.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/str.h"
#include "image/registry/link.h"
#include "image/registry/redirect.h"
#include "image/registry/upload-state.h"

void http_response_reset(struct http_response *r)
{
	free(r->content_type);
	free(r->digest);
	free(r->location);
	free(r->next_page);
	strv_free(r->challenges);
	buf_reset(&r->body);
	*r = (struct http_response){ 0 };
}

static int set_once(char **field, const char *value)
{
	free(*field);
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

/* @value: of Retry-After, a number of seconds or a date (RFC 9110) */
static uint64_t seconds_until(const char *value)
{
	time_t now = time(NULL), then;
	uint64_t seconds;

	if (str_to_u64(value, &seconds) == 0)
		return seconds;
	then = curl_getdate(value, NULL);
	return then > now ? (uint64_t)(then - now) : 0;
}

int response_take_header(struct http_response *r, char *line)
{
	char *value = strchr(line, ':');
	uint64_t start;

	if (!value)
		return 0;
	*value++ = '\0';
	value += strspn(value, " \t");
	if (strcasecmp(line, "Docker-Content-Digest") == 0)
		return set_once(&r->digest, value);
	if (strcasecmp(line, "Location") == 0)
		return set_once(&r->location, value);
	if (strcasecmp(line, "Link") == 0)
		return r->next_page ? 0 : link_next(value, &r->next_page);
	if (strcasecmp(line, "WWW-Authenticate") == 0)
		return strv_len(r->challenges) < 8 ? strv_add(&r->challenges, value) : 0;
	if (strcasecmp(line, "Content-Type") == 0) {
		value[strcspn(value, "; \t")] = '\0';
		return set_once(&r->content_type, value);
	}
	if (strcasecmp(line, "Retry-After") == 0) {
		r->retry_after_sec = seconds_until(value);
		return 0;
	}
	if (strcasecmp(line, "Range") == 0) {
		r->has_uploaded = upload_range_read(value, &r->uploaded_bytes) == 0;
		return 0;
	}
	if (strcasecmp(line, "OCI-Chunk-Min-Length") == 0) {
		if (str_to_u64(value, &r->part_min_bytes) < 0)
			r->part_min_bytes = 0;
		return 0;
	}
	if (strcasecmp(line, "Content-Range") == 0 && strncasecmp(value, "bytes ", 6) == 0) {
		value[strcspn(value, "-")] = '\0';
		if (str_to_u64(value + 6, &start) == 0)
			r->range_start = start;
	}
	return 0;
}

/* Makes an address absolute, and drops what is none. */
static int complete_url(char **url, const char *base, struct err *err)
{
	cleanup_free char *given = take_ptr(*url);
	int r = given ? url_resolve(base, given, NULL, url, err) : 0;

	return r == -EPROTO ? 0 : r;
}

int response_complete(struct http_response *rs, const char *base, struct err *err)
{
	int r = complete_url(&rs->location, base, err);

	return r == 0 ? complete_url(&rs->next_page, base, err) : r;
}
