/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/sending.h"

#include <string.h>

#include "base/fd.h"
#include "base/str.h"

/*
 * Theory of operation: a body is read as libcurl asks for it, from memory or at an offset of a
 * file, so that several threads can send one file and a redirection starts it over.  Its length is
 * announced and kept.
 *
 * The body is ours; the peer decides only how long sending takes.
 */

static size_t on_read(char *data, size_t size, size_t n, void *arg)
{
	struct sending *s = arg;
	uint64_t left = s->body->len - s->at;
	size_t len = size * n < left ? size * n : (size_t)left;

	if (s->body->data)
		memcpy(data, (const char *)s->body->data + s->at, len);
	else
		s->result = fd_pread_exact(s->body->fd, data, len, s->body->at + s->at);
	if (s->result < 0)
		return CURL_READFUNC_ABORT;
	s->at += len;
	return len;
}

static int on_seek(void *arg, curl_off_t offset, int origin)
{
	struct sending *s = arg;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > s->body->len)
		return CURL_SEEKFUNC_FAIL;
	s->at = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

void sending_begin(struct sending *s, CURL *easy, const char *method, const struct http_body *body)
{
	*s = (struct sending){ .body = body };
	if (body) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)body->len);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(easy, CURLOPT_READDATA, s);
		curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(easy, CURLOPT_SEEKDATA, s);
	}
	if (method && streq(method, "HEAD"))
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else if (method)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

void sending_progress(const struct sending *s, uint64_t sent_bytes)
{
	if (s->body && s->body->sent)
		s->body->sent(s->body->arg, sent_bytes);
}
