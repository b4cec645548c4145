/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "client/api.h"
#include "client/upload.h"
#include "client/url.h"

/* A server whose answers are in the socket before they are asked for. */
struct server {
	const char *answers[4]; /* one for each connection */
	bool hang_up[4];
	bool dead[4]; /* ends when it is asked, without reading that */
	size_t dialled;
	int fds[4];
	pthread_t thread; /* of the dead one */
};

static void *end_when_asked(void *arg)
{
	int *fd = arg;

	assert_int_equal(fd_wait(*fd, POLLIN, -1), 1);
	fd_close(fd);
	return NULL;
}

static int dial(void *arg, int *ret_fd, struct err *err)
{
	struct server *s = arg;
	int pair[2];
	size_t i = s->dialled++;

	(void)err;
	assert_true(i < 4 && s->answers[i]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(fd_write_all(pair[1], s->answers[i], strlen(s->answers[i])), 0);
	if (s->hang_up[i])
		assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	s->fds[i] = pair[1];
	if (s->dead[i])
		assert_int_equal(pthread_create(&s->thread, NULL, end_when_asked, &s->fds[i]), 0);
	*ret_fd = pair[0];
	return 0;
}

static void server_close(struct server *s)
{
	for (size_t i = 0; i < s->dialled; i++)
		close(s->fds[i]);
}

static const char *sent(struct server *s, size_t i)
{
	static char text[4096];
	ssize_t n = recv(s->fds[i], text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static struct api *new_api(struct server *s)
{
	struct api *a;

	assert_int_equal(api_new(dial, s, &a), 0);
	return a;
}

static void a_json_body_comes_back_with_the_status(void **state)
{
	struct server s = { .answers = { "HTTP/1.1 201 Created\r\nContent-Length: 11\r\n\r\n"
					 "{\"Id\":\"abc\"}" } };
	struct api_request rq = { .method = "POST", .path = "/x" };
	cleanup_json json_t *body = json_pack("{s:i}", "a", 1), *ret = NULL;
	struct api *a = new_api(&s);
	const char *text;

	(void)state;
	rq.body = body;
	assert_int_equal(api_call(a, &rq, &ret, NULL), -EBADMSG);
	text = sent(&s, 0);
	assert_non_null(strstr(text, "POST /x HTTP/1.1\r\n"));
	assert_non_null(strstr(text, "\r\n\r\n{\"a\":1}"));
	api_free(a);
	server_close(&s);

	s = (struct server){ .answers = { "HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\n"
					  "{\"Id\":\"abc\"}" } };
	a = new_api(&s);
	assert_int_equal(api_call(a, &rq, &ret, NULL), 201);
	assert_string_equal(json_string_value(json_object_get(ret, "Id")), "abc");
	api_free(a);
	server_close(&s);
}

static void the_servers_message_is_the_error(void **state)
{
	static const struct {
		const char *answer;
		int code;
		const char *message;
	} cases[] = {
		{ "HTTP/1.1 404 X\r\nContent-Length: 22\r\n\r\n{\"message\":\"not there\"}",
		  -ENOENT, "moatd" },
		{ "HTTP/1.1 404 X\r\nContent-Length: 23\r\n\r\n{\"message\":\"not there\"}",
		  -ENOENT, "not there" },
		{ "HTTP/1.1 409 X\r\nContent-Length: 2\r\n\r\n{}", -EEXIST, "409" },
		{ "HTTP/1.1 400 X\r\nContent-Length: 4\r\n\r\noops", -EINVAL, "400" },
		{ "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", -EIO, "500" },
		{ "HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n", -EIO, "302" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct server s = { .answers = { cases[i].answer } };
		struct api_request rq = { .method = "GET", .path = "/x" };
		struct api *a = new_api(&s);
		struct err err;

		assert_int_equal(api_call(a, &rq, NULL, &err), cases[i].code);
		assert_non_null(strstr(err.msg, cases[i].message));
		api_free(a);
		server_close(&s);
	}
}

static void one_connection_carries_several_requests(void **state)
{
	struct server s = { .answers = { "HTTP/1.1 204 No Content\r\n\r\n" } };
	struct api_request rq = { .method = "POST", .path = "/x" };
	struct api *a = new_api(&s);

	(void)state;
	assert_int_equal(api_call(a, &rq, NULL, NULL), 204);
	assert_int_equal(api_send(a, &rq, NULL), 0);
	assert_int_equal(fd_write_all(s.fds[0], "HTTP/1.1 304 X\r\n\r\n", 18), 0);
	assert_int_equal(api_step(a, NULL), 1);
	assert_int_equal(api_finish(a, NULL, NULL), 304);
	assert_int_equal(s.dialled, 1);
	api_free(a);
	server_close(&s);
}

static void a_connection_the_server_closed_is_opened_again(void **state)
{
	struct server s = { .answers = { "HTTP/1.1 204 No Content\r\n\r\n",
					 "HTTP/1.1 204 X\r\nConnection: close\r\n\r\n",
					 "HTTP/1.1 204 X\r\n\r\n" },
			    .hang_up = { true } };
	struct api_request rq = { .method = "POST", .path = "/x" };
	struct api *a = new_api(&s);

	(void)state;
	for (size_t i = 1; i <= 3; i++) {
		assert_int_equal(api_call(a, &rq, NULL, NULL), 204);
		assert_int_equal(s.dialled, i);
	}
	api_free(a);
	server_close(&s);
}

static void a_lost_connection_is_an_error_of_its_own(void **state)
{
	struct server s = { .answers = { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{" },
			    .hang_up = { true } };
	struct api_request rq = { .method = "GET", .path = "/x" };
	struct api *a = new_api(&s);
	struct err err;

	(void)state;
	assert_int_equal(api_call(a, &rq, NULL, &err), -ECONNRESET);
	assert_string_equal(err.msg,
			    "moatd closed the connection in the middle of its answer; see `moat "
			    "system logs`");
	api_free(a);
	server_close(&s);
}

static void a_request_that_nobody_read_is_sent_again(void **state)
{
	struct server s = { .answers = { "", "HTTP/1.1 204 X\r\n\r\n" }, .dead = { true } };
	struct api_request rq = { .method = "POST", .path = "/x" };
	struct api *a = new_api(&s);

	(void)state;
	assert_int_equal(api_call(a, &rq, NULL, NULL), 204);
	assert_int_equal(s.dialled, 2);
	assert_int_equal(pthread_join(s.thread, NULL), 0);
	api_free(a);
	server_close(&s);
}

static void a_request_that_was_read_is_sent_again_where_that_does_no_harm(void **state)
{
	static const struct {
		const char *method;
		int r;
		size_t dialled;
	} cases[] = { { "POST", -ECONNRESET, 1 }, { "DELETE", -ECONNRESET, 1 }, { "GET", 204, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct server s = { .answers = { "", "HTTP/1.1 204 X\r\n\r\n" },
				    .hang_up = { true } };
		struct api_request rq = { .method = cases[i].method, .path = "/x" };
		struct api *a = new_api(&s);

		assert_int_equal(api_call(a, &rq, NULL, NULL), cases[i].r);
		assert_int_equal(s.dialled, cases[i].dialled);
		api_free(a);
		server_close(&s);
	}
}

static void an_upgrade_gives_the_stream_and_what_came_early(void **state)
{
	struct server s = { .answers = { "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nearly" } };
	struct api_request rq = { .method = "POST", .path = "/attach", .upgrade = true };
	cleanup(buf_reset) struct buf early = BUF_INIT;
	struct api *a = new_api(&s);
	int fd = -1;

	(void)state;
	assert_int_equal(api_upgrade(a, &rq, &fd, &early, NULL), 0);
	assert_string_equal(early.data, "early");
	assert_non_null(strstr(sent(&s, 0), "Connection: Upgrade\r\nUpgrade: tcp\r\n"));
	assert_int_equal(api_fd(a), -1);
	assert_true(fd >= 0);
	close(fd);
	api_free(a);
	server_close(&s);
}

static void a_refused_upgrade_is_an_error(void **state)
{
	struct server s = { .answers = { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" } };
	struct api_request rq = { .method = "POST", .path = "/attach", .upgrade = true };
	cleanup(buf_reset) struct buf early = BUF_INIT;
	struct api *a = new_api(&s);
	int fd = -1;

	(void)state;
	assert_int_equal(api_upgrade(a, &rq, &fd, &early, NULL), -EPROTO);
	assert_int_equal(fd, -1);
	api_free(a);
	server_close(&s);
}

static int count_bytes(const void *data, size_t len, void *arg)
{
	(void)data;
	*(size_t *)arg += len;
	return 0;
}

static void a_body_can_be_taken_piecewise(void **state)
{
	struct server s = { .answers = { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
					 "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n" } };
	size_t n = 0;
	struct api_request rq = {
		.method = "GET", .path = "/logs", .on_body = count_bytes, .arg = &n
	};
	struct api *a = new_api(&s);

	(void)state;
	assert_int_equal(api_call(a, &rq, NULL, NULL), 200);
	assert_int_equal(n, 7);
	api_free(a);
	server_close(&s);
}

/* Answers once the last chunk is there. */
static void answer_upload(int fd)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	cleanup(buf_reset) struct buf b = BUF_INIT;

	while (!b.data || !strstr(b.data, "\r\n7\r\narchive\r\n0\r\n\r\n"))
		if (buf_read_fd(&b, fd, 4096) <= 0)
			_exit(1);
	_exit(fd_write_all(fd, answer, strlen(answer)) == 0 ? 0 : 1);
}

static int dial_uploader(void *arg, int *ret_fd, struct err *err)
{
	pid_t *pid = arg;
	int pair[2];

	(void)err;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	*pid = fork();
	assert_true(*pid >= 0);
	if (*pid == 0)
		answer_upload(pair[1]);
	close(pair[1]);
	*ret_fd = pair[0];
	return 0;
}

static int pipe_with(const char *text)
{
	int in[2];

	assert_int_equal(pipe(in), 0);
	assert_int_equal(fd_write_all(in[1], text, strlen(text)), 0);
	close(in[1]);
	return in[0];
}

static void an_upload_is_sent_in_chunks(void **state)
{
	struct api_request rq = { .method = "POST", .path = "/load" };
	int fd = pipe_with("archive"), status;
	struct api *a;
	pid_t pid;

	(void)state;
	assert_int_equal(api_new(dial_uploader, &pid, &a), 0);
	assert_int_equal(api_upload(a, &rq, fd, NULL, NULL), 200);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	api_free(a);
}

static void an_upload_that_is_refused_early_ends_early(void **state)
{
	struct server s = { .answers = { "HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n" } };
	struct api_request rq = { .method = "POST", .path = "/load" };
	struct api *a = new_api(&s);
	int fd = open("/dev/zero", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(api_upload(a, &rq, fd, NULL, NULL), -EINVAL);
	close(fd);
	api_free(a);
	server_close(&s);
}

static void names_and_values_are_encoded(void **state)
{
	cleanup(buf_reset) struct buf url = BUF_INIT;

	(void)state;
	assert_int_equal(url_add_segment(&url, "images"), 0);
	assert_int_equal(url_add_segment(&url, "a/b:c d?e#f%"), 0);
	assert_int_equal(url_add_query(&url, "k", "a&b=ü"), 0);
	assert_int_equal(url_add_query(&url, "none", NULL), 0);
	assert_int_equal(url_add_query(&url, "l", ""), 0);
	assert_string_equal(url.data, "/images/a/b:c%20d%3Fe%23f%25?k=a%26b%3D%C3%BC&l=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_json_body_comes_back_with_the_status),
		cmocka_unit_test(the_servers_message_is_the_error),
		cmocka_unit_test(one_connection_carries_several_requests),
		cmocka_unit_test(a_connection_the_server_closed_is_opened_again),
		cmocka_unit_test(a_lost_connection_is_an_error_of_its_own),
		cmocka_unit_test(a_request_that_nobody_read_is_sent_again),
		cmocka_unit_test(a_request_that_was_read_is_sent_again_where_that_does_no_harm),
		cmocka_unit_test(an_upgrade_gives_the_stream_and_what_came_early),
		cmocka_unit_test(a_refused_upgrade_is_an_error),
		cmocka_unit_test(a_body_can_be_taken_piecewise),
		cmocka_unit_test(an_upload_is_sent_in_chunks),
		cmocka_unit_test(an_upload_that_is_refused_early_ends_early),
		cmocka_unit_test(names_and_values_are_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
