/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/registry/redirect.h"
#include "image/registry/response.h"
#include "image/registry/token.h"
#include "image/registry/upload-state.h"

/* The input is an answer: lines of its head, an empty one, and the body, which is read as a token
 * service's and as an error's.  Its Location is judged and, where it may be followed, is one that
 * an upload goes to. */

#define BASE "http://127.0.0.1:5000/v2/r/x/blobs/uploads/"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Return: the body. */
static const char *take_head(struct http_response *rs, char *text)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) && *line)
		if (response_take_header(rs, line) < 0)
			abort();
	return rest ? rest : "";
}

static void check_location(struct http_response *rs)
{
	cleanup_free char *url = NULL;
	bool same;

	if (response_complete(rs, BASE, NULL) < 0)
		return;
	if (rs->next_page && !strstr(rs->next_page, "://"))
		abort();
	if (!rs->location)
		return;
	if (redirect_check(BASE, rs->location, NULL, &same, NULL) < 0)
		return;
	if (!str_starts(rs->location, "http://") && !str_starts(rs->location, "https://"))
		abort();
	if (url_resolve(rs->location, rs->location, "digest=sha256:0", &url, NULL) == 0 &&
	    !strstr(url, "digest=sha256"))
		abort();
}

static void check_body(struct http_response *rs, const char *body)
{
	struct token token = { 0 };
	char text[256];

	if (buf_adds(&rs->body, body) < 0)
		abort();
	answer_text(rs, text);
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			abort();
	if (token_read(rs, &token, NULL) == 0 && strpbrk(token.bearer, "\r\n"))
		abort();
	token_reset(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_response rs = { 0 };
	char *text = strndup((const char *)data, len);
	const char *body;

	if (!text)
		abort();
	body = take_head(&rs, text);
	if (rs.has_uploaded && rs.uploaded_bytes == 1)
		abort();
	if (upload_part_bytes(rs.uploaded_bytes, 1, rs.part_min_bytes) > rs.uploaded_bytes)
		abort();
	check_location(&rs);
	check_body(&rs, body);
	http_response_reset(&rs);
	free(text);
	return 0;
}
