/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macro.h"
#include "proxy-rig.h"

static int set_up(void **state)
{
	return rig_begin(state, &RIG_LIMITS, PROXY_UDP);
}

static int set_up_for_two(void **state)
{
	struct proxy_limits limits = RIG_LIMITS;

	limits.flows_each = 2;
	return rig_begin(state, &limits, PROXY_UDP);
}

static int set_up_impatient(void **state)
{
	struct proxy_limits limits = RIG_LIMITS;

	limits.idle_usec = 50000;
	return rig_begin(state, &limits, PROXY_UDP);
}

/* What the service gets next, and from whom. */
static void expect_from(struct rig_test *f, const char *text, struct sockaddr_in *ret_from)
{
	char got[64] = "";
	socklen_t len = sizeof(*ret_from);
	ssize_t n =
		recvfrom(f->service, got, sizeof(got) - 1, 0, (struct sockaddr *)ret_from, &len);

	assert_int_equal(n, strlen(text));
	assert_string_equal(got, text);
}

static void answer(struct rig_test *f, const struct sockaddr_in *to, const char *text)
{
	assert_int_equal(
		sendto(f->service, text, strlen(text), 0, (const struct sockaddr *)to, sizeof(*to)),
		strlen(text));
}

static void replies_go_to_whom_they_are_for(void **state)
{
	struct rig_test *f = *state;
	struct sockaddr_in from[3];
	int clients[3];
	char text[16];

	for (int i = 0; i < 3; i++) {
		clients[i] = sock_connect(SOCK_DGRAM, f->port);
		snprintf(text, sizeof(text), "q%d", i);
		sock_send(clients[i], text);
		expect_from(f, text, &from[i]);
	}
	for (int i = 2; i >= 0; i--) {
		snprintf(text, sizeof(text), "a%d", i);
		answer(f, &from[i], text);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "a%d", i);
		sock_expect(clients[i], text);
		close(clients[i]);
	}
	assert_int_equal(rig_stat(f->rig, "web").flows, 3);
}

static void a_client_is_one_flow_whatever_it_sends(void **state)
{
	struct rig_test *f = *state;
	int client = sock_connect(SOCK_DGRAM, f->port);
	struct sockaddr_in first, next;

	sock_send(client, "1");
	expect_from(f, "1", &first);
	for (int i = 0; i < 40; i++)
		sock_send(client, "n");
	for (int i = 0; i < 40; i++) {
		expect_from(f, "n", &next);
		assert_int_equal(next.sin_port, first.sin_port);
	}
	assert_int_equal(rig_stat(f->rig, "web").total, 1);
	close(client);
}

static void empty_and_large_datagrams_stay_what_they_are(void **state)
{
	struct rig_test *f = *state;
	static char bytes[65507];
	int client = sock_connect(SOCK_DGRAM, f->port);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);

	sock_send(client, "");
	expect_from(f, "", &from);
	answer(f, &from, "");
	sock_expect(client, "");
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(send(client, bytes, sizeof(bytes), 0), sizeof(bytes));
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(
		recvfrom(f->service, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &len),
		sizeof(bytes));
	assert_int_equal(bytes[sizeof(bytes) - 1], 'x');
	assert_int_equal(sendto(f->service, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, len),
			 sizeof(bytes));
	assert_int_equal(recv(client, bytes, sizeof(bytes), 0), sizeof(bytes));
	close(client);
}

/* A client takes an answer from nobody but whom it asked. */
static void replies_come_from_the_address_that_was_asked(void **state)
{
	struct rig_test *f = *state;
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(f->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 41) };
	uint16_t own;
	int client = sock_bound(SOCK_DGRAM, &own);
	struct sockaddr_in from;

	assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof(to)), 0);
	sock_send(client, "here");
	expect_from(f, "here", &from);
	answer(f, &from, "there");
	sock_expect(client, "there");
	close(client);
}

static void clients_of_ipv6_and_ipv4_share_a_socket(void **state)
{
	struct rig_test *f = *state;
	uint16_t port = rig_publish(f->rig, "both", PROXY_UDP, AF_INET6, f->target);
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int clients[2] = { socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0),
			   sock_connect(SOCK_DGRAM, port) };
	struct sockaddr_in from;

	assert_int_equal(connect(clients[0], (struct sockaddr *)&six, sizeof(six)), 0);
	for (int i = 0; i < 2; i++) {
		sock_send(clients[i], "ask");
		expect_from(f, "ask", &from);
		answer(f, &from, "told");
		sock_expect(clients[i], "told");
		close(clients[i]);
	}
}

static void a_new_client_takes_the_place_of_the_one_that_is_silent_longest(void **state)
{
	struct rig_test *f = *state;
	struct sockaddr_in from[3];
	int clients[3];

	for (int i = 0; i < 2; i++) {
		clients[i] = sock_connect(SOCK_DGRAM, f->port);
		sock_send(clients[i], "x");
		expect_from(f, "x", &from[i]);
	}
	sock_send(clients[0], "again");
	expect_from(f, "again", &from[0]);
	clients[2] = sock_connect(SOCK_DGRAM, f->port);
	sock_send(clients[2], "new");
	expect_from(f, "new", &from[2]);
	assert_int_equal(rig_stat(f->rig, "web").flows, 2);
	answer(f, &from[0], "still here");
	sock_expect(clients[0], "still here");
	/* And that one begins anew. */
	sock_send(clients[1], "y");
	expect_from(f, "y", &from[1]);
	answer(f, &from[1], "back");
	sock_expect(clients[1], "back");
	for (int i = 0; i < 3; i++)
		close(clients[i]);
}

static void a_silent_client_is_forgotten(void **state)
{
	struct rig_test *f = *state;
	struct sockaddr_in from;
	int client = sock_connect(SOCK_DGRAM, f->port);

	sock_send(client, "once");
	expect_from(f, "once", &from);
	rig_wait_flows(f->rig, "web", 0);
	sock_send(client, "twice");
	expect_from(f, "twice", &from);
	assert_int_equal(rig_stat(f->rig, "web").total, 2);
	close(client);
}

static void a_service_may_come_later(void **state)
{
	struct rig_test *f = *state;
	uint16_t target;
	int gone = sock_bound(SOCK_DGRAM, &target), client, service;
	uint16_t port = rig_publish(f->rig, "late", PROXY_UDP, AF_INET, target);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(target),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char got[16];
	ssize_t n;

	close(gone);
	client = sock_connect(SOCK_DGRAM, port);
	for (int i = 0; i < 3; i++) {
		sock_send(client, "lost");
		usleep(5000); /* for the service's host to refuse it; nothing fails if it does not
			       */
	}
	service = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(service, (struct sockaddr *)&address, sizeof(address)), 0);
	sock_send(client, "found");
	/* What was on its way when the service came is not lost. */
	do
		n = recv(service, got, sizeof(got), 0);
	while (n == 4 && memcmp(got, "lost", 4) == 0);
	assert_int_equal(n, 5);
	assert_memory_equal(got, "found", 5);
	close(client);
	close(service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, rig_end)
		TEST(replies_go_to_whom_they_are_for),
		TEST(a_client_is_one_flow_whatever_it_sends),
		TEST(empty_and_large_datagrams_stay_what_they_are),
		TEST(replies_come_from_the_address_that_was_asked),
		TEST(clients_of_ipv6_and_ipv4_share_a_socket),
		cmocka_unit_test_setup_teardown(
			a_new_client_takes_the_place_of_the_one_that_is_silent_longest,
			set_up_for_two, rig_end),
		cmocka_unit_test_setup_teardown(a_silent_client_is_forgotten, set_up_impatient,
						rig_end),
		TEST(a_service_may_come_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
