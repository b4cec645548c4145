/* SPDX-License-Identifier: Apache-2.0 */
/* Forwards as a whole: how they come, change and go, and what they have to share. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macro.h"
#include "loop/loop.h"
#include "proxy-rig.h"

static int set_up(void **state)
{
	return rig_begin(state, &RIG_LIMITS, PROXY_TCP);
}

static int set_up_for_three(void **state)
{
	struct proxy_limits limits = RIG_LIMITS;

	limits.flows = 3;
	limits.flows_each = 2;
	return rig_begin(state, &limits, PROXY_TCP);
}

static void who_finds_no_room_waits_until_another_ends(void **state)
{
	struct rig_test *f = *state;
	uint16_t other_port = rig_publish(f->rig, "other", PROXY_TCP, AF_INET, f->target);
	int clients[4], servers[4];

	for (int i = 0; i < 2; i++) {
		clients[i] = sock_connect(SOCK_STREAM, f->port);
		servers[i] = sock_accept(f->service);
	}
	/* One port may not have all of it. */
	clients[2] = sock_connect(SOCK_STREAM, f->port);
	sock_send(clients[2], "third");
	clients[3] = sock_connect(SOCK_STREAM, other_port);
	servers[3] = sock_accept(f->service);
	sock_send(clients[3], "fourth");
	sock_expect(servers[3], "fourth");
	assert_int_equal(rig_stat(f->rig, "web").flows, 2);
	close(clients[0]);
	close(servers[0]);
	servers[2] = sock_accept(f->service);
	sock_expect(servers[2], "third");
	for (int i = 1; i < 4; i++) {
		close(clients[i]);
		close(servers[i]);
	}
	rig_wait_flows(f->rig, "web", 0);
	rig_wait_flows(f->rig, "other", 0);
}

static void a_forward_that_goes_lets_clients_have_what_was_sent(void **state)
{
	struct rig_test *f = *state;
	int client = sock_connect(SOCK_STREAM, f->port), server = sock_accept(f->service);
	int refused = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(f->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	sock_send(server, "bye");
	rig_unpublish(f->rig, "web");
	sock_expect(client, "bye");
	sock_expect_reset(client);
	sock_expect_reset(server);
	assert_int_equal(connect(refused, (struct sockaddr *)&address, sizeof(address)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(refused);
	close(client);
	close(server);
}

static void a_service_that_ended_well_ends_well_for_its_clients(void **state)
{
	struct rig_test *f = *state;
	int client = sock_connect(SOCK_STREAM, f->port), server = sock_accept(f->service);
	static char bytes[MIB(1)];
	size_t got = 0;
	ssize_t n;

	assert_int_equal(send(server, bytes, sizeof(bytes), 0), sizeof(bytes));
	close(server);
	rig_unpublish(f->rig, "web");
	while ((n = recv(client, bytes, sizeof(bytes), 0)) > 0)
		got += (size_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(got, sizeof(bytes));
	close(client);
}

static void a_group_of_forwards_goes_together(void **state)
{
	struct rig_test *f = *state;

	(void)rig_publish(f->rig, "c1.0", PROXY_TCP, AF_INET, f->target);
	(void)rig_publish(f->rig, "c1.1", PROXY_UDP, AF_INET, f->target);
	(void)rig_publish(f->rig, "c12.0", PROXY_TCP, AF_INET, f->target);
	assert_true(rig_has(f->rig, "c1.0"));
	rig_unpublish(f->rig, "c1");
	assert_false(rig_has(f->rig, "c1.0"));
	assert_false(rig_has(f->rig, "c1.1"));
	assert_true(rig_has(f->rig, "c12.0"));
	assert_true(rig_has(f->rig, "web"));
}

struct change {
	struct rig_test *f;
	int fd, result;
	uint16_t target;
};

static void publish_again(struct proxy *p, void *arg)
{
	struct change *c = arg;
	struct proxy_spec spec = { .protocol = PROXY_TCP };

	spec.target.port = c->target;
	assert_int_equal(ip_net_parse("127.0.0.1/8", &spec.target.v4.net), 0);
	if (c->fd == 0)
		c->fd = dup(proxy_fd(p, "web"));
	c->result = proxy_publish(p, "web", &spec, c->fd);
}

static void what_is_said_twice_changes_nothing(void **state)
{
	struct rig_test *f = *state;
	int client = sock_connect(SOCK_STREAM, f->port), server = sock_accept(f->service);
	struct change with_socket = { f, 0, -1, f->target }, without = { f, -1, -1, f->target };

	rig_do(f->rig, publish_again, &with_socket);
	assert_int_equal(with_socket.result, 0);
	rig_do(f->rig, publish_again, &without);
	assert_int_equal(without.result, 0);
	sock_send(client, "still");
	sock_expect(server, "still");
	close(client);
	close(server);
}

static void a_service_that_moved_is_found_where_it_is(void **state)
{
	struct rig_test *f = *state;
	uint16_t target;
	int moved = sock_service(&target);
	int client = sock_connect(SOCK_STREAM, f->port), server = sock_accept(f->service);
	struct change change = { f, -1, -1, target };

	rig_do(f->rig, publish_again, &change);
	assert_int_equal(change.result, 0);
	sock_expect_reset(client);
	close(client);
	close(server);
	client = sock_connect(SOCK_STREAM, f->port);
	server = sock_accept(moved);
	sock_send(client, "there");
	sock_expect(server, "there");
	close(client);
	close(server);
	close(moved);
}

struct told {
	struct rig_test *test;
	struct proxy_shortcuts calls;
	unsigned adds, ends;
	struct peer at, to;
};

static void note_add(const struct peer *at, const struct peer *to, int fd, void *arg)
{
	struct told *told = arg;

	assert_true(fd >= 0);
	told->adds++;
	told->at = *at;
	told->to = *to;
}

static void note_end(void *arg)
{
	struct told *told = arg;

	told->ends++;
}

static void publish_with_shortcuts(struct proxy *p, void *arg)
{
	struct told *told = arg;
	struct proxy_spec spec = { .protocol = PROXY_TCP, .shortcuts = &told->calls };

	told->calls = (struct proxy_shortcuts){ note_add, note_end, told };
	spec.target.port = told->test->target;
	assert_int_equal(ip_net_parse("127.0.0.1/8", &spec.target.v4.net), 0);
	assert_int_equal(proxy_publish(p, "web", &spec, -1), 0);
}

/* One connection from 127.0.0.N, until it has passed something. */
static void connect_from(struct rig_test *f, uint8_t n)
{
	const struct sockaddr_in from = { .sin_family = AF_INET,
					  .sin_addr.s_addr = htonl(0x7f000000u + n) },
				 to = { .sin_family = AF_INET,
					.sin_port = htons(f->port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), server;

	assert_int_equal(bind(client, (const struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(client, (const struct sockaddr *)&to, sizeof(to)), 0);
	server = sock_accept(f->service);
	sock_send(client, "through");
	sock_expect(server, "through");
	close(client);
	close(server);
	rig_wait_flows(f->rig, "web", 0);
}

static void a_shortcut_is_offered_for_this_hosts_own_connections(void **state)
{
	struct rig_test *f = *state;
	struct told told = { .test = f };

	rig_do(f->rig, publish_with_shortcuts, &told);
	connect_from(f, 2);
	assert_int_equal(told.adds, 0);
	connect_from(f, 1);
	assert_int_equal(told.adds, 1);
	assert_int_equal(told.at.port, f->port);
	assert_int_equal(told.to.port, f->target);
	assert_int_equal(told.ends, 0);
	rig_unpublish(f->rig, "web");
	assert_int_equal(told.ends, 1);
}

static void shortcuts_end_where_the_service_moves(void **state)
{
	struct rig_test *f = *state;
	struct told told = { .test = f };
	uint16_t target;
	int moved = sock_service(&target);

	rig_do(f->rig, publish_with_shortcuts, &told);
	connect_from(f, 1);
	rig_do(f->rig, publish_with_shortcuts, &told);
	assert_int_equal(told.ends, 0);
	f->target = target;
	rig_do(f->rig, publish_with_shortcuts, &told);
	assert_int_equal(told.ends, 1);
	rig_unpublish(f->rig, "web");
	assert_int_equal(told.ends, 1);
	close(moved);
}

static void publish_wrong(struct proxy *p, void *arg)
{
	struct proxy_spec spec = { .protocol = PROXY_UDP };
	uint16_t port;
	int fd = sock_bound(SOCK_STREAM, &port);

	(void)arg;
	assert_int_equal(proxy_publish(p, "new", &spec, fd), -EINVAL);
	spec.protocol = PROXY_TCP; /* it does not listen */
	assert_int_equal(proxy_publish(p, "new", &spec, fd), -EINVAL);
	assert_int_equal(proxy_publish(p, "new", &spec, -1), -ENOENT);
	assert_int_equal(proxy_unpublish(p, "new"), -ENOENT);
	assert_int_equal(proxy_fd(p, "new"), -ENOENT);
	spec.protocol = PROXY_UDP;
	assert_int_equal(proxy_publish(p, "web", &spec, -1), -EINVAL);
	close(fd);
}

static void sockets_that_do_not_fit_are_refused(void **state)
{
	struct rig_test *f = *state;

	rig_do(f->rig, publish_wrong, NULL);
}

static void thousands_of_short_connections_leave_nothing_behind(void **state)
{
	struct rig_test *f = *state;
	unsigned before = count_fds();

	for (unsigned i = 0; i < 3000; i++) {
		int client = sock_connect(SOCK_STREAM, f->port);
		int server = sock_accept(f->service);

		if (i % 3 == 0)
			sock_reset(client);
		else
			close(client);
		close(server);
	}
	rig_wait_flows(f->rig, "web", 0);
	assert_int_equal(count_fds(), before);
	assert_int_equal(rig_stat(f->rig, "web").total, 3000);
}

static void there_is_room_for_as_many_flows_as_descriptors_allow(void **state)
{
	(void)state;
	assert_int_equal(proxy_limits(20000).flows, 5000);
	assert_int_equal(proxy_limits(20000).flows_each, 3750);
	assert_int_equal(proxy_limits(100).flows, 64);
	assert_int_equal(proxy_limits(1 << 20).flows, 16384);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, rig_end)
		cmocka_unit_test_setup_teardown(who_finds_no_room_waits_until_another_ends,
						set_up_for_three, rig_end),
		TEST(a_forward_that_goes_lets_clients_have_what_was_sent),
		TEST(a_service_that_ended_well_ends_well_for_its_clients),
		TEST(a_group_of_forwards_goes_together),
		TEST(what_is_said_twice_changes_nothing),
		TEST(a_service_that_moved_is_found_where_it_is),
		TEST(a_shortcut_is_offered_for_this_hosts_own_connections),
		TEST(shortcuts_end_where_the_service_moves),
		TEST(sockets_that_do_not_fit_are_refused),
		TEST(thousands_of_short_connections_leave_nothing_behind),
		cmocka_unit_test(there_is_room_for_as_many_flows_as_descriptors_allow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
