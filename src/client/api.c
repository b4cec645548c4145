/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a request is written in one send(2) where it fits, the response is read
 * by api_step() into a fixed buffer and fed to the parser.  Sockets stay blocking: callers with
 * a poll loop of their own call api_step() when the descriptor is readable.
 *
 * Input: the parser (http.c) bounds the head, API_REPLY_MAX_BYTES what is gathered of a body.
 */
#include "client/api-inner.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/str.h"

/* Bytes of a request's head without the texts that it names, at most. */
#define HEAD_BYTES 512

int api_new(api_dial_fn dial, void *arg, struct api **ret)
{
	struct api *a = malloc(sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->dial = dial;
	a->dial_arg = arg;
	a->fd = -1;
	a->body = BUF_INIT;
	a->in_start = a->in_len = 0;
	a->body_refused = a->unread = false;
	http_response_init(&a->response, NULL, NULL);
	*ret = a;
	return 0;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	api_disconnect(a);
	http_response_reset(&a->response);
	buf_reset(&a->body);
	free(a);
}

void api_disconnect(struct api *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	a->in_len = 0;
}

int api_fd(const struct api *a)
{
	return a->fd;
}

int api_status(const struct api *a)
{
	return a->response.state == HTTP_HEAD ? 0 : a->response.status;
}

const char *api_header(const struct api *a)
{
	return a->response.wanted_value;
}

bool api_done(const struct api *a)
{
	return a->response.state == HTTP_DONE;
}

/* The body of a success goes to the caller; that of an error is gathered for its message. */
static int on_body(const void *data, size_t len, void *arg)
{
	struct api *a = arg;

	if (a->on_body && a->response.status < 300) {
		int r = a->on_body(data, len, a->arg);

		a->body_refused = r < 0;
		return r;
	}
	if (len > API_REPLY_MAX_BYTES - a->body.len)
		return -EFBIG;
	return buf_add(&a->body, data, len);
}

static int connection_lost(struct api *a, int code, struct err *err)
{
	bool in_body = a->response.state != HTTP_HEAD && a->response.state != HTTP_DONE;

	api_disconnect(a);
	if (code == -EPIPE || code == -ECONNRESET)
		return err_set(err, -ECONNRESET, "moatd closed the connection%s",
			       in_body ? " in the middle of its answer; see `moat system logs`"
				       : "");
	return err_errno(err, code, "talk to moatd");
}

/* Opens a connection anew where the old one is readable: it was closed, or sends something unasked
 * for. */
static int ensure_connected(struct api *a, struct err *err)
{
	if (a->fd >= 0 && (a->response.close || fd_wait(a->fd, POLLIN, 0) != 0))
		api_disconnect(a);
	return a->fd >= 0 ? 0 : a->dial(a->dial_arg, &a->fd, err);
}

int api_send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_request(struct buf *b, const struct api_request *rq, const char *text,
			 bool chunked)
{
	int r = buf_addf(b, "%s %s HTTP/1.1\r\nHost: moat\r\nUser-Agent: moat/" MOAT_VERSION "\r\n",
			 rq->method, rq->path);

	if (r == 0 && rq->registry_auth)
		r = buf_addf(b, "X-Registry-Auth: %s\r\n", rq->registry_auth);
	if (r == 0 && rq->upgrade)
		r = buf_adds(b, "Connection: Upgrade\r\nUpgrade: tcp\r\n");
	if (r == 0 && chunked)
		r = buf_adds(b, "Content-Type: application/x-tar\r\n"
				"Transfer-Encoding: chunked\r\n\r\n");
	else if (r == 0 && text)
		r = buf_addf(b, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			     strlen(text), text);
	else if (r == 0)
		r = buf_adds(b, streq(rq->method, "GET") ? "\r\n" : "Content-Length: 0\r\n\r\n");
	return r;
}

int api_begin_request(struct api *a, const struct api_request *rq, bool chunked, struct err *err)
{
	cleanup(buf_wipe) struct buf out = BUF_INIT;
	cleanup_free char *text = NULL;
	int r;

	if (rq->body) {
		text = json_write(rq->body);
		if (!text)
			return err_errno(err, -ENOMEM, "write a request");
	}
	/* Room is made all at once, and overwritten below: the head may hold a password. */
	r = buf_reserve(&out, strlen(rq->path) +
				      (rq->registry_auth ? strlen(rq->registry_auth) : 0) +
				      (text ? strlen(text) : 0) + HEAD_BYTES);
	if (r == 0)
		r = write_request(&out, rq, text, chunked);
	if (r < 0)
		return err_errno(err, r, "write a request");
	r = ensure_connected(a, err);
	if (r < 0)
		return r;
	a->on_body = rq->on_body;
	a->arg = rq->arg;
	a->in_len = 0;
	buf_reset(&a->body);
	http_response_reset(&a->response);
	http_response_init(&a->response, on_body, a);
	a->response.no_body = streq(rq->method, "HEAD");
	a->response.wanted = rq->want_header;
	a->answered_early = false;
	a->body_refused = false;
	r = api_send_all(a->fd, out.data, out.len);
	a->unread = r < 0;
	return r < 0 ? connection_lost(a, r, err) : 0;
}

int api_send(struct api *a, const struct api_request *rq, struct err *err)
{
	return api_begin_request(a, rq, false, err);
}

int api_step(struct api *a, struct err *err)
{
	ssize_t n, used;

	if (a->fd < 0)
		return connection_lost(a, -ECONNRESET, err);
	do {
		n = recv(a->fd, a->in, sizeof(a->in), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		/* unix(7): a peer that had read everything would be an end of file. */
		a->unread = errno == ECONNRESET;
		return connection_lost(a, -errno, err);
	}
	if (n == 0) {
		if (http_response_eof(&a->response) < 0)
			return connection_lost(a, -ECONNRESET, err);
		return 1;
	}
	used = http_response_feed(&a->response, a->in, (size_t)n);
	if (used < 0) {
		api_disconnect(a);
		return err_errno(err, (int)used,
				 a->body_refused ? "write what moatd sent"
						 : "answer of moatd to a request");
	}
	a->in_start = (size_t)used;
	a->in_len = (size_t)(n - used);
	return a->response.state == HTTP_DONE;
}

static int status_errno(int status)
{
	switch (status) {
	case 400:
		return -EINVAL;
	case 401:
	case 403:
		return -EACCES;
	case 404:
		return -ENOENT;
	case 409:
		return -EEXIST;
	case 501:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

static int server_error(struct api *a, struct err *err)
{
	cleanup_json json_t *json = NULL;
	const char *message = NULL;
	int64_t errnum = 0;
	int code = status_errno(a->response.status);

	if (a->body.len > 0 && json_read(a->body.data, a->body.len, "error", &json, NULL) == 0 &&
	    json_is_object(json)) {
		(void)json_get_str(json, "message", &message, NULL);
		(void)json_get_i64(json, "errno", &errnum, NULL);
	}
	if (message)
		err_set(err, code, "%s", message);
	else
		err_set(err, code, "moatd answered with status %d", a->response.status);
	if (err && errnum > 0 && errnum <= INT_MAX)
		err->code = -(int)errnum;
	return code;
}

int api_finish(struct api *a, json_t **ret, struct err *err)
{
	cleanup_json json_t *json = NULL;
	int status = a->response.status, r;

	if (status >= 400 || (status >= 300 && status != 304))
		return server_error(a, err);
	if (ret && a->body.len > 0) {
		r = json_read(a->body.data, a->body.len, "answer of moatd", &json, err);
		if (r < 0)
			return r;
	}
	if (ret)
		*ret = take_ptr(json);
	return status;
}

int api_receive_response(struct api *a, json_t **ret, struct err *err)
{
	int r;

	do {
		r = api_step(a, err);
	} while (r == 0);
	return r < 0 ? r : api_finish(a, ret, err);
}

static bool only_looks(const struct api_request *rq)
{
	return streq(rq->method, "GET") || streq(rq->method, "HEAD");
}

static int ask_once(struct api *a, const struct api_request *rq, json_t **ret, struct err *err)
{
	int r = api_begin_request(a, rq, false, err);

	return r == 0 ? api_receive_response(a, ret, err) : r;
}

/* A moatd that was just killed may still have taken the connection.  Its successor is asked once,
 * where the dead one did not read the request, or where doing it twice does no harm. */
int api_call(struct api *a, const struct api_request *rq, json_t **ret, struct err *err)
{
	int r = ask_once(a, rq, ret, err);

	if (r == -ECONNRESET && a->response.status == 0 && (a->unread || only_looks(rq)))
		r = ask_once(a, rq, ret, err);
	return r;
}

int api_upgrade(struct api *a, const struct api_request *rq, int *ret_fd, struct buf *early,
		struct err *err)
{
	int r = api_call(a, rq, NULL, err);

	if (r < 0)
		return r;
	if (!a->response.upgraded) {
		api_disconnect(a);
		return err_set(err, -EPROTO, "moatd answered with status %d instead of a stream",
			       r);
	}
	r = buf_add(early, a->in + a->in_start, a->in_len);
	if (r < 0)
		return err_errno(err, r, "read a stream");
	*ret_fd = take_fd(&a->fd);
	a->in_len = 0;
	return 0;
}
