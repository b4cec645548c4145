/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/http/connections.h"

#define MAX 16

/* A client, and moatd's end of its connection. */
struct pair {
	int client, fd;
	struct connection *c;
};

static struct pair connect_one(struct connections *t)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(connections_add(t, fds[1]), 0);
	return (struct pair){ fds[0], fds[1], connection_started(t, fds[1]) };
}

static void close_one(struct connections *t, const struct pair *p)
{
	connection_closed(t, p->c);
	close(p->fd);
	close(p->client);
}

static bool was_ended(const struct pair *p)
{
	char byte;

	return recv(p->client, &byte, 1, MSG_DONTWAIT) == 0;
}

static void the_one_that_waits_longest_gives_way(void **state)
{
	struct connections t;
	struct pair all[MAX];

	(void)state;
	connections_init(&t, MAX);
	for (unsigned i = 0; i < MAX - 2; i++)
		all[i] = connect_one(&t);
	assert_int_equal(connection_serve(&t, all[0].c, false, NULL), 0);
	assert_int_equal(write(all[1].client, "GET", 3), 3);
	for (unsigned i = MAX - 2; i < MAX; i++)
		all[i] = connect_one(&t);
	assert_false(was_ended(&all[0])); /* is served */
	assert_false(was_ended(&all[1])); /* has said something that was not read yet */
	assert_true(was_ended(&all[2]));
	assert_true(was_ended(&all[3]));
	for (unsigned i = 4; i < MAX; i++)
		assert_false(was_ended(&all[i]));
	assert_true(connections_full(&t));
	assert_true(was_ended(&all[4]));
	close_one(&t, &all[2]);
	assert_false(connections_full(&t));
	for (unsigned i = 0; i < MAX; i++)
		if (i != 2)
			close_one(&t, &all[i]);
	assert_int_equal(t.n, 0);
	assert_int_equal(t.n_serving, 0);
}

static void silence_ends_after_its_time(void **state)
{
	struct connections t;
	struct pair waits, served, passed_on, kept;
	uint64_t begin = clock_mono_usec();

	(void)state;
	connections_init(&t, MAX);
	waits = connect_one(&t);
	served = connect_one(&t);
	passed_on = connect_one(&t);
	kept = connect_one(&t);
	assert_int_equal(connection_serve(&t, served.c, true, NULL), 0);
	assert_int_equal(connection_serve(&t, passed_on.c, true, NULL), 0);
	connection_served(&t, passed_on.c, true);
	assert_int_equal(connection_serve(&t, kept.c, false, NULL), 0);
	connection_served(&t, kept.c, false);
	connections_expire(&t, begin + CONNECTION_IDLE_USEC - 1);
	assert_false(was_ended(&waits));
	connections_expire(&t, clock_mono_usec() + CONNECTION_IDLE_USEC + 1);
	assert_true(was_ended(&waits));
	assert_true(was_ended(&kept)); /* and sends no next request */
	assert_false(was_ended(&served));
	assert_false(was_ended(&passed_on));
	assert_int_equal(connection_serve(&t, waits.c, false, NULL), -EUSERS);
	assert_int_equal(t.n_serving, 1);
	close_one(&t, &waits);
	close_one(&t, &served);
	close_one(&t, &passed_on);
	close_one(&t, &kept);
	assert_int_equal(t.n_serving + t.n_staying, 0);
}

static void who_stays_leaves_room_for_others(void **state)
{
	struct connections t;
	struct pair all[MAX];
	struct err err = { 0 };

	(void)state;
	connections_init(&t, MAX);
	for (unsigned i = 0; i < 13; i++)
		all[i] = connect_one(&t);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(connection_serve(&t, all[i].c, true, NULL), 0);
	assert_int_equal(connection_serve(&t, all[8].c, true, &err), -EUSERS);
	assert_string_equal(err.msg,
			    "moatd serves 8 clients that follow or wait, and not more at once");
	for (unsigned i = 8; i < 12; i++)
		assert_int_equal(connection_serve(&t, all[i].c, false, NULL), 0);
	assert_int_equal(connection_serve(&t, all[12].c, false, &err), -EUSERS);
	assert_string_equal(err.msg, "moatd serves 12 requests, and not more at once");
	connection_served(&t, all[0].c, false);
	assert_int_equal(connection_serve(&t, all[12].c, true, NULL), 0);
	for (unsigned i = 0; i < 13; i++)
		close_one(&t, &all[i]);
}

static void a_connection_that_never_began_is_forgotten(void **state)
{
	struct connections t;
	struct pair p;

	(void)state;
	connections_init(&t, MAX);
	p = connect_one(&t);
	connection_closed(&t, p.c);
	assert_int_equal(connections_add(&t, p.fd), 0); /* closed by the library */
	assert_int_equal(connections_add(&t, p.fd), 0);
	assert_int_equal(t.n, 1);
	p.c = connection_started(&t, p.fd);
	close_one(&t, &p);
	assert_int_equal(t.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_that_waits_longest_gives_way),
		cmocka_unit_test(silence_ends_after_its_time),
		cmocka_unit_test(who_stays_leaves_room_for_others),
		cmocka_unit_test(a_connection_that_never_began_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
