/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../hang.h"
#include "base/macro.h"
#include "base/thread.h"
#include "proxy-rig.h"

static int set_up(void **state)
{
	return rig_begin(state, &RIG_LIMITS, PROXY_TCP);
}

/* For tests in which a connection waits for its service. */
static int set_up_patient(void **state)
{
	struct proxy_limits limits = RIG_LIMITS;

	limits.retry_usec = HANG_SEC * USEC_PER_SEC;
	return rig_begin(state, &limits, PROXY_TCP);
}

/* @ret_server: the service's end */
static int connect_through(struct rig_test *f, int *ret_server)
{
	int client = sock_connect(SOCK_STREAM, f->port);

	*ret_server = sock_accept(f->service);
	return client;
}

static void bytes_go_both_ways(void **state)
{
	struct rig_test *f = *state;
	int server, client = connect_through(f, &server);

	sock_send(client, "question");
	sock_expect(server, "question");
	sock_send(server, "answer");
	sock_expect(client, "answer");
	close(client);
	sock_expect_end(server);
	close(server);
	rig_wait_flows(f->rig, "web", 0);
	assert_int_equal(rig_stat(f->rig, "web").total, 1);
	assert_int_equal(rig_stat(f->rig, "web").failed, 0);
}

static void a_client_that_has_said_all_still_gets_its_answer(void **state)
{
	struct rig_test *f = *state;
	int server, client = connect_through(f, &server);

	sock_send(client, "all");
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	sock_expect(server, "all");
	sock_expect_end(server);
	sock_send(server, "late answer");
	sock_expect(client, "late answer");
	close(server);
	sock_expect_end(client);
	close(client);
	rig_wait_flows(f->rig, "web", 0);
}

static void a_service_that_has_said_all_still_listens(void **state)
{
	struct rig_test *f = *state;
	int server, client = connect_through(f, &server);

	sock_send(server, "greeting");
	assert_int_equal(shutdown(server, SHUT_WR), 0);
	sock_expect(client, "greeting");
	sock_expect_end(client);
	sock_send(client, "late question");
	sock_expect(server, "late question");
	close(client);
	sock_expect_end(server);
	close(server);
	rig_wait_flows(f->rig, "web", 0);
}

static void what_a_client_sends_at_once_and_its_end_wait_for_the_service(void **state)
{
	struct rig_test *f = *state;
	int client = sock_connect(SOCK_STREAM, f->port), server;

	sock_send(client, "early");
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	usleep(50000);
	server = sock_accept(f->service);
	sock_expect(server, "early");
	sock_expect_end(server);
	close(server);
	sock_expect_end(client);
	close(client);
}

static void a_connection_waits_for_a_service_that_is_about_to_listen(void **state)
{
	struct rig_test *f = *state;
	uint16_t target;
	int service = sock_bound(SOCK_STREAM, &target), client, server;
	uint16_t port = rig_publish(f->rig, "late", PROXY_TCP, AF_INET, target);

	client = sock_connect(SOCK_STREAM, port);
	sock_send(client, "hello");
	usleep(80000);
	assert_int_equal(listen(service, 1), 0);
	server = sock_accept(service);
	sock_expect(server, "hello");
	close(server);
	close(client);
	close(service);
}

static void a_connection_nobody_takes_is_reset(void **state)
{
	struct rig_test *f = *state;
	uint16_t target;
	int service = sock_bound(SOCK_STREAM, &target), client;
	uint16_t port = rig_publish(f->rig, "none", PROXY_TCP, AF_INET, target);

	client = sock_connect(SOCK_STREAM, port);
	sock_expect_reset(client);
	rig_wait_flows(f->rig, "none", 0);
	assert_int_equal(rig_stat(f->rig, "none").failed, 1);
	close(client);
	close(service);
}

static void a_client_that_gives_up_while_it_waits_is_forgotten(void **state)
{
	struct rig_test *f = *state;
	uint16_t target;
	int service = sock_bound(SOCK_STREAM, &target);
	uint16_t port = rig_publish(f->rig, "none", PROXY_TCP, AF_INET, target);

	sock_reset(sock_connect(SOCK_STREAM, port));
	rig_wait_flows(f->rig, "none", 0);
	close(service);
}

static void a_reset_of_the_client_reaches_the_service(void **state)
{
	struct rig_test *f = *state;
	int server, client = connect_through(f, &server);

	sock_send(client, "before");
	sock_expect(server, "before");
	sock_reset(client);
	sock_expect_reset(server);
	close(server);
	rig_wait_flows(f->rig, "web", 0);
}

static void a_reset_of_the_service_comes_behind_what_it_sent(void **state)
{
	struct rig_test *f = *state;
	int server, client = connect_through(f, &server);

	sock_send(client, "hello");
	sock_expect(server, "hello");
	sock_send(server, "last words");
	sock_reset(server);
	sock_expect(client, "last words");
	sock_expect_reset(client);
	close(client);
	rig_wait_flows(f->rig, "web", 0);
}

/* The relay may hear of the connection, the answer and the reset at once. */
static void a_service_may_answer_and_reset_at_once(void **state)
{
	struct rig_test *f = *state;

	for (int i = 0; i < 100; i++) {
		int server, client = connect_through(f, &server);

		sock_send(server, "no");
		sock_reset(server);
		sock_expect(client, "no");
		sock_expect_reset(client);
		close(client);
	}
	rig_wait_flows(f->rig, "web", 0);
}

/* Fills every buffer on the way to somebody who does not read. */
static void fill(int fd)
{
	static char bytes[1 << 16];
	unsigned stuck = 0;

	while (stuck < 5) {
		if (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
			stuck = 0;
			continue;
		}
		stuck++;
		usleep(20000);
	}
}

/* An upload that is refused, as HTTP servers do it: answer, and close without reading on. */
static void an_answer_to_an_upload_that_is_refused_arrives(void **state)
{
	struct rig_test *f = *state;
	char unread;
	int server, client = connect_through(f, &server);

	sock_send(client, "PUT");
	sock_expect(server, "PUT");
	sock_send(server, "413 no");
	fill(client);
	assert_int_equal(recv(server, &unread, 1, MSG_PEEK), 1);
	close(server); /* with bytes unread: a reset */
	sock_expect(client, "413 no");
	sock_expect_reset(client);
	close(client);
	rig_wait_flows(f->rig, "web", 0);
}

#define BULK_BYTES MIB(16)

static unsigned char bulk_byte(size_t i)
{
	return (unsigned char)(i * 31 + (i >> 11));
}

static void *send_bulk(void *arg)
{
	int fd = *(int *)arg;
	unsigned char bytes[8192];

	for (size_t i = 0; i < BULK_BYTES; i += sizeof(bytes)) {
		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = bulk_byte(i + k);
		if (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) != (ssize_t)sizeof(bytes))
			return NULL;
	}
	shutdown(fd, SHUT_WR);
	return NULL;
}

/* @pause: the reader sleeps now and then, so that the sender is held up */
static void expect_bulk(int fd, bool pause)
{
	static unsigned char bytes[50000];
	size_t i = 0;
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		for (ssize_t k = 0; k < n; k++)
			if (bytes[k] != bulk_byte(i + (size_t)k))
				fail_msg("byte %zu differs", i + (size_t)k);
		i += (size_t)n;
		if (pause && i % 7 == 0)
			usleep(1000);
	}
	assert_int_equal(n, 0);
	assert_int_equal(i, BULK_BYTES);
}

static void much_in_both_directions_at_once_arrives_as_it_was(void **state)
{
	struct rig_test *f = *state;
	int server, client = connect_through(f, &server);
	pthread_t up, down;

	assert_int_equal(thread_start(&up, send_bulk, &client), 0);
	assert_int_equal(thread_start(&down, send_bulk, &server), 0);
	expect_bulk(server, true);
	expect_bulk(client, false);
	pthread_join(up, NULL);
	pthread_join(down, NULL);
	close(client);
	close(server);
	rig_wait_flows(f->rig, "web", 0);
}

static void who_does_not_read_holds_up_nobody_else(void **state)
{
	struct rig_test *f = *state;
	int server, client = connect_through(f, &server), other_server, other;

	fill(client);
	fill(server);
	other = connect_through(f, &other_server);
	sock_send(other, "quick");
	sock_expect(other_server, "quick");
	close(other);
	close(other_server);
	sock_reset(client);
	sock_reset(server);
	rig_wait_flows(f->rig, "web", 0);
}

static void a_reset_is_heard_while_the_other_side_takes_nothing(void **state)
{
	struct rig_test *f = *state;
	int server, client = connect_through(f, &server);

	fill(client);
	sock_reset(client);
	while (recv(server, (char[65536]){ 0 }, 65536, 0) > 0)
		continue;
	assert_int_equal(errno, ECONNRESET);
	close(server);
	rig_wait_flows(f->rig, "web", 0);
}

static void clients_of_ipv6_reach_a_service_of_ipv4(void **state)
{
	struct rig_test *f = *state;
	uint16_t port = rig_publish(f->rig, "both", PROXY_TCP, AF_INET6, f->target);
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int client = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), server;

	assert_int_equal(connect(client, (struct sockaddr *)&six, sizeof(six)), 0);
	server = sock_accept(f->service);
	sock_send(client, "six");
	sock_expect(server, "six");
	close(client);
	close(server);
	client = sock_connect(SOCK_STREAM, port);
	server = sock_accept(f->service);
	sock_send(client, "four");
	sock_expect(server, "four");
	close(client);
	close(server);
	rig_wait_flows(f->rig, "both", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, rig_end)
		TEST(bytes_go_both_ways),
		TEST(a_client_that_has_said_all_still_gets_its_answer),
		TEST(a_service_that_has_said_all_still_listens),
		TEST(what_a_client_sends_at_once_and_its_end_wait_for_the_service),
		cmocka_unit_test_setup_teardown(
			a_connection_waits_for_a_service_that_is_about_to_listen, set_up_patient,
			rig_end),
		TEST(a_connection_nobody_takes_is_reset),
		TEST(a_client_that_gives_up_while_it_waits_is_forgotten),
		TEST(a_reset_of_the_client_reaches_the_service),
		TEST(a_service_may_answer_and_reset_at_once),
		TEST(a_reset_of_the_service_comes_behind_what_it_sent),
		TEST(an_answer_to_an_upload_that_is_refused_arrives),
		TEST(much_in_both_directions_at_once_arrives_as_it_was),
		TEST(who_does_not_read_holds_up_nobody_else),
		TEST(a_reset_is_heard_while_the_other_side_takes_nothing),
		TEST(clients_of_ipv6_reach_a_service_of_ipv4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
