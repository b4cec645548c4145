/* SPDX-License-Identifier: Apache-2.0 */
/* How machines end: kill, shutdown, and guests that hang meanwhile. */
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

static void a_guest_that_does_not_come_up_is_given_up(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	b.options.deadlines.boot_usec = 200 * USEC_PER_MSEC;
	box_start(&b, guest_hang);
	w = box_watch(&b);
	assert_int_equal(box_refused(&b, START, -1), ETIMEDOUT);
	box_expect_end(&b, w, 125, "the guest did not come up within");
}

static void kill_works_on_a_guest_that_hangs(void **state)
{
	struct box b;
	int w, start;
	json_t *obj;

	(void)state;
	box_new(&b);
	box_start(&b, guest_hang);
	w = box_watch(&b);
	start = box_send(&b, START, -1);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	obj = box_receive(start);
	assert_true(json_is_false(json_object_get(obj, "ok")));
	json_decref(obj);
	close(start);
	box_expect_end(&b, w, 137, "");
}

static void hang_when_down(int fd)
{
	guest_boot(fd);
	guest_exited(fd, guest_started(fd), 3, 0);
	guest_hang(fd);
}

static void a_guest_that_does_not_shut_down_is_ended(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	b.options.deadlines.shutdown_usec = 50 * USEC_PER_MSEC;
	w = box_run(&b, hang_when_down);
	box_expect_end(&b, w, 3, "");
}

static struct signs *signs;

static void clean_its_disks_late(int fd)
{
	guest_expect(fd, LINK_SHUTDOWN, NULL);
	signs_await(&signs->may_go_on);
	signs->reached = true;
	guest_send(fd, LINK_DOWN, 0, NULL, 0);
	guest_hang(fd);
}

static void exit_and_be_slow(int fd)
{
	guest_boot(fd);
	guest_exited(fd, guest_started(fd), 3, 0);
	clean_its_disks_late(fd);
}

static void the_end_is_told_while_the_disks_are_made_clean(void **state)
{
	struct box b;
	int w;

	(void)state;
	signs = signs_new();
	box_new(&b);
	b.options.deadlines.drain_usec = 10 * USEC_PER_MSEC;
	w = box_run(&b, exit_and_be_slow);
	json_decref(box_event(w, "exited"));
	assert_false(signs->reached);
	close(w);
	w = box_send(&b, WATCH, -1);
	signs->may_go_on = true;
	box_expect_end(&b, w, 3, "");
	assert_true(signs->reached);
}

static void fail_and_hang(int fd)
{
	struct err err = { .code = -ENOENT, .msg = "no such program" };
	struct buf payload = BUF_INIT;

	guest_boot(fd);
	guest_expect(fd, LINK_SPAWN, NULL);
	if (link_failed_put(&payload, &err) < 0)
		abort();
	guest_send(fd, LINK_FAILED, 1, payload.data, payload.len);
	guest_hang(fd);
}

static void a_failed_start_does_not_wait_for_the_machine(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, fail_and_hang);
	w = box_watch(&b);
	assert_int_equal(box_refused(&b, START, -1), ENOENT);
	box_ask(&b, "{\"op\":\"kill\"}", -1); /* its machine */
	box_expect_end(&b, w, 127, "no such program");
}

static void expect_kill(int fd)
{
	struct buf payload = BUF_INIT;

	guest_expect(fd, LINK_SIGNAL, &payload);
	if (payload.len != 4 || payload.data[0] != SIGKILL)
		abort();
	buf_reset(&payload);
}

static void take_long_to_unmount(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	expect_kill(fd);
	guest_exited(fd, 1, 0, SIGKILL);
	clean_its_disks_late(fd);
}

static void shutdown_gives_a_live_guest_time_for_its_disks(void **state)
{
	const useconds_t kill_usec = 5 * USEC_PER_SEC; /* in which it says that its process ended */
	struct box b;
	int w;

	(void)state;
	signs = signs_new();
	box_new(&b);
	b.options.deadlines.kill_usec = kill_usec;
	w = box_run(&b, take_long_to_unmount);
	box_ask(&b, SHUTDOWN, -1);
	usleep(kill_usec + 100 * USEC_PER_MSEC);
	signs->may_go_on = true;
	box_expect_end(&b, w, 137, "");
	assert_true(signs->reached);
}

static void exit_when_killed_and_hang(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	expect_kill(fd);
	guest_exited(fd, 1, 0, SIGKILL);
	guest_hang(fd);
}

static void shutdown_is_told_soon_whatever_the_guest_does(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	b.options.deadlines.kill_usec = 3600 * USEC_PER_SEC;
	b.options.deadlines.shutdown_usec = 3600 * USEC_PER_SEC;
	w = box_run(&b, exit_when_killed_and_hang);
	box_ask(&b, SHUTDOWN, -1);
	json_decref(box_event(w, "exited"));
	close(w);
	w = box_send(&b, WATCH, -1);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	box_expect_end(&b, w, 137, "");
}

static void hang_when_started(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_hang(fd);
}

static void shutdown_ends_a_guest_that_hangs(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	b.options.deadlines.kill_usec = 50 * USEC_PER_MSEC;
	w = box_run(&b, hang_when_started);
	box_ask(&b, SHUTDOWN, -1);
	box_expect_end(&b, w, 137, "");
}

static void shutdown_ends_a_machine_without_processes(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, guest_hang);
	w = box_watch(&b);
	box_ask(&b, SHUTDOWN, -1);
	box_expect_removed(&b, w);
}

/* Its output is not taken, so it cannot say that the process has ended. */
static void wait_for_credit(int fd)
{
	static const char out[LINK_WINDOW];

	guest_boot(fd);
	guest_started(fd);
	guest_output(fd, 1, LINK_STDOUT, out, sizeof(out));
	expect_kill(fd);
	guest_expect(fd, LINK_SHUTDOWN, NULL);
	guest_exited(fd, 1, 0, SIGKILL);
	guest_send(fd, LINK_DOWN, 0, NULL, 0);
	guest_hang(fd);
}

static void the_end_is_told_before_a_slow_client_has_the_output(void **state)
{
	struct box b;
	int w, late, client;
	json_t *obj;

	(void)state;
	box_new(&b);
	b.options.deadlines.kill_usec = 100 * USEC_PER_MSEC;
	b.options.deadlines.hasty_drain_usec = 60 * USEC_PER_SEC;
	box_start(&b, wait_for_credit);
	w = box_watch(&b);
	client = box_attach(&b, ATTACH_OUT);
	box_ask(&b, START, -1);
	box_ask(&b, SHUTDOWN, -1);
	json_decref(box_event(w, "exited"));
	late = box_send(&b, WATCH, -1);
	obj = box_receive(late);
	assert_string_equal(text(json_array_get(json_object_get(obj, "containers"), 0), "state"),
			    "exited");
	json_decref(obj);
	close(client);
	close(w);
	box_expect_end(&b, late, 137, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_that_does_not_come_up_is_given_up),
		cmocka_unit_test(kill_works_on_a_guest_that_hangs),
		cmocka_unit_test(a_guest_that_does_not_shut_down_is_ended),
		cmocka_unit_test(the_end_is_told_while_the_disks_are_made_clean),
		cmocka_unit_test(a_failed_start_does_not_wait_for_the_machine),
		cmocka_unit_test(shutdown_is_told_soon_whatever_the_guest_does),
		cmocka_unit_test(shutdown_gives_a_live_guest_time_for_its_disks),
		cmocka_unit_test(shutdown_ends_a_guest_that_hangs),
		cmocka_unit_test(shutdown_ends_a_machine_without_processes),
		cmocka_unit_test(the_end_is_told_before_a_slow_client_has_the_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
