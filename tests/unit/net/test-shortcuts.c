/* SPDX-License-Identifier: Apache-2.0 */
/* Which shortcuts the outside gives the inside.  Whether one leads anywhere is for tests with a
 * host of their own (tests/integration/shortcuts.bats). */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macro.h"
#include "loop/loop.h"
#include "net/outside/shortcuts.h"

struct fixture {
	struct loop *loop;
	struct ip_net routes[1];
	struct host_link link;
	struct shortcuts *shortcuts;
	int fd; /* listens at all addresses of IPv4 */
	struct wire_shortcut wish;
};

static int bound(int family, int type, uint16_t *ret_port)
{
	struct sockaddr_storage at = { .ss_family = (sa_family_t)family };
	socklen_t len =
		family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(((const struct sockaddr_in *)&at)->sin_port);
	return fd;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(loop_new(&f->loop), 0);
	assert_int_equal(ip_net_parse("10.1.0.0/16", &f->routes[0]), 0);
	/* A table of that number is nobody's. */
	f->link = (struct host_link){
		.index = 1, .number = 4096, .routes = f->routes, .n_routes = 1
	};
	assert_int_equal(ip_net_parse("10.254.0.2/30", &f->link.own[0]), 0);
	assert_int_equal(shortcuts_new(f->loop, &f->link, &f->shortcuts), 0);
	f->fd = bound(AF_INET, SOCK_STREAM, &f->wish.at_port);
	assert_int_equal(listen(f->fd, 1), 0);
	assert_int_equal(ip_parse("127.0.0.1", &f->wish.at), 0);
	assert_int_equal(ip_parse("10.1.0.2", &f->wish.to), 0);
	f->wish.to_port = 80;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close(f->fd);
	shortcuts_free(f->shortcuts);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void assert_refused(struct fixture *f, int fd)
{
	assert_int_equal(shortcuts_add(f->shortcuts, &f->wish, fd), -EPERM);
}

static void who_does_not_listen_there_gets_none(void **state)
{
	struct fixture *f = *state;
	uint16_t port, own = f->wish.at_port;
	int fd;

	assert_refused(f, -1);
	f->wish.at_port = own == 1 ? 2 : own - 1;
	assert_refused(f, f->fd);
	fd = bound(AF_INET, SOCK_STREAM, &port);
	f->wish.at_port = port;
	assert_refused(f, fd); /* bound, but does not listen */
	close(fd);
	fd = bound(AF_INET, SOCK_DGRAM, &f->wish.at_port);
	assert_refused(f, fd);
	close(fd);
}

static void a_socket_of_ipv6_alone_shows_nothing_of_ipv4(void **state)
{
	struct fixture *f = *state;
	const int on = 1;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(at);

	if (fd < 0)
		skip();
	assert_int_equal(setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	f->wish.at_port = ntohs(at.sin6_port);
	assert_refused(f, fd);
	close(fd);
}

static void none_leads_but_to_moats_networks(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ip_parse("192.0.2.1", &f->wish.to), 0);
	assert_refused(f, f->fd);
}

/* Here there is no table to try it in, so it is found out at once that none leads anywhere. */
static void one_is_tried_before_it_is_had(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(shortcuts_add(f->shortcuts, &f->wish, f->fd), 0);
	assert_int_equal(shortcuts_add(f->shortcuts, &f->wish, f->fd), -EHOSTUNREACH);
}

static void there_is_none_without_a_way_to_moats_namespace(void **state)
{
	struct fixture *f = *state;

	f->link.index = 0;
	assert_int_equal(shortcuts_add(f->shortcuts, &f->wish, f->fd), -EHOSTUNREACH);
}

#define shortcut_test(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		shortcut_test(who_does_not_listen_there_gets_none),
		shortcut_test(a_socket_of_ipv6_alone_shows_nothing_of_ipv4),
		shortcut_test(none_leads_but_to_moats_networks),
		shortcut_test(one_is_tried_before_it_is_had),
		shortcut_test(there_is_none_without_a_way_to_moats_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
