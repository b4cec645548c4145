/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "image/registry/peer.h"
#include "image/registry/receiving.h"
#include "image/registry/redirect.h"
#include "image/registry/response.h"
#include "image/registry/sending.h"
#include "image/registry/transport.h"
#include "image/store/progress.h"

/*
 * Theory of operation: libcurl's easy interface in the calling thread, which may block here.  A
 * silent peer ends in a timeout; header and body have limits that are enforced as bytes arrive.
 * Redirections are followed here and not by libcurl, as plain HTTP is allowed for this machine only
 * (redirect.c); headers of earlier answers are dropped.  This machine is reached without a proxy,
 * and each host has its own certificates (peer.c).
 *
 * A hostile registry, or whoever it redirects to, controls every byte of an answer.
 */

#define CONNECT_TIMEOUT_SEC  10L
#define STALL_TIMEOUT_SEC    30L  /* seconds without a single byte */
#define DIGEST_TIMEOUT_SEC   300L /* the same, while a registry checks what it was sent */
#define DOCUMENT_TIMEOUT_SEC 120ULL
#define SINK_BUFFER_BYTES    (256L << 10)
#define REDIRECTS_MAX	     5
#define HEADER_MAX_BYTES     (256u << 10)
#define ERROR_MAX_BYTES	     (64u << 10)

/* A step on a chain of redirections. */
struct hop {
	char *url;
	bool trusted; /* all steps so far led to the host that credentials are for */
	uint64_t deadline_usec;
};

struct http {
	CURL *easy;
	const struct progress *progress;
	const struct settings *settings;
	char *peer_key; /* whom @peer is about: "SCHEME HOST[:PORT]"; NULL: nobody */
	struct peer peer;
	char curl_error[CURL_ERROR_SIZE];
	/* Members of the request under way. */
	const struct http_request *request;
	struct http_response response;
	struct sending sending;
	struct receiving receiving;
	size_t header_bytes;
	bool cut; /* an error's body was longer than its limit */
	struct err error;
	int result; /* the sink's result */
};

int http_new(const struct progress *progress, const struct settings *settings, struct http **ret)
{
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->progress = progress;
	h->settings = settings;
	h->easy = curl_easy_init();
	if (!h->easy) {
		free(h);
		return -ENOMEM;
	}
	*ret = h;
	return 0;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->easy);
	http_response_reset(&h->response);
	receiving_reset(&h->receiving);
	peer_reset(&h->peer);
	free(h->peer_key);
	free(h);
}

const struct settings *http_settings(const struct http *h)
{
	return h->settings;
}

const struct progress *http_progress(const struct http *h)
{
	return h->progress;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;
	size_t len = size * n;
	cleanup_free char *line = strndup(data, len);

	h->header_bytes += len;
	if (!line || h->header_bytes > HEADER_MAX_BYTES) {
		h->result =
			err_set(&h->error, line ? -EPROTO : -ENOMEM, "answer has too many headers");
		return 0;
	}
	line[strcspn(line, "\r\n")] = '\0';
	if (str_starts(line, "HTTP/")) {
		http_response_reset(&h->response);
		return len;
	}
	if (response_take_header(&h->response, line) < 0) {
		h->result = err_set(&h->error, -ENOMEM, "out of memory");
		return 0;
	}
	return len;
}

static int to_sink(struct http *h, const void *data, size_t len)
{
	uint64_t offset = h->response.status == 206 ? h->response.range_start : 0;

	return receiving_add(&h->receiving, offset, data, len, &h->error);
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;
	struct http_response *rs = &h->response;
	size_t len = size * n, max = h->request->max_bytes;
	bool good;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &rs->status);
	good = rs->status == 200 || rs->status == 206;
	if (good && h->request->sink) {
		h->result = to_sink(h, data, len);
		return h->result < 0 ? 0 : len;
	}
	if (!good)
		max = ERROR_MAX_BYTES;
	if (len > max - rs->body.len) {
		h->cut = !good;
		if (good)
			h->result =
				err_set(&h->error, -EFBIG, "answer is larger than %zu bytes", max);
		return 0;
	}
	if (buf_add(&rs->body, data, len) < 0) {
		h->result = err_set(&h->error, -ENOMEM, "out of memory");
		return 0;
	}
	return len;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct http *h = arg;

	(void)a, (void)b, (void)c;
	sending_progress(&h->sending, (uint64_t)d);
	if (h->result == 0)
		h->result = receiving_flush_old(&h->receiving, &h->error);
	return h->result < 0 || progress_cancelled(h->progress);
}

static void set_limits(struct http *h, const struct http_request *rq, const struct hop *hop)
{
	uint64_t now = clock_mono_usec();
	CURL *c = h->easy;

	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_SEC);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
			 rq->body ? DIGEST_TIMEOUT_SEC : STALL_TIMEOUT_SEC);
	if (!rq->sink && !rq->body)
		curl_easy_setopt(c, CURLOPT_TIMEOUT_MS,
				 hop->deadline_usec > now
					 ? (long)((hop->deadline_usec - now) / 1000) + 1
					 : 1L);
	curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, rq->sink ? SINK_BUFFER_BYTES : 16384L);
	if (rq->body && rq->body->len > SINK_BUFFER_BYTES)
		curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, SINK_BUFFER_BYTES);
}

/* Looks up how the hop's host is reached, unless it is the last hop's host. */
static int find_peer(struct http *h, const struct hop *hop, struct err *err)
{
	cleanup_free char *host = NULL, *key = NULL;
	bool is_https;
	int r = url_authority(hop->url, &host, &is_https, err);

	if (r < 0)
		return r;
	key = str_printf("%s %s", is_https ? "https" : "http", host);
	if (!key)
		return err_nomem(err);
	if (h->peer_key && streq(key, h->peer_key))
		return 0;
	free(take_ptr(h->peer_key));
	peer_reset(&h->peer);
	r = peer_find(h->settings, host, is_https, &h->peer, err);
	if (r == 0)
		h->peer_key = take_ptr(key);
	return r;
}

static void set_callbacks(struct http *h)
{
	CURL *c = h->easy;

	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->curl_error);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, h);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, h);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
}

static void set_request(struct http *h, const struct http_request *rq, const struct hop *hop)
{
	CURL *c = h->easy;
	char range[32];

	curl_easy_setopt(c, CURLOPT_URL, hop->url);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "moat/" MOAT_VERSION);
	sending_begin(&h->sending, c, rq->method, rq->body);
	if (hop->trusted && rq->bearer) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, rq->bearer);
	} else if (hop->trusted && rq->username) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		curl_easy_setopt(c, CURLOPT_USERNAME, rq->username);
		curl_easy_setopt(c, CURLOPT_PASSWORD, rq->password ? rq->password : "");
	}
	if (rq->offset) {
		snprintf(range, sizeof(range), "%" PRIu64 "-", rq->offset);
		curl_easy_setopt(c, CURLOPT_RANGE, range);
	}
}

static int perform_request(struct http *h, struct err *err)
{
	CURLcode code;

	h->result = 0;
	h->header_bytes = 0;
	h->cut = false;
	h->curl_error[0] = '\0';
	receiving_begin(&h->receiving, h->request->sink);
	code = curl_easy_perform(h->easy);
	if (h->result == 0)
		h->result = receiving_flush(&h->receiving, &h->error);
	if (h->result < 0)
		return err_set(err, h->result, "%s", h->error.msg);
	if (h->sending.result < 0)
		return err_errno(err, -EIO, "read what is to be sent");
	if (code != CURLE_OK && !h->cut)
		return transport_error(code, h->curl_error,
				       h->peer_key ? strchr(h->peer_key, ' ') + 1 : "HOST", err);
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &h->response.status);
	return 0;
}

static int take_hop(struct http *h, const struct http_request *rq, const struct hop *hop,
		    struct curl_slist *headers, struct err *err)
{
	int r = find_peer(h, hop, err);

	if (r < 0)
		return r;
	curl_easy_reset(h->easy);
	http_response_reset(&h->response);
	h->request = rq;
	set_limits(h, rq, hop);
	peer_apply(&h->peer, h->easy, url_leads_here(hop->url));
	set_callbacks(h);
	set_request(h, rq, hop);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, headers);
	return perform_request(h, err);
}

/* For these answers, browsers repeat a POST as a GET. */
static bool loses_the_method(const struct http_request *rq, long status)
{
	return rq->method && !streq(rq->method, "HEAD") && status != 307 && status != 308;
}

/* Finds the next step.  Return: 1, and @hop is the next step; 0 when the answer is the last; -errno
 * with a message. */
static int next_hop(struct http *h, struct hop *hop, struct err *err)
{
	cleanup_free char *next = NULL;
	bool same_host = false;
	const char *to = NULL;
	int r;

	curl_easy_getinfo(h->easy, CURLINFO_REDIRECT_URL, &to);
	if (!to)
		return 0;
	if (loses_the_method(h->request, h->response.status))
		return err_set(err, -EPROTO, "redirection of a %s to %.200s refused: %ld",
			       h->request->method, to, h->response.status);
	r = redirect_check(hop->url, to, h->settings, &same_host, err);
	if (r < 0)
		return r;
	next = strdup(to);
	if (!next)
		return err_nomem(err);
	free(hop->url);
	hop->url = take_ptr(next);
	hop->trusted = hop->trusted && same_host;
	return 1;
}

static int follow_redirects(struct http *h, const struct http_request *rq,
			    struct curl_slist *headers, struct err *err)
{
	struct hop hop = { .url = strdup(rq->url),
			   .trusted = true,
			   .deadline_usec =
				   clock_mono_usec() + DOCUMENT_TIMEOUT_SEC * USEC_PER_SEC };
	int r = hop.url ? 1 : err_nomem(err);

	for (int i = 0; r > 0 && i <= REDIRECTS_MAX; i++) {
		r = take_hop(h, rq, &hop, headers, err);
		if (r == 0)
			r = next_hop(h, &hop, err);
	}
	if (r > 0)
		r = err_set(err, -EPROTO, "more than %d redirects", REDIRECTS_MAX);
	/* A challenge names the server that gets our credentials, so challenges of hosts that we
	 * were redirected to are dropped. */
	if (!hop.trusted)
		strv_free(take_ptr(h->response.challenges));
	if (r == 0)
		r = response_complete(&h->response, hop.url, err);
	free(hop.url);
	return r;
}

static int make_headers(const struct http_request *rq, struct curl_slist **ret)
{
	cleanup_strv char **lines = NULL;

	/* Without this, libcurl would wait for servers that do not know "Expect". */
	if ((rq->accept && strv_addf(&lines, "Accept: %s", rq->accept) < 0) ||
	    (rq->body && (strv_addf(&lines, "Content-Type: %s", rq->body->type) < 0 ||
			  strv_add(&lines, "Expect:") < 0)) ||
	    (rq->body && rq->body->is_part &&
	     strv_addf(&lines, "Content-Range: %" PRIu64 "-%" PRIu64, rq->body->at,
		       rq->body->at + rq->body->len - 1) < 0))
		return -ENOMEM;
	for (size_t i = 0; i < strv_len(lines); i++) {
		struct curl_slist *longer = curl_slist_append(*ret, lines[i]);

		if (!longer)
			return -ENOMEM;
		*ret = longer;
	}
	return 0;
}

int http_send(struct http *h, const struct http_request *rq, struct http_response *ret,
	      struct err *err)
{
	struct curl_slist *headers = NULL;
	int r = make_headers(rq, &headers);

	r = r < 0 ? err_nomem(err) : follow_redirects(h, rq, headers, err);
	curl_slist_free_all(headers);
	if (r < 0)
		return r;
	*ret = h->response;
	h->response = (struct http_response){ 0 };
	return 0;
}
