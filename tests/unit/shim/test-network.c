/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's network: how it gets to the guest, and what its answers lead to. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/unix.h"
#include "control/answer.h"
#include "fake.h"
#include "link/network.h"
#include "link/query.h"
#include "link/setup.h"
#include "oci/network.h"

#define NETWORK                                                                                    \
	"\"network\":{\"interfaces\":[{\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:01\","           \
	"\"addresses\":[\"10.0.0.2/24\"]}]}"
#define TAP	  "{\"op\":\"tap\"}"
#define ADD_IT	  "{\"op\":\"add\"," NETWORK "}"
#define CHANGE_IT "{\"op\":\"network\"," NETWORK ",\"hosts\":[\"10.0.0.3\\tpeer\"]}"

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void send_of_container(int fd, enum link_type type, const struct buf *payload)
{
	guest_send_frame(fd, (struct link_header){ .type = type, .container = 1 }, payload->data,
			 payload->len);
}

/* The next message is the network of NETWORK, with @hosts lines.  Return: its number. */
static uint32_t expect_network(int fd, size_t hosts)
{
	struct buf payload = BUF_INIT;
	struct oci_network got = { 0 };
	struct link_network n;
	uint32_t id;

	guest_expect(fd, LINK_NETWORK, &payload);
	check(link_network_get(
		      (struct wire_view){ (const unsigned char *)payload.data, payload.len }, &n) ==
	      0);
	check(oci_network_get(&n.network, &got) == 0 && got.n == 1);
	check(streq(got.interfaces[0].addresses[0], "10.0.0.2/24"));
	check(strv_len(n.hosts) == hosts);
	id = n.id;
	oci_network_reset(&got);
	link_network_reset(&n);
	buf_reset(&payload);
	return id;
}

static void answer(int fd, uint32_t id, const struct err *err)
{
	struct buf payload = BUF_INIT;

	check(link_done_put(&payload, id, err) == 0);
	send_of_container(fd, LINK_NETWORK, &payload);
	buf_reset(&payload);
}

static const struct err yes, no = { .code = -EINVAL, .msg = "no such thing" };

static void with_network(int fd)
{
	struct buf empty = BUF_INIT;

	guest_hello(fd);
	answer(fd, expect_network(fd, 0), &yes);
	guest_expect(fd, LINK_CONTAINER, NULL);
	send_of_container(fd, LINK_READY, &empty);
	guest_started(fd);
	answer(fd, expect_network(fd, 1), &yes);
	answer(fd, expect_network(fd, 1), &no);
	guest_expect(fd, LINK_SIGNAL, NULL);
	guest_exited(fd, 1, 0, 9);
	guest_down(fd);
}

static void with_refused_network(int fd)
{
	struct buf empty = BUF_INIT;

	guest_hello(fd);
	answer(fd, expect_network(fd, 0), &no);
	guest_expect(fd, LINK_CONTAINER, NULL);
	send_of_container(fd, LINK_READY, &empty);
	guest_down(fd);
}

static void without_an_answer(int fd)
{
	struct buf empty = BUF_INIT;

	guest_hello(fd);
	guest_expect(fd, LINK_NETWORK, NULL);
	guest_expect(fd, LINK_CONTAINER, NULL);
	send_of_container(fd, LINK_READY, &empty);
	guest_hang(fd);
}

static void with_an_answer_too_many(int fd)
{
	uint32_t id;

	guest_hello(fd);
	id = expect_network(fd, 0);
	answer(fd, id, &yes);
	answer(fd, id, &yes);
	guest_hang(fd);
}

static void with_a_wrong_number(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	answer(fd, expect_network(fd, 1) + 1, &yes);
	guest_hang(fd);
}

static void with_a_long_answer(int fd)
{
	struct buf payload = BUF_INIT;

	guest_boot(fd);
	guest_started(fd);
	check(wire_put_u32(&payload, expect_network(fd, 1)) == 0 && wire_put_u32(&payload, 0) == 0);
	send_of_container(fd, LINK_NETWORK, &payload);
	guest_hang(fd);
}

static void unasked(int fd)
{
	guest_boot(fd);
	guest_started(fd);
	answer(fd, 1, &yes);
	guest_hang(fd);
}

/* A box whose machine has a tap, which is an open file here. */
static void box_with_tap(struct box *b)
{
	static const char machine[] =
		"{\"engine\":\"fake\",\"cpus\":1,\"memory_bytes\":268435456,\"tap\":\"t7\","
		"\"kernel\":\"/dev/null\",\"initrd\":\"/dev/null\",\"disk_bytes\":1048576}";

	box_new(b);
	assert_int_equal(
		file_write_atomic(b->dir_fd, MACHINE_FILE, machine, sizeof(machine) - 1, 0600), 0);
	b->options.supply.tap_fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	assert_true(b->options.supply.tap_fd >= 0);
}

/* @ret_hold: keeps the shim there until it was asked to start; NULL: nobody holds it.  Return: a
 * watching connection to one that runs. */
static int run_with_tap(struct box *b, guest_script script, const char *add, int *ret_hold)
{
	int watch;

	box_with_tap(b);
	box_listen(b);
	watch = box_send(b, WATCH, -1);
	if (ret_hold)
		*ret_hold = box_send(b, HOLD, -1);
	box_go(b, script);
	box_ask(b, add, b->dir_fd);
	close(b->options.supply.tap_fd);
	return watch;
}

static void a_network_is_set_up_and_changed(void **state)
{
	struct box b;
	int watch;

	(void)state;
	watch = run_with_tap(&b, with_network, ADD_IT, NULL);
	assert_int_equal(box_refused(&b, CHANGE_IT, -1), EBUSY);
	box_ask(&b, START, -1);
	box_ask(&b, CHANGE_IT, -1);
	assert_int_equal(box_refused(&b, CHANGE_IT, -1), EINVAL);
	box_ask(&b, "{\"op\":\"signal\",\"target\":\"\",\"signal\":9}", -1);
	box_expect_end(&b, watch, 137, "");
}

static void a_network_that_cannot_be_is_why_a_start_fails(void **state)
{
	struct box b;
	int watch;

	(void)state;
	watch = run_with_tap(&b, with_refused_network, ADD_IT, NULL);
	assert_int_equal(box_refused(&b, START, -1), EINVAL);
	box_expect_end(&b, watch, EXIT_NOT_STARTED, "no such thing");
}

static void a_guest_that_lies_loses_its_machine(void **state)
{
	static const struct {
		guest_script script;
		const char *add, *change;
	} cases[] = {
		{ without_an_answer, ADD_IT, NULL },
		{ with_an_answer_too_many, ADD_IT, NULL },
		{ with_a_wrong_number, ADD, CHANGE_IT },
		{ with_a_long_answer, ADD, CHANGE_IT },
		{ unasked, ADD, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct box b;
		int hold, start, conn = -1;
		int watch = run_with_tap(&b, cases[i].script, cases[i].add, &hold);

		start = box_send(&b, START, -1);
		json_decref(box_receive(start));
		close(start);
		close(hold);
		if (cases[i].change) {
			json_decref(box_event(watch, "started"));
			conn = box_send(&b, cases[i].change, -1);
		}
		box_expect_end(&b, watch, 137, "broke the protocol");
		if (conn >= 0)
			close(conn);
	}
}

static void the_tap_is_handed_out(void **state)
{
	char packet[256], name[CONTROL_TAP_MAX + 1];
	json_t *answered = NULL;
	struct stat got, zero;
	struct box b;
	int conn, fd, watch;
	ssize_t n;

	(void)state;
	watch = run_with_tap(&b, guest_hang, ADD, NULL);
	conn = box_send(&b, TAP, -1);
	n = unix_recv(conn, packet, sizeof(packet), &fd);
	assert_true(n > 0);
	assert_int_equal(answer_read(packet, (size_t)n, &answered, NULL), 0);
	assert_int_equal(answer_tap_read(answered, name, NULL), 0);
	assert_string_equal(name, "t7");
	json_decref(answered);
	close(conn);
	assert_int_equal(fstat(fd, &got), 0);
	assert_int_equal(stat("/dev/zero", &zero), 0);
	assert_true(got.st_rdev == zero.st_rdev);
	close(fd);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	box_expect_removed(&b, watch);
}

static void a_machine_without_a_tap_has_no_network(void **state)
{
	struct box b;
	int watch;

	(void)state;
	box_new(&b);
	box_start(&b, guest_hang);
	watch = box_watch(&b);
	assert_int_equal(
		box_refused(&b, "{\"op\":\"add\",\"container\":\"other\"," NETWORK "}", b.dir_fd),
		ENODEV);
	assert_int_equal(box_refused(&b, TAP, -1), ENODEV);
	box_ask(&b, "{\"op\":\"kill\"}", -1);
	box_expect_removed(&b, watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_is_set_up_and_changed),
		cmocka_unit_test(a_network_that_cannot_be_is_why_a_start_fails),
		cmocka_unit_test(a_guest_that_lies_loses_its_machine),
		cmocka_unit_test(the_tap_is_handed_out),
		cmocka_unit_test(a_machine_without_a_tap_has_no_network),
	};

	return cmocka_run_group_tests_name("shim: network", tests, NULL, NULL);
}
