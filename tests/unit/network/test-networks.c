/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "daemon/network/describe.h"
#include "daemon/network/member-run.h"
#include "daemon/network/network-view.h"
#include "told.h"

static int create(const char *text, struct err *err)
{
	cleanup_json json_t *body = NULL;
	char id[ID_LEN + 1];

	assert_int_equal(json_read(text, strlen(text), "test", &body, err), 0);
	return network_create(told_nets(), body, id, NULL, err);
}

static struct network_view view(const char *name)
{
	struct network_view v = { 0 };
	struct err err = { 0 };

	if (network_view(told_nets(), name, &v, &err) < 0)
		fail_msg("%s", err.msg);
	return v;
}

static void subnet_of(const char *name, char ret[IP_TEXT_MAX])
{
	cleanup(network_view_reset) struct network_view v = view(name);

	ip_net_format(&v.config.subnets[FAMILY_4].net, ret);
}

static void two_networks_are_always_there(void **state)
{
	struct network_view *views;
	struct err err = { 0 };
	size_t n;
	cleanup(network_view_reset) struct network_view bridge = { 0 };

	(void)state;
	assert_int_equal(network_views(told_nets(), &views, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(views[0].rec.name, "default");
	assert_string_equal(views[0].rec.driver, "bridge");
	assert_false(ip_is_none(&views[0].config.subnets[FAMILY_4].net.ip));
	assert_string_equal(views[1].rec.name, "none");
	assert_true(network_is_none(&views[1].rec));
	bridge = view("bridge");
	assert_string_equal(bridge.rec.id, views[0].rec.id);
	network_views_free(views, n);
	assert_int_equal(network_remove(told_nets(), "default", &err), -EPERM);
	assert_non_null(strstr(err.msg, "pre-defined"));
	assert_int_equal(network_remove(told_nets(), "bridge", &err), -EPERM);
	assert_int_equal(network_remove(told_nets(), "none", &err), -EPERM);
	assert_int_equal(create("{\"Name\":\"bridge\"}", &err), -EEXIST);
	assert_int_equal(create("{\"Name\":\"host\"}", &err), -EPERM);
	assert_int_equal(create("{\"Name\":\"default\"}", &err), -EEXIST);
}

static void networks_outlive_moatd_as_they_were(void **state)
{
	char before[IP_TEXT_MAX], after[IP_TEXT_MAX], id[ID_LEN + 1];
	cleanup(network_view_reset) struct network_view v = { 0 };

	(void)state;
	told_network("{\"Name\":\"web\",\"Internal\":true,\"Labels\":{\"a\":\"b\"}}");
	v = view("web");
	strcpy(id, v.rec.id);
	subnet_of("web", before);
	told_reopen();
	subnet_of("web", after);
	assert_string_equal(after, before);
	network_view_reset(&v);
	v = view("web");
	assert_string_equal(v.rec.id, id);
	assert_true(v.config.internal);
	assert_string_equal(json_string_value(json_object_get(v.config.labels, "a")), "b");
	subnet_of("default", before);
	told_reopen();
	subnet_of("default", after);
	assert_string_equal(after, before);
}

static void networks_are_found_by_name_id_and_its_beginning(void **state)
{
	cleanup(network_view_reset) struct network_view v = { 0 };
	cleanup_free char *name = NULL;
	char prefix[13];
	struct err err = { 0 };

	(void)state;
	told_network("{\"Name\":\"web\"}");
	v = view("web");
	memcpy(prefix, v.rec.id, 12);
	prefix[12] = '\0';
	assert_int_equal(network_resolve(told_nets(), v.rec.id, &name, &err), 0);
	assert_string_equal(name, "web");
	free(take_ptr(name));
	assert_int_equal(network_resolve(told_nets(), prefix, &name, &err), 0);
	assert_string_equal(name, "web");
	assert_int_equal(network_resolve(told_nets(), "nosuch", &name, &err), -ENOENT);
	assert_string_equal(err.msg, "network nosuch not found");
	assert_int_equal(network_resolve(told_nets(), "", &name, &err), -ENOENT);
}

static void no_two_networks_have_an_address_in_common_nor_one_of_the_hosts(void **state)
{
	char a[IP_TEXT_MAX], b[IP_TEXT_MAX];
	struct err err = { 0 };

	(void)state;
	told_network("{\"Name\":\"a\"}");
	told_network("{\"Name\":\"b\"}");
	subnet_of("a", a);
	subnet_of("b", b);
	assert_string_not_equal(a, b);
	told_network("{\"Name\":\"c\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.7.0.0/16\"}]}}");
	assert_int_equal(
		create("{\"Name\":\"d\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.7.8.0/24\"}]}}",
		       &err),
		-EEXIST);
	assert_string_equal(err.msg, "subnet 10.7.8.0/24 overlaps with 10.7.0.0/16 of network c");
	told_route("10.200.0.0/16", "tun0");
	assert_int_equal(
		create("{\"Name\":\"d\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.200.1.0/24\"}]}}",
		       &err),
		-EEXIST);
	assert_non_null(strstr(err.msg, "this host's route by tun0"));
	assert_int_equal(network_remove(told_nets(), "c", &err), 0);
	assert_int_equal(
		create("{\"Name\":\"d\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.7.8.0/24\"}]}}",
		       &err),
		0);
}

static void a_network_in_use_is_not_removed_and_says_by_whom(void **state)
{
	static const char *const wishes[] = { "web", NULL };
	cleanup(wiring_reset) struct wiring w = { 0 };
	struct err err = { 0 };

	(void)state;
	told_network("{\"Name\":\"web\"}");
	assert_int_equal(told_member('1', wishes, &err), 0);
	assert_int_equal(network_prune(told_nets(), "web", &err), -EBUSY);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), 0);
	assert_int_equal(network_remove(told_nets(), "web", &err), -EPERM);
	assert_non_null(strstr(err.msg, "has active endpoints"));
	assert_non_null(strstr(err.msg, "container \"c1\""));
	member_end(told_nets(), told_id('1'));
	(void)told_text();
	assert_int_equal(network_remove(told_nets(), "web", &err), 0);
	assert_true(str_starts(told_text(), "network-remove ") != NULL);
	assert_int_equal(network_remove(told_nets(), "web", &err), -ENOENT);
}

static void a_network_that_no_container_names_is_pruned(void **state)
{
	struct err err = { 0 };

	(void)state;
	told_network("{\"Name\":\"web\"}");
	assert_int_equal(network_prune(told_nets(), "web", &err), 0);
	assert_int_equal(network_prune(told_nets(), "default", &err), -EPERM);
}

static void a_picked_subnet_gives_way_to_the_hosts_routes_while_nobody_runs(void **state)
{
	static const char *const wishes[] = { "web", NULL };
	cleanup(wiring_reset) struct wiring w = { 0 };
	char before[IP_TEXT_MAX], after[IP_TEXT_MAX];
	struct err err = { 0 };

	(void)state;
	told_network("{\"Name\":\"web\"}");
	assert_int_equal(told_member('1', wishes, &err), 0);
	subnet_of("web", before);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), 0);
	told_route(before, "wg0");
	/* It runs: what it has stays. */
	assert_int_equal(told_member('2', wishes, &err), 0);
	wiring_reset(&w);
	assert_int_equal(member_begin(told_nets(), told_id('2'), &w, &err), 0);
	subnet_of("web", after);
	assert_string_equal(after, before);
	member_end(told_nets(), told_id('1'));
	member_end(told_nets(), told_id('2'));
	wiring_reset(&w);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), 0);
	subnet_of("web", after);
	assert_string_not_equal(after, before);
	told_reopen();
	subnet_of("web", before);
	assert_string_equal(after, before);
	/* The way to containers is no reason. */
	told_route(before, "moat0");
	wiring_reset(&w);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), 0);
	subnet_of("web", after);
	assert_string_equal(after, before);
}

static void a_new_moatd_leaves_the_default_networks_subnet_to_who_runs_on_it(void **state)
{
	static const char *const wishes[] = { NETWORK_DEFAULT, NULL };
	cleanup(wiring_reset) struct wiring w = { 0 };
	char before[IP_TEXT_MAX], after[IP_TEXT_MAX];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(told_member('1', wishes, &err), 0);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), 0);
	subnet_of(NETWORK_DEFAULT, before);
	told_route(before, "wg0");
	told_reopen();
	subnet_of(NETWORK_DEFAULT, after);
	assert_string_equal(after, before);
	/* It does not run. */
	wiring_reset(&w);
	assert_int_equal(member_begin(told_nets(), told_id('1'), &w, &err), 0);
	subnet_of(NETWORK_DEFAULT, after);
	assert_string_not_equal(after, before);
}

static void who_has_no_network_is_described_as_docker_has_it(void **state)
{
	cleanup_json json_t *all = member_describe_none(told_nets());
	const json_t *none = json_object_get(all, "none");

	(void)state;
	assert_true(json_is_object(none));
	assert_string_equal(json_string_value(json_object_get(none, "IPAddress")), "");
	assert_int_equal(json_array_size(json_object_get(none, "DNSNames")), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, told_set_up, told_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_networks_are_always_there),
		TEST(networks_outlive_moatd_as_they_were),
		TEST(networks_are_found_by_name_id_and_its_beginning),
		TEST(no_two_networks_have_an_address_in_common_nor_one_of_the_hosts),
		TEST(a_network_in_use_is_not_removed_and_says_by_whom),
		TEST(a_network_that_no_container_names_is_pruned),
		TEST(who_has_no_network_is_described_as_docker_has_it),
		TEST(a_new_moatd_leaves_the_default_networks_subnet_to_who_runs_on_it),
		TEST(a_picked_subnet_gives_way_to_the_hosts_routes_while_nobody_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
