/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../hang.h"
#include "base/clock.h"
#include "base/fd.h"
#include "engine/qemu/qmp.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"

/* A client, and its peer's end with the whole of what the peer will ever say already in it. */
struct pair {
	struct qmp qmp;
	int peer;
};

static struct pair connect_to(const char *says)
{
	struct pair p;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	qmp_init(&p.qmp, fds[0], NULL, NULL);
	p.peer = fds[1];
	assert_int_equal(fd_write_all(p.peer, says, strlen(says)), 0);
	return p;
}

static void disconnect(struct pair *p)
{
	qmp_reset(&p->qmp);
	if (p->peer >= 0)
		close(p->peer);
}

static uint64_t far(void)
{
	return clock_mono_usec() + HANG_SEC * USEC_PER_SEC;
}

static void capabilities_are_negotiated_before_the_first_command_only(void **state)
{
	struct pair p = connect_to(GREETING "{\"return\": {}, \"id\": 1}\r\n"
					    "{\"return\": {}, \"id\": 2}\r\n"
					    "{\"return\": {}, \"id\": 3}\r\n");
	char sent[256] = "";
	struct err err;

	(void)state;
	assert_int_equal(qmp_execute(&p.qmp, "stop", far(), NULL, &err), 0);
	assert_int_equal(qmp_execute(&p.qmp, "cont", far(), NULL, &err), 0);
	assert_true(read(p.peer, sent, sizeof(sent) - 1) > 0);
	assert_string_equal(sent, "{\"execute\":\"qmp_capabilities\",\"id\":1}\n"
				  "{\"execute\":\"stop\",\"id\":2}\n"
				  "{\"execute\":\"cont\",\"id\":3}\n");
	disconnect(&p);
}

static void events_and_late_answers_are_passed_over(void **state)
{
	struct pair p =
		connect_to(GREETING "{\"return\": {}, \"id\": 1}\r\n"
				    "{\"event\": \"STOP\", \"timestamp\": {}}\r\n"
				    "{\"return\": {\"status\": \"old\"}, \"id\": 77}\r\n"
				    "{\"return\": {\"status\": \"paused\"}, \"id\": 2}\r\n");
	cleanup_json json_t *ret = NULL;
	const char *status = NULL;
	struct err err;

	(void)state;
	assert_int_equal(qmp_execute(&p.qmp, "query-status", far(), &ret, &err), 0);
	assert_int_equal(json_get_str(ret, "status", &status, &err), 0);
	assert_string_equal(status, "paused");
	disconnect(&p);
}

static void an_error_is_reported_with_its_text(void **state)
{
	struct pair p = connect_to(
		GREETING
		"{\"return\": {}, \"id\": 1}\r\n"
		"{\"error\": {\"class\": \"GenericError\", \"desc\": \"not now\"}, \"id\": 2}\r\n");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(qmp_execute(&p.qmp, "cont", far(), NULL, &err), -EIO);
	assert_string_equal(err.msg, "QMP cont: not now");
	disconnect(&p);
}

static void silence_ends_at_the_deadline(void **state)
{
	struct pair p = connect_to(GREETING);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(qmp_execute(&p.qmp, "stop", clock_mono_usec(), NULL, &err), -ETIMEDOUT);
	disconnect(&p);
}

static void the_end_of_the_peer_is_an_error(void **state)
{
	struct pair p = connect_to(GREETING);
	struct err err = { 0 };

	(void)state;
	shutdown(p.peer, SHUT_WR);
	assert_int_equal(qmp_execute(&p.qmp, "stop", far(), NULL, &err), -ECONNRESET);
	close(take_fd(&p.peer));
	assert_int_equal(qmp_execute(&p.qmp, "stop", far(), NULL, &err), -ECONNRESET);
	disconnect(&p);
}

static void what_is_no_message_is_an_error(void **state)
{
	struct pair p = connect_to("nonsense\n");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(qmp_execute(&p.qmp, "stop", far(), NULL, &err), -EBADMSG);
	disconnect(&p);
}

static void a_line_without_end_is_bounded(void **state)
{
	static char long_line[KIB(80)];
	struct pair p;
	struct err err = { 0 };

	(void)state;
	memset(long_line, ' ', sizeof(long_line) - 1);
	p = connect_to(long_line);
	assert_int_equal(qmp_execute(&p.qmp, "stop", far(), NULL, &err), -EBADMSG);
	disconnect(&p);
}

static void count_event(const json_t *event, void *arg)
{
	int *n = arg;

	assert_string_equal(json_string_value(json_object_get(event, "event")), "BLOCK_IO_ERROR");
	++*n;
}

#define EVENT "{\"event\": \"BLOCK_IO_ERROR\", \"data\": {}}\r\n"

static void events_are_told_whenever_they_are_read(void **state)
{
	struct pair p = connect_to(GREETING EVENT "{\"return\": {}, \"id\": 1}\r\n" EVENT
						  "{\"return\": {}, \"id\": 2}\r\n" EVENT EVENT
						  "{\"event\": \"BLOCK_");
	struct err err = { 0 };
	int n = 0;

	(void)state;
	p.qmp.on_event = count_event;
	p.qmp.arg = &n;
	assert_int_equal(qmp_execute(&p.qmp, "stop", far(), NULL, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(qmp_read_events(&p.qmp, &err), 0);
	assert_int_equal(n, 4);
	assert_int_equal(qmp_read_events(&p.qmp, &err), 0);
	assert_int_equal(fd_write_all(p.peer, "IO_ERROR\"}\n", 11), 0);
	assert_int_equal(qmp_read_events(&p.qmp, &err), 0);
	assert_int_equal(n, 5);
	close(take_fd(&p.peer));
	assert_int_equal(qmp_read_events(&p.qmp, &err), -ECONNRESET);
	disconnect(&p);
}

static void what_is_no_event_is_an_error(void **state)
{
	struct pair p = connect_to("[\n");
	struct err err = { 0 };

	(void)state;
	assert_int_equal(qmp_read_events(&p.qmp, &err), -EBADMSG);
	disconnect(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_are_negotiated_before_the_first_command_only),
		cmocka_unit_test(events_and_late_answers_are_passed_over),
		cmocka_unit_test(an_error_is_reported_with_its_text),
		cmocka_unit_test(silence_ends_at_the_deadline),
		cmocka_unit_test(the_end_of_the_peer_is_an_error),
		cmocka_unit_test(what_is_no_message_is_an_error),
		cmocka_unit_test(a_line_without_end_is_bounded),
		cmocka_unit_test(events_are_told_whenever_they_are_read),
		cmocka_unit_test(what_is_no_event_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
