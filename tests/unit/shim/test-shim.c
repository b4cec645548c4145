/* SPDX-License-Identifier: Apache-2.0 */
/* The whole of moat-shim but its main(), against scripted guests. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "fake.h"
#include "link/setup.h"

static void exit_with_7(int fd)
{
	guest_boot(fd);
	guest_exited(fd, guest_started(fd), 7, 0);
	guest_down(fd);
}

static void the_exit_code_is_told_and_written(void **state)
{
	struct box b;
	json_t *event;
	int w;

	(void)state;
	box_new(&b);
	w = box_run(&b, exit_with_7);
	event = box_event(w, "started");
	assert_true(number(event, "started_nsec") > 0 && number(event, "pid") > 0);
	json_decref(event);
	box_expect_end(&b, w, 7, "");
}

static void fail_to_write(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_disk_errors(3);
	guest_expect(fd, LINK_SIGNAL, NULL);
	guest_disk_errors(2);
	guest_exited(fd, 1, 7, 0);
	guest_down(fd);
}

/* The first at once, the rest summed up, and no later than the end. */
static void disk_errors_are_told_with_their_number(void **state)
{
	static const long long want[] = { 3, 5 };
	struct box b;
	json_t *event, *errors;
	char *log;
	int w;

	(void)state;
	box_new(&b);
	w = box_run(&b, fail_to_write);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		event = box_event(w, "disk-errors");
		errors = json_object_get(event, "disk_errors");
		assert_true(number(errors, "count") == want[i]);
		assert_string_equal(text(errors, "disk"), "layer");
		assert_string_equal(text(errors, "reason"), "no space?");
		json_decref(event);
		if (i == 0)
			box_ask(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", -1);
	}
	log = box_file(&b, SHIM_LOG_FILE);
	assert_non_null(strstr(log, "no space? (3 requests"));
	free(log);
	box_expect_end(&b, w, 7, "");
}

static void exit_by_signal(int fd)
{
	guest_boot(fd);
	guest_exited(fd, guest_started(fd), 0, 15);
	guest_down(fd);
}

static void a_signal_gives_128_and_its_number(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	w = box_run(&b, exit_by_signal);
	box_expect_end(&b, w, 143, "");
}

static void fail_to_start(int fd)
{
	struct buf payload = BUF_INIT;
	struct err err;

	guest_boot(fd);
	guest_expect(fd, LINK_SPAWN, NULL);
	err_set(&err, -ENOENT, "exec: \"x\xff\": executable file not found in $PATH");
	link_failed_put(&payload, &err);
	guest_send(fd, LINK_FAILED, 1, payload.data, payload.len);
	guest_down(fd);
}

static void a_command_that_is_not_found_is_127(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, fail_to_start);
	w = box_watch(&b);
	assert_int_equal(box_refused(&b, START, -1), ENOENT);
	box_expect_end(&b, w, 127, "exec: \"x?\": executable file not found in $PATH");
}

static void a_layer_in_use_by_another_machine_is_left_alone(void **state)
{
	struct box b;
	int layer, hold;

	(void)state;
	box_new(&b);
	layer = openat(b.dir_fd, "rw.ext4", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(layer >= 0);
	assert_int_equal(flock(layer, LOCK_EX), 0);
	box_listen(&b);
	box_go(&b, exit_with_7);
	hold = box_send(&b, HOLD, -1);
	assert_int_equal(box_refused(&b, ADD, b.dir_fd), EBUSY);
	close(hold);
	box_end(&b);
	close(layer);
}

static void exit_and_die(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_output(fd, 1, LINK_STDOUT, "last ", 5);
	guest_output(fd, 1, LINK_STDERR, "words", 5);
	guest_exited(fd, 1, 4, 0);
	_exit(0);
}

static void what_was_said_before_the_end_counts(void **state)
{
	struct buf out = BUF_INIT;
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	box_start(&b, exit_and_die);
	w = box_watch(&b);
	client = box_attach(&b, ATTACH_OUT);
	box_ask(&b, START, -1);
	read_all(client, &out);
	assert_string_equal(out.data, "last words");
	buf_reset(&out);
	close(client);
	box_expect_end(&b, w, 4, "");
}

static void serve_execs(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	for (uint32_t i = 0; i < 40; i++) {
		uint32_t stream = guest_started(fd);

		if (stream != 2 + i)
			abort();
		guest_output(fd, stream, LINK_STDOUT, "hi", 2);
		guest_exited(fd, stream, i, 0);
	}
	guest_expect(fd, LINK_SIGNAL, NULL);
	guest_exited(fd, 1, 0, 15);
	guest_down(fd);
}

static void one_exec(const struct box *b, int w, int i)
{
	struct buf out = BUF_INIT;
	char request[256];
	json_t *event;
	int client;

	snprintf(request, sizeof(request),
		 "{\"op\":\"exec\",\"target\":\"e%d\",\"stdout\":true,"
		 "\"process\":{\"args\":[\"ls\"],\"cwd\":\"/\"}}",
		 i);
	client = box_attach(b, request);
	read_all(client, &out);
	close(client);
	assert_string_equal(out.data, "hi");
	buf_reset(&out);
	event = box_event(w, "exec-exited");
	assert_int_equal(number(event, "code"), i);
	json_decref(event);
}

static void any_number_of_execs_can_be_run(void **state)
{
	json_t *status, *box, *execs;
	struct box b;
	int w, conn;

	(void)state;
	box_new(&b);
	box_start(&b, serve_execs);
	w = box_watch(&b);
	assert_int_equal(box_refused(&b, EXEC("early"), -1), EBUSY);
	box_ask(&b, START, -1);
	for (int i = 0; i < 40; i++)
		one_exec(&b, w, i);
	assert_int_equal(box_refused(&b, EXEC("e3"), -1), EEXIST);
	assert_int_equal(box_refused(&b, "{\"op\":\"signal\",\"target\":\"e3\",\"signal\":9}", -1),
			 ESRCH);
	conn = box_send(&b, "{\"op\":\"status\"}", -1);
	status = box_receive(conn);
	close(conn);
	box = json_array_get(json_object_get(status, "containers"), 0);
	assert_string_equal(text(box, "name"), "box");
	assert_string_equal(text(box, "state"), "running");
	execs = json_object_get(box, "execs");
	assert_int_equal(json_array_size(execs), 40);
	assert_string_equal(text(json_array_get(execs, 0), "target"), "e39");
	assert_int_equal(number(json_array_get(execs, 0), "code"), 39);
	json_decref(status);
	box_ask(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", -1);
	box_expect_end(&b, w, 143, "");
}

static void exec_outlives_init(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_started(fd);
	guest_exited(fd, 1, 0, 0);
	guest_down(fd);
}

static void an_exec_ends_with_its_container(void **state)
{
	json_t *event;
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	w = box_run(&b, exec_outlives_init);
	box_ask(&b, EXEC("e"), -1);
	event = box_event(w, "exec-exited");
	assert_int_equal(number(event, "code"), 137);
	json_decref(event);
	box_expect_end(&b, w, 0, "");
}

static void unwilling(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_expect(fd, LINK_SHUTDOWN, NULL);
}

static void bad_requests_get_an_answer_and_do_no_harm(void **state)
{
	static char huge[CONTROL_PACKET_MAX + 10];
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, unwilling);
	w = box_watch(&b);
	memset(huge, 'x', sizeof(huge) - 1);
	assert_int_equal(box_refused(&b, huge, -1), EMSGSIZE);
	assert_int_equal(box_refused(&b, "nonsense", -1), EBADMSG);
	assert_int_equal(box_refused(&b, "{\"op\":\"attach\",\"target\":\"\"}", -1), EINVAL);
	assert_int_equal(box_refused(&b, "{\"op\":\"attach\",\"target\":\"e\"}", -1), ESRCH);
	assert_int_equal(box_refused(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", -1),
			 EBUSY);
	assert_int_equal(box_refused(&b, "{\"op\":\"resize\",\"rows\":1,\"columns\":1}", -1),
			 ENOTTY);
	box_ask(&b, START, -1);
	assert_int_equal(box_refused(&b, START, -1), EALREADY);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	box_expect_end(&b, w, 137, "");
}

static void a_container_without_configuration_is_refused(void **state)
{
	struct box b;
	int hold;

	(void)state;
	box_new(&b);
	assert_int_equal(unlinkat(b.dir_fd, CONFIG_FILE, 0), 0);
	box_listen(&b);
	box_go(&b, guest_hang);
	hold = box_send(&b, HOLD, -1);
	assert_int_equal(box_refused(&b, ADD, -1), EINVAL);
	assert_int_equal(box_refused(&b, START, -1), ESRCH);
	assert_int_equal(box_refused(&b, ADD, b.dir_fd), ENOENT);
	close(hold);
	box_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_code_is_told_and_written),
		cmocka_unit_test(disk_errors_are_told_with_their_number),
		cmocka_unit_test(a_signal_gives_128_and_its_number),
		cmocka_unit_test(a_command_that_is_not_found_is_127),
		cmocka_unit_test(a_layer_in_use_by_another_machine_is_left_alone),
		cmocka_unit_test(what_was_said_before_the_end_counts),
		cmocka_unit_test(any_number_of_execs_can_be_run),
		cmocka_unit_test(an_exec_ends_with_its_container),
		cmocka_unit_test(bad_requests_get_an_answer_and_do_no_harm),
		cmocka_unit_test(a_container_without_configuration_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
