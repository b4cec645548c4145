/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "net/answer.h"

static void an_answer_is_read_as_it_was_written(void **state)
{
	struct net_answer a = { .version = 1, .tap = "t12", .n_hosts = 2 }, b;
	json_t *json;
	char *text;

	(void)state;
	assert_int_equal(ip_parse("10.254.0.1", &a.hosts[0]), 0);
	assert_int_equal(ip_parse("fd00::1", &a.hosts[1]), 0);
	text = net_answer_write(&a);
	assert_non_null(text);
	assert_int_equal(net_answer_read(text, strlen(text), &b, &json, NULL), 0);
	assert_string_equal(b.tap, "t12");
	assert_int_equal(b.version, 1);
	assert_int_equal(b.n_hosts, 2);
	assert_true(ip_equal(&a.hosts[0], &b.hosts[0]) && ip_equal(&a.hosts[1], &b.hosts[1]));
	json_decref(json);
	free(text);
}

static void a_refusal_is_its_error(void **state)
{
	struct err no = { 0 }, err = { 0 };
	char *text;

	(void)state;
	err_set(&no, -EBUSY, "network x is in use");
	text = net_refusal_write(&no);
	assert_non_null(text);
	assert_int_equal(net_answer_read(text, strlen(text), NULL, NULL, &err), -EBUSY);
	assert_string_equal(err.msg, "network x is in use");
	free(text);
}

static void what_is_no_answer_is_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "", -EBADMSG },
		{ "{\"ok\":1}", -EBADMSG },
		{ "{}", -EIO },
		{ "{\"ok\":false,\"errno\":-1}", -EIO },
		{ "{\"ok\":true,\"hosts\":[\"x\"]}", -EINVAL },
		{ "{\"ok\":true,\"hosts\":[\"10.0.0.1\",\"10.0.0.2\",\"10.0.0.3\"]}", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		struct net_answer a;

		assert_int_equal(
			net_answer_read(cases[i].text, strlen(cases[i].text), &a, NULL, &err),
			cases[i].code);
		assert_true(*err.msg);
	}
}

static void events_are_read_as_they_were_written(void **state)
{
	struct net_event e = { .type = NET_EVENT_REFUSED,
			       .network = "0123456789ab",
			       .protocol = IPPROTO_TCP,
			       .port = 443 },
			 back;
	char *text;

	(void)state;
	assert_int_equal(ip_parse("10.1.2.3", &e.from), 0);
	assert_int_equal(ip_parse("192.0.2.1", &e.to), 0);
	text = net_event_write(&e);
	assert_non_null(text);
	assert_int_equal(net_event_read(text, strlen(text), &back, NULL), 0);
	assert_int_equal(back.type, NET_EVENT_REFUSED);
	assert_string_equal(back.network, e.network);
	assert_true(ip_equal(&back.from, &e.from) && ip_equal(&back.to, &e.to));
	assert_int_equal(back.protocol, IPPROTO_TCP);
	assert_int_equal(back.port, 443);
	free(text);
}

static void a_refused_name_has_no_address(void **state)
{
	struct net_event e = { .type = NET_EVENT_REFUSED, .name = "evil.example" }, back;
	char *text = net_event_write(&e);

	(void)state;
	assert_non_null(text);
	assert_int_equal(net_event_read(text, strlen(text), &back, NULL), 0);
	assert_string_equal(back.name, "evil.example");
	assert_true(ip_is_none(&back.to) && ip_is_none(&back.from));
	free(text);
}

static void an_unknown_event_is_told_apart(void **state)
{
	struct net_event e;
	const char *text = "{\"event\":\"tea\"}";

	(void)state;
	assert_int_equal(net_event_read(text, strlen(text), &e, NULL), -EOPNOTSUPP);
	assert_int_equal(net_event_read("{", 1, &e, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read_as_it_was_written),
		cmocka_unit_test(a_refusal_is_its_error),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(events_are_read_as_they_were_written),
		cmocka_unit_test(a_refused_name_has_no_address),
		cmocka_unit_test(an_unknown_event_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
