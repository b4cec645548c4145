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
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/str.h"
#include "fake.h"
#include "link/setup.h"

#define ATTACH_ALL                                                                                 \
	"{\"op\":\"attach\",\"target\":\"\",\"stdin\":true,\"stdout\":true,\"stderr\":true,"       \
	"\"framed\":true}"
#define ATTACH_OUT "{\"op\":\"attach\",\"target\":\"\",\"stdout\":true,\"stderr\":true}"
#define ATTACH_RAW                                                                                 \
	"{\"op\":\"attach\",\"target\":\"\",\"stdin\":true,\"stdout\":true,\"stderr\":true}"
#define START "{\"op\":\"start\"}"
#define EXEC(target)                                                                               \
	"{\"op\":\"exec\",\"target\":\"" target "\",\"stdout\":true,\"process\":"                  \
	"{\"args\":[\"ls\"],\"cwd\":\"/\"}}"

/* The end of a container as exit.json has it, after `exited` was told. */
static void expect_end(struct box *b, int watch, int code, const char *error)
{
	json_t *event = box_event(watch, "exited"), *file;
	char *written = box_file(b, EXIT_FILE);

	assert_int_equal(json_read(written, strlen(written), EXIT_FILE, &file, NULL), 0);
	assert_int_equal(number(event, "code"), code);
	assert_int_equal(number(file, "code"), code);
	assert_string_equal(text(file, "error"), text(event, "error"));
	if (!strstr(text(file, "error"), error) || !*error != !*text(file, "error"))
		fail_msg("unexpected error: %s", text(file, "error"));
	assert_true(number(file, "finished_nsec") > 0);
	json_decref(event);
	json_decref(file);
	free(written);
	assert_null(box_receive(watch));
	close(watch);
	box_end(b);
}

static int watch(const struct box *b)
{
	int conn = box_send(b, "{\"op\":\"watch\"}", -1);
	json_t *state = box_receive(conn);

	assert_string_equal(text(state, "event"), "state");
	json_decref(state);
	return conn;
}

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
	box_start(&b, exit_with_7);
	w = watch(&b);
	box_ask(&b, START, -1);
	event = box_event(w, "started");
	assert_true(number(event, "started_nsec") > 0 && number(event, "pid") > 0);
	json_decref(event);
	expect_end(&b, w, 7, "");
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
	box_start(&b, exit_by_signal);
	w = watch(&b);
	box_ask(&b, START, -1);
	expect_end(&b, w, 143, "");
}

static void write_both(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_output(fd, 1, LINK_STDOUT, "out\n", 4);
	guest_output(fd, 1, LINK_STDERR, "err", 3);
	guest_exited(fd, 1, 0, 0);
	guest_down(fd);
}

static void output_goes_to_clients_and_log(void **state)
{
	struct buf framed = BUF_INIT, raw = BUF_INIT;
	int w, one, two;
	struct box b;
	char *log;

	(void)state;
	box_new(&b);
	box_start(&b, write_both);
	w = watch(&b);
	one = box_attach(&b, ATTACH_ALL);
	two = box_attach(&b, ATTACH_OUT);
	box_ask(&b, START, -1);
	read_all(one, &framed);
	read_all(two, &raw);
	close(one);
	close(two);
	assert_int_equal(framed.len, 23);
	assert_memory_equal(framed.data, "\1\0\0\0\0\0\0\4out\n\2\0\0\0\0\0\0\3err", 23);
	assert_string_equal(raw.data, "out\nerr");
	buf_reset(&framed);
	buf_reset(&raw);
	log = box_file(&b, "container.log.1");
	assert_non_null(strstr(log, "Z stdout F out\n"));
	assert_non_null(strstr(log, "Z stderr P err\n"));
	free(log);
	expect_end(&b, w, 0, "");
}

#define BULK (4u << 20)

static void fill(char *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (char)(seed >> 16);
	}
}

static void write_bulk(int fd)
{
	static char out[BULK], err[BULK];

	fill(out, BULK, 1);
	fill(err, BULK, 2);
	guest_boot(fd);
	guest_started(fd);
	for (size_t at = 0; at < BULK; at += BULK / 64) {
		guest_output(fd, 1, LINK_STDOUT, out + at, BULK / 64);
		guest_output(fd, 1, LINK_STDERR, err + at, BULK / 64);
	}
	guest_exited(fd, 1, 0, 0);
	guest_down(fd);
}

/* Takes frames apart into what each channel carried. */
static void unframe(const struct buf *wire, struct buf out[LINK_CHANNELS])
{
	for (size_t at = 0; at < wire->len;) {
		const unsigned char *h = (unsigned char *)wire->data + at;
		size_t len = (size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 | h[7];

		assert_true(h[0] == 1 || h[0] == 2);
		assert_true(at + 8 + len <= wire->len);
		assert_int_equal(buf_add(&out[h[0]], h + 8, len), 0);
		at += 8 + len;
	}
}

static void much_output_arrives_exactly(void **state)
{
	struct buf wire = BUF_INIT, out[LINK_CHANNELS] = { 0 };
	static char expected[BULK];
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	box_start(&b, write_bulk);
	w = watch(&b);
	client = box_attach(&b, ATTACH_ALL);
	box_ask(&b, START, -1);
	read_all(client, &wire);
	close(client);
	unframe(&wire, out);
	for (unsigned c = LINK_STDOUT; c <= LINK_STDERR; c++) {
		fill(expected, BULK, c);
		assert_int_equal(out[c].len, BULK);
		assert_memory_equal(out[c].data, expected, BULK);
		buf_reset(&out[c]);
	}
	buf_reset(&wire);
	expect_end(&b, w, 0, "");
}

static void a_client_that_leaves_does_not_stop_the_process(void **state)
{
	struct box b;
	int w, client;
	char some[100];

	(void)state;
	box_new(&b);
	box_start(&b, write_bulk);
	w = watch(&b);
	client = box_attach(&b, ATTACH_OUT);
	box_ask(&b, START, -1);
	assert_int_equal(fd_read_exact(client, some, sizeof(some)), 0);
	close(client);
	expect_end(&b, w, 0, "");
}

static void a_client_that_does_not_read_is_left_behind(void **state)
{
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	b.options.drain_usec = 50 * USEC_PER_MSEC;
	box_start(&b, write_bulk);
	w = watch(&b);
	client = box_attach(&b, ATTACH_OUT);
	box_ask(&b, START, -1);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	expect_end(&b, w, 137, "");
	close(client);
}

static void echo_after_eof(int fd)
{
	struct buf payload = BUF_INIT, input = BUF_INIT;

	guest_boot(fd);
	guest_started(fd);
	while (input.len < 10) {
		guest_grant(fd, 1, 4);
		guest_expect(fd, LINK_DATA, &payload);
		if (payload.len > 4)
			abort();
		buf_add(&input, payload.data, payload.len);
	}
	guest_expect(fd, LINK_EOF, NULL);
	guest_output(fd, 1, LINK_STDOUT, input.data, input.len);
	guest_exited(fd, 1, 0, 0);
	guest_down(fd);
}

static void a_half_close_ends_the_input_and_no_more(void **state)
{
	struct buf out = BUF_INIT;
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	box_start(&b, echo_after_eof);
	w = watch(&b);
	client = box_attach(&b, ATTACH_RAW);
	assert_int_equal(fd_write_all(client, "0123456789", 10), 0);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	box_ask(&b, START, -1);
	read_all(client, &out);
	assert_string_equal(out.data, "0123456789");
	buf_reset(&out);
	close(client);
	expect_end(&b, w, 0, "");
}

static void input_of_a_client_that_left_still_arrives(void **state)
{
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	box_start(&b, echo_after_eof);
	w = watch(&b);
	client = box_attach(&b, ATTACH_RAW);
	assert_int_equal(fd_write_all(client, "0123456789", 10), 0);
	close(client);
	box_ask(&b, START, -1);
	expect_end(&b, w, 0, "");
}

static void ignore_input(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_output(fd, 1, LINK_STDOUT, "done", 4);
	guest_exited(fd, 1, 0, 0);
	guest_down(fd);
}

static void input_nobody_reads_costs_no_output(void **state)
{
	static char junk[100000];
	struct buf out = BUF_INIT;
	struct box b;
	int w, client;

	(void)state;
	box_new(&b);
	box_start(&b, ignore_input);
	w = watch(&b);
	client = box_attach(&b, ATTACH_RAW);
	assert_int_equal(fd_write_all(client, junk, sizeof(junk)), 0);
	box_ask(&b, START, -1);
	read_all(client, &out);
	assert_string_equal(out.data, "done");
	buf_reset(&out);
	close(client);
	expect_end(&b, w, 0, "");
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
	w = watch(&b);
	assert_int_equal(box_refused(&b, START), ENOENT);
	expect_end(&b, w, 127, "exec: \"x?\": executable file not found in $PATH");
}

static void hang(int fd)
{
	(void)fd;
	for (;;)
		pause();
}

static void a_guest_that_does_not_come_up_is_given_up(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	b.options.boot_usec = 200 * USEC_PER_MSEC;
	box_start(&b, hang);
	w = watch(&b);
	assert_int_equal(box_refused(&b, START), ETIMEDOUT);
	expect_end(&b, w, 125, "the guest did not come up within");
}

static void kill_works_on_a_guest_that_hangs(void **state)
{
	struct box b;
	int w, start;
	json_t *obj;

	(void)state;
	box_new(&b);
	box_start(&b, hang);
	w = watch(&b);
	start = box_send(&b, START, -1);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	obj = box_receive(start);
	assert_true(json_is_false(json_object_get(obj, "ok")));
	json_decref(obj);
	close(start);
	expect_end(&b, w, 137, "");
}

static bool is_paused(const struct box *b)
{
	int conn = box_send(b, "{\"op\":\"status\"}", -1);
	json_t *state = box_receive(conn);
	bool paused = json_is_true(json_object_get(state, "paused"));

	json_decref(state);
	close(conn);
	return paused;
}

/* Ends by itself after a signal, which it cannot get while it is paused. */
static void exit_at_signal(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_expect(fd, LINK_SIGNAL, NULL);
	guest_exited(fd, 1, 5, 0);
	guest_down(fd);
}

static void a_paused_container_goes_on_where_it_was(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, exit_at_signal);
	w = watch(&b);
	assert_int_equal(box_refused(&b, "{\"op\":\"pause\"}"), EBUSY);
	box_ask(&b, START, -1);
	assert_int_equal(box_refused(&b, "{\"op\":\"resume\"}"), EALREADY);
	assert_false(is_paused(&b));
	box_ask(&b, "{\"op\":\"pause\"}", -1);
	json_decref(box_event(w, "paused"));
	assert_true(is_paused(&b));
	assert_int_equal(box_refused(&b, "{\"op\":\"pause\"}"), EALREADY);
	assert_int_equal(box_refused(&b, EXEC("e")), EBUSY);
	box_ask(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", -1);
	box_ask(&b, "{\"op\":\"resume\"}", -1);
	json_decref(box_event(w, "resumed"));
	expect_end(&b, w, 5, "");
}

static void kill_works_on_a_paused_container(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, exit_at_signal);
	w = watch(&b);
	box_ask(&b, START, -1);
	box_ask(&b, "{\"op\":\"pause\"}", -1);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	expect_end(&b, w, 137, "");
}

static void hang_when_down(int fd)
{
	guest_boot(fd);
	guest_exited(fd, guest_started(fd), 3, 0);
	hang(fd);
}

static void a_guest_that_does_not_shut_down_is_ended(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	b.options.shutdown_usec = 50 * USEC_PER_MSEC;
	box_start(&b, hang_when_down);
	w = watch(&b);
	box_ask(&b, START, -1);
	expect_end(&b, w, 3, "");
}

#define SHUTDOWN "{\"op\":\"shutdown\"}"

/* Set by a guest, which is another process. */
static bool *reached;

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
	guest_expect(fd, LINK_SHUTDOWN, NULL);
	usleep(300 * USEC_PER_MSEC);
	*reached = true;
	guest_send(fd, LINK_DOWN, 0, NULL, 0);
	hang(fd);
}

static void shutdown_gives_a_live_guest_time_for_its_disks(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	b.options.kill_usec = 100 * USEC_PER_MSEC;
	box_start(&b, take_long_to_unmount);
	w = watch(&b);
	box_ask(&b, START, -1);
	box_ask(&b, SHUTDOWN, -1);
	expect_end(&b, w, 137, "");
	assert_true(*reached);
}

static void hang_when_started(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	hang(fd);
}

static void shutdown_ends_a_guest_that_hangs(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	b.options.kill_usec = 50 * USEC_PER_MSEC;
	box_start(&b, hang_when_started);
	w = watch(&b);
	box_ask(&b, START, -1);
	box_ask(&b, SHUTDOWN, -1);
	expect_end(&b, w, 137, "");
}

static void shutdown_ends_a_machine_without_processes(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, hang);
	w = watch(&b);
	box_ask(&b, SHUTDOWN, -1);
	expect_end(&b, w, 137, "");
}

static void shutdown_lets_a_paused_container_go_on_to_its_end(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, exit_at_signal);
	w = watch(&b);
	box_ask(&b, START, -1);
	box_ask(&b, "{\"op\":\"pause\"}", -1);
	box_ask(&b, SHUTDOWN, -1);
	expect_end(&b, w, 5, "");
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
	hang(fd);
}

static void the_end_is_told_before_a_slow_client_has_the_output(void **state)
{
	struct box b;
	int w, late, client;
	json_t *obj;

	(void)state;
	box_new(&b);
	b.options.kill_usec = 100 * USEC_PER_MSEC;
	b.options.hasty_drain_usec = 60 * USEC_PER_SEC;
	box_start(&b, wait_for_credit);
	w = watch(&b);
	client = box_attach(&b, ATTACH_OUT);
	box_ask(&b, START, -1);
	box_ask(&b, SHUTDOWN, -1);
	json_decref(box_event(w, "exited"));
	late = box_send(&b, "{\"op\":\"watch\"}", -1);
	obj = box_receive(late);
	assert_string_equal(text(obj, "state"), "exited");
	json_decref(obj);
	close(client);
	close(w);
	expect_end(&b, late, 137, "");
}

static void a_layer_in_use_by_another_machine_is_left_alone(void **state)
{
	struct box b;
	int w, layer;

	(void)state;
	box_new(&b);
	layer = openat(b.dir_fd, "rw.ext4", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(layer >= 0);
	assert_int_equal(flock(layer, LOCK_EX), 0);
	box_start(&b, exit_with_7);
	w = box_send(&b, "{\"op\":\"watch\"}", -1);
	expect_end(&b, w, 125, "in use by another machine");
	close(layer);
}

static void die_in_the_middle(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_expect(fd, LINK_SIGNAL, NULL);
	dprintf(STDERR_FILENO, "qemu: out of luck\n");
	_exit(3);
}

static void a_machine_that_dies_is_explained(void **state)
{
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, die_in_the_middle);
	w = watch(&b);
	box_ask(&b, START, -1);
	box_ask(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", -1);
	expect_end(&b, w, 137,
		   "the virtual machine ended unexpectedly (exit status 3): qemu: out of luck");
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
	w = watch(&b);
	client = box_attach(&b, ATTACH_OUT);
	box_ask(&b, START, -1);
	read_all(client, &out);
	assert_string_equal(out.data, "last words");
	buf_reset(&out);
	close(client);
	expect_end(&b, w, 4, "");
}

static void start_a_stranger(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_send(fd, LINK_STARTED, 99, "\1\0\0\0", 4);
	hang(fd);
}

static void start_twice(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_send(fd, LINK_STARTED, 1, "\1\0\0\0", 4);
	hang(fd);
}

static void data_without_credit(int fd)
{
	static char data[LINK_PAYLOAD_MAX];

	guest_boot(fd);
	guest_started(fd);
	for (;;)
		guest_send(fd, LINK_DATA, 1, data, sizeof(data));
}

static void nonsense(int fd)
{
	fd_write_all(fd, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 32);
	hang(fd);
}

static void a_second_hello(int fd)
{
	guest_boot(fd);
	guest_boot(fd);
}

static void a_guest_that_breaks_the_protocol_is_ended(void **state)
{
	static const guest_script scripts[] = { start_a_stranger, start_twice, data_without_credit,
						nonsense, a_second_hello };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		struct box b;
		int w, start;

		box_new(&b);
		box_start(&b, scripts[i]);
		w = watch(&b);
		start = box_send(&b, START, -1);
		expect_end(&b, w, 137, "the guest broke the protocol of the link");
		close(start);
	}
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
	json_t *status, *execs;
	struct box b;
	int w, conn;

	(void)state;
	box_new(&b);
	box_start(&b, serve_execs);
	w = watch(&b);
	assert_int_equal(box_refused(&b, EXEC("early")), EBUSY);
	box_ask(&b, START, -1);
	for (int i = 0; i < 40; i++)
		one_exec(&b, w, i);
	assert_int_equal(box_refused(&b, EXEC("e3")), EEXIST);
	assert_int_equal(box_refused(&b, "{\"op\":\"signal\",\"target\":\"e3\",\"signal\":9}"),
			 ESRCH);
	conn = box_send(&b, "{\"op\":\"status\"}", -1);
	status = box_receive(conn);
	close(conn);
	assert_string_equal(text(status, "state"), "running");
	execs = json_object_get(status, "execs");
	assert_int_equal(json_array_size(execs), 40);
	assert_string_equal(text(json_array_get(execs, 0), "target"), "e39");
	assert_int_equal(number(json_array_get(execs, 0), "code"), 39);
	json_decref(status);
	box_ask(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", -1);
	expect_end(&b, w, 143, "");
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
	box_start(&b, exec_outlives_init);
	w = watch(&b);
	box_ask(&b, START, -1);
	box_ask(&b, EXEC("e"), -1);
	event = box_event(w, "exec-exited");
	assert_int_equal(number(event, "code"), 137);
	json_decref(event);
	expect_end(&b, w, 0, "");
}

static void unwilling(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_expect(fd, LINK_SHUTDOWN, NULL);
}

static void bad_requests_get_an_answer_and_do_no_harm(void **state)
{
	static char huge[REQUEST_MAX_BYTES + 10];
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	box_start(&b, unwilling);
	w = watch(&b);
	memset(huge, 'x', sizeof(huge) - 1);
	assert_int_equal(box_refused(&b, huge), EMSGSIZE);
	assert_int_equal(box_refused(&b, "nonsense"), EBADMSG);
	assert_int_equal(box_refused(&b, "{\"op\":\"attach\",\"target\":\"\"}"), EINVAL);
	assert_int_equal(box_refused(&b, "{\"op\":\"attach\",\"target\":\"e\"}"), ESRCH);
	assert_int_equal(box_refused(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}"),
			 EBUSY);
	assert_int_equal(box_refused(&b, "{\"op\":\"resize\",\"rows\":1,\"columns\":1}"), ENOTTY);
	box_ask(&b, START, -1);
	assert_int_equal(box_refused(&b, START), EALREADY);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	expect_end(&b, w, 137, "");
}

static void a_container_without_configuration_ends_with_125(void **state)
{
	struct box b;
	char *end;

	(void)state;
	box_new(&b);
	assert_int_equal(unlinkat(b.dir_fd, MACHINE_FILE, 0), 0);
	box_start(&b, hang);
	while (faccessat(b.dir_fd, EXIT_FILE, F_OK, 0) < 0)
		usleep(1000);
	end = box_file(&b, EXIT_FILE);
	assert_non_null(strstr(end, "{\"code\":125,"));
	assert_non_null(strstr(end, "machine.json: No such file or directory"));
	free(end);
	box_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_code_is_told_and_written),
		cmocka_unit_test(a_signal_gives_128_and_its_number),
		cmocka_unit_test(output_goes_to_clients_and_log),
		cmocka_unit_test(much_output_arrives_exactly),
		cmocka_unit_test(a_client_that_leaves_does_not_stop_the_process),
		cmocka_unit_test(a_client_that_does_not_read_is_left_behind),
		cmocka_unit_test(a_half_close_ends_the_input_and_no_more),
		cmocka_unit_test(input_of_a_client_that_left_still_arrives),
		cmocka_unit_test(input_nobody_reads_costs_no_output),
		cmocka_unit_test(a_command_that_is_not_found_is_127),
		cmocka_unit_test(a_guest_that_does_not_come_up_is_given_up),
		cmocka_unit_test(kill_works_on_a_guest_that_hangs),
		cmocka_unit_test(a_paused_container_goes_on_where_it_was),
		cmocka_unit_test(kill_works_on_a_paused_container),
		cmocka_unit_test(a_guest_that_does_not_shut_down_is_ended),
		cmocka_unit_test(shutdown_gives_a_live_guest_time_for_its_disks),
		cmocka_unit_test(shutdown_ends_a_guest_that_hangs),
		cmocka_unit_test(shutdown_ends_a_machine_without_processes),
		cmocka_unit_test(shutdown_lets_a_paused_container_go_on_to_its_end),
		cmocka_unit_test(the_end_is_told_before_a_slow_client_has_the_output),
		cmocka_unit_test(a_layer_in_use_by_another_machine_is_left_alone),
		cmocka_unit_test(a_machine_that_dies_is_explained),
		cmocka_unit_test(what_was_said_before_the_end_counts),
		cmocka_unit_test(a_guest_that_breaks_the_protocol_is_ended),
		cmocka_unit_test(any_number_of_execs_can_be_run),
		cmocka_unit_test(an_exec_ends_with_its_container),
		cmocka_unit_test(bad_requests_get_an_answer_and_do_no_harm),
		cmocka_unit_test(a_container_without_configuration_ends_with_125),
	};

	reached = mmap(NULL, sizeof(*reached), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (reached == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
