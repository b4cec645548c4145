/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct request {
	char method[16], target[512], authorization[160], range[64];
	char body[4096]; /* its beginning */
	size_t got;	 /* of it, with the head */
	size_t body_len;
};

static void header_value(const char *text, const char *name, char *ret, size_t size)
{
	const char *at = strcasestr(text, name);

	*ret = '\0';
	if (!at)
		return;
	at += strlen(name);
	snprintf(ret, size, "%.*s", (int)strcspn(at, "\r\n"), at);
}

static bool read_request(int fd, struct request *ret)
{
	char text[8192], length[32];
	size_t len = 0;

	while (len < sizeof(text) - 1) {
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
		if (strstr(text, "\r\n\r\n"))
			break;
	}
	if (sscanf(text, "%15s %511s", ret->method, ret->target) != 2)
		return false;
	header_value(text, "\r\nAuthorization: ", ret->authorization, sizeof(ret->authorization));
	header_value(text, "\r\nRange: bytes=", ret->range, sizeof(ret->range));
	if (!*ret->range)
		header_value(text, "\r\nContent-Range: ", ret->range, sizeof(ret->range));
	header_value(text, "\r\nContent-Length: ", length, sizeof(length));
	ret->body_len = (size_t)atol(length);
	ret->got = len - (size_t)(strstr(text, "\r\n\r\n") + 4 - text);
	memcpy(ret->body, text + len - ret->got,
	       ret->got < sizeof(ret->body) ? ret->got : sizeof(ret->body));
	return true;
}

static void read_body(int fd, struct request *rq)
{
	char rest[4096];

	while (rq->got < rq->body_len) {
		ssize_t n = read(fd, rest, sizeof(rest));

		if (n <= 0)
			return;
		if (rq->got + (size_t)n <= sizeof(rq->body))
			memcpy(rq->body + rq->got, rest, (size_t)n);
		rq->got += (size_t)n;
	}
}

static struct answer *choose(struct server *s, const struct request *rq)
{
	for (size_t i = 0; i < s->n_answers; i++) {
		struct answer *a = &s->answers[i];

		if (a->method && strcmp(a->method, rq->method) != 0)
			continue;
		if (a->times < 0 || strncmp(a->path, rq->target, strlen(a->path)) != 0)
			continue;
		if (a->auth && strcmp(a->auth, rq->authorization) != 0)
			continue;
		if (a->times > 0 && --a->times == 0)
			a->times = -1;
		return a;
	}
	return NULL;
}

static void send_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

static void give(int fd, const struct answer *a, const struct request *rq)
{
	static const struct answer missing = { .status = 404 };
	size_t from = 0, len;
	char head[1024], range[128] = "";

	if (!a)
		a = &missing;
	if (a->ranges && *rq->range && (size_t)atol(rq->range) < a->len) {
		from = (size_t)atol(rq->range);
		snprintf(range, sizeof(range), "Content-Range: bytes %zu-%zu/%zu\r\n",
			 from + a->wrong_range, a->len - 1, a->len);
	}
	len = a->len - from;
	snprintf(head, sizeof(head),
		 "HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %zu\r\n%s%s%s%s%s\r\n",
		 *range	     ? 206
		 : a->status ? a->status
			     : 200,
		 len, a->type ? "Content-Type: " : "", a->type ? a->type : "",
		 a->type ? "\r\n" : "", a->headers ? a->headers : "", range);
	send_all(fd, head, strlen(head));
	if (a->cut_at && a->cut_at < len)
		len = a->cut_at;
	if (len > 0 && strcmp(rq->method, "HEAD") != 0)
		send_all(fd, (const char *)a->body + from, len);
}

static void answer(struct server *s, int fd, struct request *rq)
{
	const struct answer *a;

	pthread_mutex_lock(&s->lock);
	if (s->n_log < SERVER_LOG_MAX)
		snprintf(s->log[s->n_log++], sizeof(s->log[0]), "%s %s %s %s", rq->method,
			 rq->target, rq->authorization, rq->range);
	a = choose(s, rq);
	if (!a || !a->hangs_up) {
		read_body(fd, rq);
		memcpy(s->received, rq->body, sizeof(s->received));
		s->received_len = rq->got;
		give(fd, a, rq);
	}
	pthread_mutex_unlock(&s->lock);
}

static void *serve(void *arg)
{
	struct server *s = arg;

	for (;;) {
		int fd = accept(s->fd, NULL, NULL);
		struct request rq = { 0 };

		if (fd < 0)
			return NULL;
		if (read_request(fd, &rq))
			answer(s, fd, &rq);
		shutdown(fd, SHUT_WR);
		while (read(fd, rq.target, sizeof(rq.target)) > 0)
			;
		close(fd);
	}
}

void server_start(struct server *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);

	memset(s, 0, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	pthread_mutex_destroy(&s->lock);
	close(s->fd);
}

void server_add(struct server *s, const struct answer *a)
{
	pthread_mutex_lock(&s->lock);
	assert_true(s->n_answers < SERVER_ANSWERS_MAX);
	s->answers[s->n_answers++] = *a;
	pthread_mutex_unlock(&s->lock);
}

void server_clear(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	s->n_answers = 0;
	pthread_mutex_unlock(&s->lock);
}

size_t server_logged(struct server *s, const char *text)
{
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n_log; i++)
		if (strstr(s->log[i], text))
			n++;
	pthread_mutex_unlock(&s->lock);
	return n;
}
