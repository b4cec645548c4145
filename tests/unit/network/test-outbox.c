/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "daemon/network/outbox.h"

struct listener {
	struct outbox *outbox;
	struct buf told;
	unsigned asked, dies_at; /* 0: never */
	bool waits_for_ports;	 /* had anybody to wait for them at the last question? */
};

static int listen_to(const struct net_request *rq, struct err *err, void *arg)
{
	struct listener *l = arg;

	l->waits_for_ports = outbox_has_ports(l->outbox, NULL);
	if (++l->asked == l->dies_at)
		return err_set(err, -ECONNREFUSED, "dead");
	if (rq->op == NET_UNPUBLISH)
		assert_int_equal(buf_addf(&l->told, "%s;", rq->key), 0);
	else
		assert_int_equal(buf_addf(&l->told, "%s %s%d%s;",
					  rq->op == NET_TAP_RETURN ? "return" : "off", rq->tap,
					  rq->slot, rq->soon ? "" : " and wait"),
				 0);
	return rq->op == NET_UNPUBLISH ? -ENOENT : 0;
}

static int set_up(void **state)
{
	static struct listener l;

	l = (struct listener){ .outbox = outbox_new() };
	*state = &l;
	return l.outbox ? 0 : -1;
}

static int tear_down(void **state)
{
	struct listener *l = *state;

	outbox_free(l->outbox);
	buf_reset(&l->told);
	return 0;
}

static void post_ports(struct listener *l, const char *id)
{
	struct posted p = { 0 };

	strcpy(p.key, id);
	assert_int_equal(outbox_post(l->outbox, &p), 0);
}

static void post_tap(struct listener *l, const char *tap, unsigned slots, bool whole)
{
	struct posted p = { .slots = slots, .whole = whole };

	strcpy(p.tap, tap);
	assert_int_equal(outbox_post(l->outbox, &p), 0);
}

static void what_was_posted_is_told_once_in_its_order(void **state)
{
	struct listener *l = *state;

	post_tap(l, "t1", 5, false);
	post_ports(l, "web");
	post_tap(l, "t1", 5, true);
	assert_int_equal(outbox_flush(l->outbox, listen_to, l), 0);
	assert_string_equal(l->told.data, "off t10;off t12;web;return t10;");
	assert_int_equal(outbox_flush(l->outbox, listen_to, l), 0);
	assert_int_equal(l->asked, 4);
}

static void ports_are_waited_for_until_they_have_been_told(void **state)
{
	struct listener *l = *state;

	post_tap(l, "t1", 1, false);
	assert_false(outbox_has_ports(l->outbox, NULL));
	post_ports(l, "web");
	assert_true(outbox_has_ports(l->outbox, NULL));
	assert_true(outbox_has_ports(l->outbox, "web"));
	assert_false(outbox_has_ports(l->outbox, "db"));
	assert_int_equal(outbox_flush(l->outbox, listen_to, l), 0);
	assert_true(l->waits_for_ports);
	assert_false(outbox_has_ports(l->outbox, NULL));
	assert_false(outbox_has_ports(l->outbox, "web"));
}

static void one_that_dies_has_forgotten_the_rest(void **state)
{
	struct listener *l = *state;

	l->dies_at = 2;
	post_ports(l, "web");
	post_tap(l, "t1", 3, false);
	post_ports(l, "db");
	assert_int_equal(outbox_flush(l->outbox, listen_to, l), -ECONNREFUSED);
	assert_int_equal(l->asked, 2);
	assert_false(outbox_has_ports(l->outbox, NULL));
	post_ports(l, "web");
	assert_int_equal(outbox_flush(l->outbox, NULL, NULL), 0);
	assert_false(outbox_has_ports(l->outbox, NULL));
	assert_int_equal(l->asked, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_posted_is_told_once_in_its_order),
		TEST(ports_are_waited_for_until_they_have_been_told),
		TEST(one_that_dies_has_forgotten_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
