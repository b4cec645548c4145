/* SPDX-License-Identifier: Apache-2.0 */
/* Machines that break: they die, complain without end, or do not keep to the protocol. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "fake.h"
#include "link/setup.h"

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
	w = box_run(&b, die_in_the_middle);
	box_ask(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", -1);
	box_expect_end(&b, w, 137,
		       "the virtual machine ended unexpectedly (exit status 3): qemu: out of luck");
}

/* More than the log holds, however slow its reader is, and then more than the pipe holds, which
 * must not hold the engine up. */
static void complain_without_end(int fd)
{
	static const char line[] = "qemu: the guest has broken a device once more\n";

	guest_boot(fd);
	guest_started(fd);
	for (size_t n = 0; n < KIB(65); n += sizeof(line) - 1)
		while (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
			usleep(1000);
	for (int i = 0; i < 20000; i++)
		(void)!write(STDERR_FILENO, line, sizeof(line) - 1);
	guest_expect(fd, LINK_SIGNAL, NULL);
	_exit(3);
}

static void what_an_engine_says_is_kept_within_bounds(void **state)
{
	cleanup_free char *log = NULL;
	json_t *event;
	struct box b;
	int w;

	(void)state;
	box_new(&b);
	w = box_run(&b, complain_without_end);
	box_ask(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":15}", -1);
	json_decref(box_event(w, "exited"));
	/* What an engine said last is read after its end. */
	while ((event = box_receive(w)))
		json_decref(event);
	log = box_file(&b, SHIM_LOG_FILE);
	assert_in_range(strlen(log), KIB(64), KIB(66));
	assert_non_null(strstr(log, "the rest is not kept"));
	close(w);
	box_end(&b);
}

static void start_a_stranger(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_send(fd, LINK_STARTED, 99, "\1\0\0\0", 4);
	guest_hang(fd);
}

static void start_twice(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_send(fd, LINK_STARTED, 1, "\1\0\0\0", 4);
	guest_hang(fd);
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
	guest_hang(fd);
}

static void a_second_hello(int fd)
{
	guest_boot(fd);
	guest_boot(fd);
}

static void get_another_container_ready(int fd)
{
	guest_hello(fd);
	guest_expect(fd, LINK_CONTAINER, NULL);
	guest_send_frame(fd, (struct link_header){ .type = LINK_READY, .container = 2 }, NULL, 0);
	guest_hang(fd);
}

static void want_memory_for_another_container(int fd)
{
	struct link_header h = { .type = LINK_OOM, .container = 2 };

	guest_boot(fd);
	guest_started(fd);
	guest_send_frame(fd, h, "\1\0\0\0\0\0\0\0", 8);
	guest_hang(fd);
}

static void remove_unasked(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	guest_send_frame(fd, (struct link_header){ .type = LINK_REMOVED, .container = 1 }, NULL, 0);
	guest_hang(fd);
}

static void a_guest_that_breaks_the_protocol_is_ended(void **state)
{
	static const guest_script scripts[] = { start_a_stranger,
						start_twice,
						data_without_credit,
						nonsense,
						a_second_hello,
						get_another_container_ready,
						want_memory_for_another_container,
						remove_unasked };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		struct box b;
		int w, hold, start;

		box_new(&b);
		box_listen(&b);
		w = box_send(&b, WATCH, -1);
		hold = box_send(&b, HOLD, -1);
		box_go(&b, scripts[i]);
		box_ask(&b, ADD, b.dir_fd);
		start = box_send(&b, START, -1);
		json_decref(box_receive(start));
		close(start);
		close(hold);
		box_expect_end(&b, w, 137, "the guest broke the protocol of the link");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_that_dies_is_explained),
		cmocka_unit_test(what_an_engine_says_is_kept_within_bounds),
		cmocka_unit_test(a_guest_that_breaks_the_protocol_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
