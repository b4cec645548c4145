/* SPDX-License-Identifier: Apache-2.0 */
#include "client/url.h"

#include <ctype.h>
#include <string.h>

static int add_encoded(struct buf *url, const char *s, const char *also_plain)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		char encoded[3] = { '%', hex[c >> 4], hex[c & 15] };
		bool plain = isalnum(c) || strchr("-._~", c) || strchr(also_plain, c);
		int r = plain ? buf_add(url, s, 1) : buf_add(url, encoded, sizeof(encoded));

		if (r < 0)
			return r;
	}
	return 0;
}

int url_add_segment(struct buf *url, const char *segment)
{
	int r = buf_adds(url, "/");

	/* The names of images have slashes, which the API takes as they are. */
	return r < 0 ? r : add_encoded(url, segment, "/:@");
}

int url_add_query(struct buf *url, const char *key, const char *value)
{
	bool first = url->len == 0 || !memchr(url->data, '?', url->len);
	int r;

	if (!value)
		return 0;
	r = buf_addf(url, "%c%s=", first ? '?' : '&', key);
	return r < 0 ? r : add_encoded(url, value, "/:");
}
