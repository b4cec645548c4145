/* SPDX-License-Identifier: Apache-2.0 */
/* Unix sockets between host and container, both ways. */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/unix.h"
#include "control/names.h"
#include "fake.h"
#include "link/connect.h"
#include "link/setup.h"

#define LISTEN	"{\"op\":\"listen\",\"path\":\"/run/app.sock\"}"
#define CONNECT "{\"op\":\"connect\",\"call\":1}"

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* The next message asks for a connection.  Return: its stream. */
static uint32_t expect_connect(int fd, uint32_t call, const char *path)
{
	struct buf payload = BUF_INIT;
	struct link_connect got;
	struct link_header h = guest_expect(fd, LINK_CONNECT, &payload);

	check(h.container == 1);
	check(link_connect_get(
		      (struct wire_view){ (const unsigned char *)payload.data, payload.len },
		      &got) == 0);
	check(got.call == call && streq(got.path, path));
	link_connect_reset(&got);
	buf_reset(&payload);
	return h.stream;
}

static void send_started(int fd, uint32_t stream)
{
	const unsigned char none[4] = { 0 };

	guest_send(fd, LINK_STARTED, stream, none, sizeof(none));
	guest_grant(fd, stream, LINK_WINDOW);
}

static void send_end(int fd, uint32_t stream)
{
	guest_send_frame(
		fd,
		(struct link_header){ .type = LINK_EOF, .channel = LINK_STDOUT, .stream = stream },
		NULL, 0);
}

static void expect_data(int fd, uint32_t stream, const char *text)
{
	struct buf payload = BUF_INIT;
	struct link_header h = guest_expect(fd, LINK_DATA, &payload);

	check(h.stream == stream && payload.len == strlen(text) &&
	      memcmp(payload.data, text, payload.len) == 0);
	buf_reset(&payload);
}

static void send_call(int fd, uint32_t number, uint8_t place)
{
	const struct link_call call = { number, place };
	struct buf payload = BUF_INIT;

	check(link_call_put(&payload, &call) == 0);
	guest_send_frame(fd, (struct link_header){ .type = LINK_CALL, .container = 1 },
			 payload.data, payload.len);
	buf_reset(&payload);
}

static void expect_refusal(int fd, uint32_t number)
{
	struct buf payload = BUF_INIT;
	struct link_call call;

	guest_expect(fd, LINK_CALL, &payload);
	check(link_call_get((struct wire_view){ (const unsigned char *)payload.data, payload.len },
			    &call) == 0 &&
	      call.number == number);
	buf_reset(&payload);
}

static void end_all(int fd)
{
	guest_expect(fd, LINK_SIGNAL, NULL);
	guest_exited(fd, 1, 0, 9);
	guest_down(fd);
}

/* The service answers before it has heard the end, and ends first. */
static void with_service(int fd)
{
	uint32_t stream;

	guest_boot(fd);
	guest_started(fd);
	stream = expect_connect(fd, 0, "/run/app.sock");
	send_started(fd, stream);
	expect_data(fd, stream, "question");
	guest_output(fd, stream, LINK_STDOUT, "answer", 6);
	send_end(fd, stream);
	expect_data(fd, stream, "more");
	guest_exited(fd, stream, 0, 0);
	end_all(fd);
}

static void without_service(int fd)
{
	const struct err err = { .code = -ENOENT, .msg = "no such socket" };
	struct buf payload = BUF_INIT;
	uint32_t stream;

	guest_boot(fd);
	guest_started(fd);
	stream = expect_connect(fd, 0, "/run/app.sock");
	check(link_failed_put(&payload, &err) == 0);
	guest_send(fd, LINK_FAILED, stream, payload.data, payload.len);
	buf_reset(&payload);
	end_all(fd);
}

static struct signs *signs;

/* A client that is gone leaves nobody to talk to. */
static void with_lost_client(int fd)
{
	uint32_t stream;

	guest_boot(fd);
	guest_started(fd);
	stream = expect_connect(fd, 0, "/run/app.sock");
	send_started(fd, stream);
	guest_expect(fd, LINK_EOF, NULL);
	guest_output(fd, stream, LINK_STDOUT, "x", 1);
	check(guest_expect(fd, LINK_SIGNAL, NULL).stream == stream);
	guest_exited(fd, stream, 0, 0);
	signs->reached = true;
	end_all(fd);
}

static void with_calls(int fd)
{
	uint32_t stream;

	guest_boot(fd);
	guest_started(fd);
	send_call(fd, 1, 0);
	stream = expect_connect(fd, 1, "");
	send_started(fd, stream);
	guest_output(fd, stream, LINK_STDOUT, "sign this", 9);
	expect_data(fd, stream, "signed");
	guest_expect(fd, LINK_EOF, NULL);
	/* Its own end is not told apart: a client that has both ends counts as gone. */
	guest_exited(fd, stream, 0, 0);
	send_call(fd, 2, 0);
	expect_refusal(fd, 2);
	end_all(fd);
}

static void with_socket_out_of_range(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	send_call(fd, 1, 1);
	guest_hang(fd);
}

static void with_number_again(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	send_call(fd, 2, 0);
	send_call(fd, 1, 0);
	guest_hang(fd);
}

static void with_too_many_calls(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	for (uint32_t i = 1; i <= LINK_CALLS_MAX + 1; i++)
		send_call(fd, i, 0);
	guest_hang(fd);
}

/* A box whose container has a socket that is the host's to serve. */
static int run(struct box *b, guest_script script)
{
	static const char config[] =
		"{\"ociVersion\":\"1.0.2\",\"hostname\":\"box\",\"root\":{\"path\":\"/dev/null\"},"
		"\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"},"
		"\"dev.moat\":{\"sockets\":[\"/run/agent.sock\"]}}";

	box_new(b);
	assert_int_equal(
		file_write_atomic(b->dir_fd, CONFIG_FILE, config, sizeof(config) - 1, 0600), 0);
	return box_run(b, script);
}

static void end(struct box *b, int watch)
{
	box_ask(b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":9}", -1);
	box_expect_end(b, watch, 137, "");
}

/* Return: a client of a socket that leads into the container. */
static int connect_host(struct box *b)
{
	int fd, client;

	assert_int_equal(unix_listen_at(b->dir_fd, "host.sock", SOCK_STREAM, 0600, &fd), 0);
	box_ask(b, LISTEN, fd);
	close(fd);
	assert_int_equal(unix_connect_at(b->dir_fd, "host.sock", SOCK_STREAM, &client), 0);
	return client;
}

/* Until the shim has read what was written. */
static void await_taken(int client)
{
	int left = 1;

	while (left > 0) {
		assert_int_equal(ioctl(client, SIOCOUTQ, &left), 0);
		poll(NULL, 0, 1);
	}
}

static void a_client_on_the_host_reaches_a_service_in_the_container(void **state)
{
	struct buf got = BUF_INIT;
	struct box b;
	int watch, client;

	(void)state;
	watch = run(&b, with_service);
	client = connect_host(&b);
	assert_int_equal(fd_write_all(client, "question", 8), 0);
	read_all(client, &got);
	assert_string_equal(got.data, "answer");
	/* The other way goes on. */
	assert_int_equal(fd_write_all(client, "more", 4), 0);
	await_taken(client);
	end(&b, watch);
	close(client);
	buf_reset(&got);
}

static void where_there_is_no_service_a_client_hears_the_end(void **state)
{
	struct buf got = BUF_INIT;
	struct box b;
	int watch, client;

	(void)state;
	watch = run(&b, without_service);
	client = connect_host(&b);
	read_all(client, &got);
	assert_int_equal(got.len, 0);
	buf_reset(&got);
	close(client);
	end(&b, watch);
}

static void a_client_that_is_gone_ends_the_connection(void **state)
{
	struct box b;
	int watch;

	(void)state;
	signs = signs_new();
	watch = run(&b, with_lost_client);
	close(connect_host(&b));
	signs_await(&signs->reached);
	end(&b, watch);
}

static void a_container_reaches_who_is_handed_over_or_nobody(void **state)
{
	json_t *event;
	struct box b;
	int watch, pair[2];
	char word[9];

	(void)state;
	watch = run(&b, with_calls);
	event = box_event(watch, "call");
	assert_int_equal(number(event, "call"), 1);
	assert_int_equal(number(event, "socket"), 0);
	json_decref(event);
	assert_int_equal(box_refused(&b, "{\"op\":\"connect\",\"call\":7}", -1), ESRCH);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	box_ask(&b, CONNECT, pair[1]);
	close(pair[1]);
	assert_int_equal(fd_read_exact(pair[0], word, 9), 0);
	assert_memory_equal(word, "sign this", 9);
	assert_int_equal(fd_write_all(pair[0], "signed", 6), 0);
	shutdown(pair[0], SHUT_WR);
	json_decref(box_event(watch, "call"));
	box_ask(&b, "{\"op\":\"connect\",\"call\":2}", -1);
	close(pair[0]);
	end(&b, watch);
}

static void a_guest_that_lies_about_calls_loses_its_machine(void **state)
{
	static const guest_script scripts[] = { with_socket_out_of_range, with_number_again,
						with_too_many_calls };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		struct box b;
		int watch = run(&b, scripts[i]);

		box_expect_end(&b, watch, 137, "broke the protocol");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_on_the_host_reaches_a_service_in_the_container),
		cmocka_unit_test(where_there_is_no_service_a_client_hears_the_end),
		cmocka_unit_test(a_client_that_is_gone_ends_the_connection),
		cmocka_unit_test(a_container_reaches_who_is_handed_over_or_nobody),
		cmocka_unit_test(a_guest_that_lies_about_calls_loses_its_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
