/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a state machine over the bytes of one response.  The head and the lines
 * of the chunked coding are gathered in a buffer of bounded size, since they may arrive in any
 * pieces; body bytes are handed on where they lie.  No I/O happens here.
 *
 * Input: whoever listens on the socket, by default moatd of the same user.  It is treated as
 * hostile: lengths are checked against overflow, lines against a limit, and both framings at
 * once are refused.
 */
#include "client/http.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/str.h"

void http_response_init(struct http_response *h, http_body_fn fn, void *arg)
{
	*h = (struct http_response){ .on_body = fn, .arg = arg };
}

void http_response_reset(struct http_response *h)
{
	buf_reset(&h->line);
	free(take_ptr(h->wanted_value));
}

/*
 * Takes bytes up to and including a newline.  Sets ret_line when the line is complete:
 * NUL-terminated, without its line end, valid until the next call.
 */
static ssize_t take_http_line(struct http_response *h, const char *data, size_t len,
			      char **ret_line)
{
	const char *end = memchr(data, '\n', len);
	size_t n = end ? (size_t)(end - data) + 1 : len;
	int r;

	if (h->line.len + n > HTTP_LINE_MAX_BYTES)
		return -EFBIG;
	r = buf_add(&h->line, data, n);
	if (r < 0)
		return r;
	*ret_line = NULL;
	if (end) {
		size_t l = h->line.len - 1;

		if (l > 0 && h->line.data[l - 1] == '\r')
			l--;
		h->line.data[l] = '\0';
		h->line.len = 0;
		*ret_line = h->line.data;
	}
	return (ssize_t)n;
}

static int parse_status(struct http_response *h, const char *line)
{
	const char *s = str_starts(line, "HTTP/1.");

	if (!s || (*s != '0' && *s != '1') || s[1] != ' ')
		return -EBADMSG;
	h->close = *s == '0';
	s += 2;
	for (int i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '9')
			return -EBADMSG;
	if (s[3] != '\0' && s[3] != ' ')
		return -EBADMSG;
	h->status = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
	return h->status >= 100 && h->status <= 599 ? 0 : -EBADMSG;
}

static int parse_length(struct http_response *h, const char *value)
{
	uint64_t n;

	if (str_to_u64(value, &n) < 0 || (h->has_length && n != h->left))
		return -EBADMSG;
	h->has_length = true;
	h->left = n;
	return 0;
}

static int parse_header(struct http_response *h, char *line)
{
	char *colon = strchr(line, ':'), *value;
	size_t n;

	if (!colon || colon == line || strcspn(line, " \t") < (size_t)(colon - line))
		return -EBADMSG;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	n = strlen(value);
	while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
		value[--n] = '\0';
	if (strcasecmp(line, "Content-Length") == 0)
		return parse_length(h, value);
	if (strcasecmp(line, "Transfer-Encoding") == 0) {
		if (strcasecmp(value, "chunked") != 0)
			return -EBADMSG;
		h->chunked = true;
	} else if (strcasecmp(line, "Connection") == 0 && strcasecmp(value, "close") == 0) {
		h->close = true;
	} else if (strcasecmp(line, "Content-Type") == 0) {
		snprintf(h->content_type, sizeof(h->content_type), "%s", value);
	} else if (h->wanted && strcasecmp(line, h->wanted) == 0) {
		free(h->wanted_value);
		h->wanted_value = strdup(value);
		if (!h->wanted_value)
			return -ENOMEM;
	}
	return 0;
}

/* RFC 9112, section 6.3: how long the body is. */
static int enter_body(struct http_response *h)
{
	if (h->chunked && h->has_length)
		return -EBADMSG;
	if (h->status == 101) {
		h->upgraded = true;
		h->state = HTTP_DONE;
	} else if (h->status < 200) {
		const struct http_response asked = *h;

		http_response_reset(h);
		http_response_init(h, asked.on_body, asked.arg);
		h->no_body = asked.no_body;
		h->wanted = asked.wanted;
	} else if (h->status == 204 || h->status == 304 || h->no_body) {
		h->state = HTTP_DONE;
	} else if (h->chunked) {
		h->state = HTTP_CHUNK_SIZE;
	} else if (h->has_length) {
		h->state = h->left > 0 ? HTTP_SIZED : HTTP_DONE;
	} else {
		h->close = true;
		h->state = HTTP_UNTIL_CLOSE;
	}
	return 0;
}

static int parse_head(struct http_response *h)
{
	char *line = h->line.data, *next;
	bool first = true;
	int r;

	if (memchr(line, '\0', h->line.len))
		return -EBADMSG;
	for (; line; line = next) {
		size_t n;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		n = strlen(line);
		if (n > 0 && line[n - 1] == '\r')
			line[--n] = '\0';
		if (n == 0 && !first)
			break;
		r = first ? parse_status(h, line) : parse_header(h, line);
		if (r < 0)
			return r;
		first = false;
	}
	buf_reset(&h->line);
	return enter_body(h);
}

/* The head ends at the first empty line; everything before it is gathered. */
static ssize_t feed_head(struct http_response *h, const char *data, size_t len)
{
	size_t used = 0;

	while (used < len) {
		char c = data[used++];
		const char *d;
		int r;

		if (h->line.len + 1 > HTTP_HEAD_MAX_BYTES)
			return -EFBIG;
		r = buf_add(&h->line, &c, 1);
		if (r < 0)
			return r;
		if (c != '\n')
			continue;
		d = h->line.data + h->line.len;
		if ((h->line.len >= 2 && d[-2] == '\n') ||
		    (h->line.len >= 3 && d[-2] == '\r' && d[-3] == '\n')) {
			r = parse_head(h);
			return r < 0 ? r : (ssize_t)used;
		}
	}
	return (ssize_t)used;
}

static ssize_t feed_body(struct http_response *h, const char *data, size_t len)
{
	size_t n = len;

	if (h->state != HTTP_UNTIL_CLOSE) {
		if (n > h->left)
			n = (size_t)h->left;
		h->left -= n;
	}
	if (h->on_body) {
		int r = h->on_body(data, n, h->arg);

		if (r < 0)
			return r;
	}
	if (h->state == HTTP_SIZED && h->left == 0)
		h->state = HTTP_DONE;
	else if (h->state == HTTP_CHUNK_DATA && h->left == 0)
		h->state = HTTP_CHUNK_END;
	return (ssize_t)n;
}

static int parse_chunk_size(struct http_response *h, const char *line)
{
	size_t digits = strspn(line, "0123456789abcdefABCDEF");

	if (digits == 0 || digits > 15 || (line[digits] && !strchr("; \t", line[digits])))
		return -EBADMSG;
	h->left = strtoull(line, NULL, 16);
	h->state = h->left > 0 ? HTTP_CHUNK_DATA : HTTP_TRAILER;
	return 0;
}

static ssize_t feed_line(struct http_response *h, const char *data, size_t len)
{
	char *line;
	ssize_t n = take_http_line(h, data, len, &line);

	if (n < 0 || !line)
		return n;
	if (h->state == HTTP_CHUNK_SIZE) {
		int r = parse_chunk_size(h, line);

		return r < 0 ? r : n;
	}
	if (h->state == HTTP_CHUNK_END) {
		if (*line)
			return -EBADMSG;
		h->state = HTTP_CHUNK_SIZE;
	} else if (!*line) {
		h->state = HTTP_DONE;
	}
	return n;
}

ssize_t http_response_feed(struct http_response *h, const char *data, size_t len)
{
	size_t used = 0;

	while (used < len && h->state != HTTP_DONE) {
		ssize_t n;

		if (h->state == HTTP_HEAD)
			n = feed_head(h, data + used, len - used);
		else if (h->state == HTTP_SIZED || h->state == HTTP_CHUNK_DATA ||
			 h->state == HTTP_UNTIL_CLOSE)
			n = feed_body(h, data + used, len - used);
		else
			n = feed_line(h, data + used, len - used);
		if (n < 0)
			return n;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

int http_response_eof(struct http_response *h)
{
	if (h->state == HTTP_UNTIL_CLOSE)
		h->state = HTTP_DONE;
	return h->state == HTTP_DONE ? 0 : -ECONNRESET;
}
