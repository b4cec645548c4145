/* SPDX-License-Identifier: Apache-2.0 */
/* Containers that are paused: their files, their end, and how they go on. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "fake.h"
#include "link/query.h"
#include "link/setup.h"

#define GET_FILE "{\"op\":\"files\",\"target\":\"f\",\"what\":\"get\",\"path\":\"/x\"}"

static bool is_paused(const struct box *b)
{
	int conn = box_send(b, "{\"op\":\"status\"}", -1);
	json_t *state = box_receive(conn);
	bool paused = json_is_true(json_object_get(state, "paused"));

	json_decref(state);
	close(conn);
	return paused;
}

static int run_paused(struct box *b, guest_script script)
{
	int watch;

	box_new(b);
	watch = box_run(b, script);
	box_ask(b, "{\"op\":\"pause\"}", -1);
	return watch;
}

/* Freezes its container, as it is asked to. */
static void freeze(int fd, int code)
{
	const struct link_header h = { .type = LINK_LIMITS, .container = 1 };
	struct err err = { .code = code, .msg = "" };
	struct buf payload = BUF_INIT;
	struct wire_view v;
	char **settings;
	uint32_t id;

	guest_expect(fd, LINK_LIMITS, &payload);
	v = (struct wire_view){ (unsigned char *)payload.data, payload.len };
	if (link_limits_get(v, &id, &settings) < 0 || !streq(settings[0], "cgroup.freeze=1"))
		abort();
	strv_free(settings);
	buf_reset(&payload);
	if (link_done_put(&payload, id, &err) < 0)
		abort();
	guest_send_frame(fd, h, payload.data, payload.len);
	buf_reset(&payload);
}

/* Ends by itself after a signal, which it cannot get while it is paused. */
static void exit_at_signal(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	freeze(fd, 0);
	guest_expect(fd, LINK_SIGNAL, NULL);
	guest_exited(fd, 1, 5, 0);
	guest_down(fd);
}

/* The same, and is told beside it that it goes on. */
static void exit_when_it_goes_on(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	freeze(fd, 0);
	guest_expect(fd, LINK_SIGNAL, NULL);
	guest_expect(fd, LINK_LIMITS, NULL);
	guest_expect(fd, LINK_CLOCK, NULL);
	guest_exited(fd, 1, 5, 0);
	guest_down(fd);
}

static void a_paused_container_goes_on_where_it_was(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, exit_when_it_goes_on);
	w = box_watch(&b);
	assert_int_equal(box_refused(&b, "{\"op\":\"pause\"}", -1), EBUSY);
	box_ask(&b, START, -1);
	assert_int_equal(box_refused(&b, "{\"op\":\"resume\"}", -1), EALREADY);
	assert_false(is_paused(&b));
	box_ask(&b, "{\"op\":\"pause\"}", -1);
	json_decref(box_event(w, "paused"));
	assert_true(is_paused(&b));
	assert_int_equal(box_refused(&b, "{\"op\":\"pause\"}", -1), EALREADY);
	assert_int_equal(box_refused(&b, EXEC("e"), -1), EBUSY);
	box_ask(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", -1);
	box_ask(&b, "{\"op\":\"resume\"}", -1);
	json_decref(box_event(w, "resumed"));
	box_expect_end(&b, w, 5, "");
}

/* A file is copied while it is paused, which takes its vCPUs for so long. */
static void copy_and_hang(int fd)
{
	struct link_header h;

	guest_boot(fd);
	guest_started(fd);
	freeze(fd, 0);
	freeze(fd, 0);
	guest_expect(fd, LINK_CLOCK, NULL);
	h = guest_expect(fd, LINK_FILES, NULL);
	guest_send(fd, LINK_STARTED, h.stream, "\1\0\0\0", 4);
	guest_exited(fd, h.stream, 0, 0);
	guest_hang(fd);
}

static void files_of_a_paused_container_are_worked_on(void **state)
{
	struct box b;
	int w, pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	w = run_paused(&b, copy_and_hang);
	box_ask(&b, GET_FILE, pair[1]);
	close(pair[1]);
	close(pair[0]);
	assert_true(is_paused(&b));
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	box_expect_end(&b, w, 137, "");
}

static void refuse_to_freeze(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	freeze(fd, -ENOTSUP);
	guest_hang(fd);
}

static void files_of_one_that_cannot_be_frozen_are_not(void **state)
{
	struct box b;
	int w, pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	w = run_paused(&b, refuse_to_freeze);
	assert_true(is_paused(&b));
	assert_int_equal(box_refused(&b, GET_FILE, pair[1]), EBUSY);
	close(pair[1]);
	close(pair[0]);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	box_expect_end(&b, w, 137, "");
}

static void kill_works_on_a_paused_container(void **state)
{
	struct box b;
	int w;

	(void)state;
	w = run_paused(&b, exit_at_signal);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	box_expect_end(&b, w, 137, "");
}

static void shutdown_lets_a_paused_container_go_on_to_its_end(void **state)
{
	struct box b;
	int w;

	(void)state;
	w = run_paused(&b, exit_at_signal);
	box_ask(&b, SHUTDOWN, -1);
	box_expect_end(&b, w, 5, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_paused_container_goes_on_where_it_was),
		cmocka_unit_test(files_of_a_paused_container_are_worked_on),
		cmocka_unit_test(files_of_one_that_cannot_be_frozen_are_not),
		cmocka_unit_test(kill_works_on_a_paused_container),
		cmocka_unit_test(shutdown_lets_a_paused_container_go_on_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
