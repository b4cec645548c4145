/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "daemon/network/wiring.h"

static struct wire wire(unsigned slot, const char *address4, const char *gateway4)
{
	static const char *const macs[] = { "02:42:00:00:00:01", "02:42:00:00:00:02",
					    "02:42:00:00:00:03", "02:42:00:00:00:04",
					    "02:42:00:00:00:05", "02:42:00:00:00:06" };
	struct wire w = { .network = "n", .slot = slot, .prefix = "eth", .mac = macs[slot] };

	assert_int_equal(ip_net_parse(address4, &w.address4), 0);
	assert_int_equal(ip_parse(gateway4, &w.gateway4), 0);
	return w;
}

static void add_v6(struct wire *w, const char *address, const char *gateway)
{
	assert_int_equal(ip_net_parse(address, &w->address6), 0);
	assert_int_equal(ip_parse(gateway, &w->gateway6), 0);
}

static struct wiring made(const struct wire *wires, size_t n)
{
	struct wiring w = { 0 };
	struct err err = { 0 };

	if (wiring_make(wires, n, &w, &err) < 0)
		fail_msg("%s", err.msg);
	return w;
}

static void a_container_without_networks_has_nothing(void **state)
{
	cleanup(wiring_reset) struct wiring w = made(NULL, 0);

	(void)state;
	assert_int_equal(w.network.n, 0);
	assert_null(w.servers);
}

static void one_network_gives_address_route_and_name_server(void **state)
{
	struct wire one = wire(0, "10.0.0.2/24", "10.0.0.1");
	cleanup(wiring_reset) struct wiring w = { 0 };
	const struct oci_interface *i;

	(void)state;
	add_v6(&one, "fd00::2/64", "fd00::1");
	w = made(&one, 1);
	assert_int_equal(w.network.n, 1);
	i = &w.network.interfaces[0];
	assert_string_equal(i->name, "eth0");
	assert_int_equal(i->mtu, 1500);
	assert_int_equal(i->mac[0], 2);
	assert_string_equal(i->addresses[0], "10.0.0.2/24");
	assert_string_equal(i->addresses[1], "fd00::2/64");
	assert_null(i->addresses[2]);
	assert_string_equal(i->gateway4, "10.0.0.1");
	assert_string_equal(i->gateway6, "fd00::1");
	assert_string_equal(w.servers[0], "10.0.0.1");
	assert_string_equal(w.servers[1], "fd00::1");
}

static void the_default_route_is_by_the_first_that_leads_out_or_the_one_preferred(void **state)
{
	struct wire wires[] = { wire(0, "10.0.0.2/24", "10.0.0.1"),
				wire(1, "10.1.0.2/24", "10.1.0.1"),
				wire(5, "10.2.0.2/24", "10.2.0.1") };
	cleanup(wiring_reset) struct wiring w = { 0 };

	(void)state;
	wires[0].internal = true;
	add_v6(&wires[2], "fd00::2/64", "fd00::1");
	w = made(wires, 3);
	assert_null(w.network.interfaces[0].gateway4);
	assert_string_equal(w.network.interfaces[1].gateway4, "10.1.0.1");
	assert_null(w.network.interfaces[2].gateway4);
	assert_string_equal(w.network.interfaces[2].gateway6, "fd00::1");
	assert_string_equal(w.network.interfaces[2].name, "eth5");
	wiring_reset(&w);
	wires[2].priority = 1;
	w = made(wires, 3);
	assert_null(w.network.interfaces[1].gateway4);
	assert_string_equal(w.network.interfaces[2].gateway4, "10.2.0.1");
	wiring_reset(&w);
	wires[1].internal = wires[2].internal = true;
	w = made(wires, 3);
	for (size_t i = 0; i < w.network.n; i++) {
		assert_null(w.network.interfaces[i].gateway4);
		assert_null(w.network.interfaces[i].gateway6);
	}
}

static void there_are_no_more_name_servers_than_resolvers_read(void **state)
{
	struct wire wires[] = { wire(0, "10.0.0.2/24", "10.0.0.1"),
				wire(1, "10.1.0.2/24", "10.1.0.1"),
				wire(2, "10.2.0.2/24", "10.2.0.1"),
				wire(3, "10.3.0.2/24", "10.3.0.1") };
	cleanup(wiring_reset) struct wiring w = made(wires, 4);

	(void)state;
	assert_int_equal(strv_len(w.servers), 3);
	assert_string_equal(w.servers[2], "10.2.0.1");
}

static void names_of_interfaces_may_be_chosen_and_must_differ(void **state)
{
	struct wire wires[] = { wire(0, "10.0.0.2/24", "10.0.0.1"),
				wire(1, "10.1.0.2/24", "10.1.0.1") };
	cleanup(wiring_reset) struct wiring w = { 0 };
	struct wiring none = { 0 };
	struct err err = { 0 };

	(void)state;
	wires[0].interface = "lan";
	wires[1].prefix = "net";
	w = made(wires, 2);
	assert_string_equal(w.network.interfaces[0].name, "lan");
	assert_string_equal(w.network.interfaces[1].name, "net1");
	wires[0].interface = "net1";
	assert_int_equal(wiring_make(wires, 2, &none, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "net1"));
}

static void lines_of_etc_hosts_are_as_dockers(void **state)
{
	cleanup(wiring_reset) struct wiring w = { 0 };
	struct ip ip;

	(void)state;
	assert_int_equal(ip_parse("10.0.0.2", &ip), 0);
	assert_int_equal(wiring_add_name(&w, &ip, "box.d.org box"), 0);
	assert_int_equal(wiring_add_name(&w, &(struct ip){ 0 }, "none"), 0);
	assert_int_equal(strv_len(w.hosts), 1);
	assert_string_equal(w.hosts[0], "10.0.0.2\tbox.d.org box");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_without_networks_has_nothing),
		cmocka_unit_test(one_network_gives_address_route_and_name_server),
		cmocka_unit_test(
			the_default_route_is_by_the_first_that_leads_out_or_the_one_preferred),
		cmocka_unit_test(there_are_no_more_name_servers_than_resolvers_read),
		cmocka_unit_test(names_of_interfaces_may_be_chosen_and_must_differ),
		cmocka_unit_test(lines_of_etc_hosts_are_as_dockers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
