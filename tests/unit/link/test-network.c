/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "link/network.h"

static void put_sample(struct buf *b)
{
	const struct wire_view network = { (const unsigned char *)"net", 3 };
	char line[] = "10.0.0.2\tbox", *hosts[] = { line, NULL };

	assert_int_equal(link_network_put(b, 7, network, hosts, "nameserver 10.0.0.1\n"), 0);
}

static struct wire_view view(const struct buf *b, size_t len)
{
	return (struct wire_view){ .data = (const unsigned char *)b->data, .len = len };
}

static void a_network_comes_back_as_it_went(void **state)
{
	cleanup(link_network_reset) struct link_network n = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	put_sample(&b);
	assert_int_equal(link_network_get(view(&b, b.len), &n), 0);
	assert_int_equal(n.id, 7);
	assert_int_equal(n.network.len, 3);
	assert_memory_equal(n.network.data, "net", 3);
	assert_string_equal(n.hosts[0], "10.0.0.2\tbox");
	assert_string_equal(n.resolv_conf, "nameserver 10.0.0.1\n");
}

static void cut_or_longer_payloads_are_refused(void **state)
{
	struct link_network n = { 0 };
	cleanup(buf_reset) struct buf b = BUF_INIT;

	(void)state;
	put_sample(&b);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(link_network_get(view(&b, len), &n), -EBADMSG);
	assert_int_equal(buf_add(&b, "", 1), 0);
	assert_int_equal(link_network_get(view(&b, b.len), &n), -EBADMSG);
	assert_null(n.hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_comes_back_as_it_went),
		cmocka_unit_test(cut_or_longer_payloads_are_refused),
	};

	return cmocka_run_group_tests_name("link: network", tests, NULL, NULL);
}
