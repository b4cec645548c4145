/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "daemon/state/hub.h"

static int set_up(void **state)
{
	return hub_new((struct hub **)state);
}

static int tear_down(void **state)
{
	hub_free(*state);
	return 0;
}

static void expect_next(struct hub_sub *sub, const char *action)
{
	int64_t nsec;
	cleanup_json json_t *event = hub_next(sub, &nsec);

	assert_non_null(event);
	assert_string_equal(json_string_value(json_object_get(event, "Action")), action);
	assert_true(nsec > 0);
}

static void a_subscriber_sees_events_from_then_on_in_order(void **state)
{
	struct hub *h = *state;
	struct hub_sub *sub;
	int64_t nsec;

	hub_publish(h, "container", "before", "id", NULL);
	assert_int_equal(hub_subscribe(h, &sub), 0);
	hub_publish(h, "container", "start", "id", json_pack("{s:s}", "name", "web"));
	hub_publish(h, "container", "die", "id", NULL);
	expect_next(sub, "start");
	expect_next(sub, "die");
	assert_null(hub_next(sub, &nsec));
	hub_unsubscribe(sub);
}

static void a_change_before_the_wait_is_not_missed(void **state)
{
	struct hub *h = *state;
	struct hub_sub *sub;

	assert_int_equal(hub_subscribe(h, &sub), 0);
	assert_int_equal(hub_wait(sub, -1, 0), 0);
	hub_wake(h);
	assert_int_equal(hub_wait(sub, -1, -1), 1);
	assert_int_equal(hub_wait(sub, -1, 0), 0);
	hub_unsubscribe(sub);
}

static void a_client_that_is_gone_ends_the_wait_a_half_close_does_not(void **state)
{
	struct hub *h = *state;
	struct hub_sub *sub;
	int pair[2];

	assert_int_equal(hub_subscribe(h, &sub), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	assert_int_equal(hub_wait(sub, pair[0], 0), 0);
	close(pair[1]);
	assert_int_equal(hub_wait(sub, pair[0], -1), -EPIPE);
	close(pair[0]);
	hub_unsubscribe(sub);
}

static void earlier_events_can_be_asked_for(void **state)
{
	struct hub *h = *state;
	struct hub_sub *sub;

	hub_publish(h, "image", "pull", "id", NULL);
	hub_publish(h, "image", "tag", "id", NULL);
	assert_int_equal(hub_subscribe(h, &sub), 0);
	hub_rewind(sub, 0);
	expect_next(sub, "pull");
	expect_next(sub, "tag");
	hub_unsubscribe(sub);
}

static void a_slow_subscriber_misses_the_oldest_events(void **state)
{
	struct hub *h = *state;
	struct hub_sub *sub;
	char action[16];

	assert_int_equal(hub_subscribe(h, &sub), 0);
	for (int i = 0; i < 300; i++) {
		snprintf(action, sizeof(action), "a%d", i);
		hub_publish(h, "container", action, "id", NULL);
	}
	expect_next(sub, "a44");
	expect_next(sub, "a45");
	hub_unsubscribe(sub);
}

static void large_events_are_kept_for_a_shorter_time(void **state)
{
	struct hub *h = *state;
	struct hub_sub *sub;
	char *large = calloc(1, (3u << 20) + 1);
	int64_t nsec;

	assert_non_null(large);
	memset(large, 'x', 3u << 20);
	assert_int_equal(hub_subscribe(h, &sub), 0);
	hub_publish(h, "container", "first", "id", json_pack("{s:s}", "label", large));
	hub_publish(h, "container", "second", "id", json_pack("{s:s}", "label", large));
	hub_publish(h, "container", "third", "id", NULL);
	expect_next(sub, "second");
	expect_next(sub, "third");
	assert_null(hub_next(sub, &nsec));
	hub_unsubscribe(sub);
	free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_subscriber_sees_events_from_then_on_in_order,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_change_before_the_wait_is_not_missed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_client_that_is_gone_ends_the_wait_a_half_close_does_not, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(earlier_events_can_be_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(large_events_are_kept_for_a_shorter_time, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_slow_subscriber_misses_the_oldest_events, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
