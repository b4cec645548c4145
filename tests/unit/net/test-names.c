/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/str.h"
#include "net/inside/names-log.h"
#include "net/inside/names.h"

static char *web_names[] = { (char[]){ "web" }, (char[]){ "www.front" }, NULL };

struct world {
	struct model model;
	struct network a, b;
	struct port port;
};

static void network_init(struct network *n, const char *id, const char *subnet, const char *gateway)
{
	strcpy(n->spec.id, id);
	n->spec.n_subnets = 1;
	assert_int_equal(ip_net_parse(subnet, &n->spec.subnets[0].net), 0);
	assert_int_equal(ip_parse(gateway, &n->spec.subnets[0].gateway), 0);
}

static void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	network_init(&w->a, "aaaaaaaaaaaa", "10.1.0.0/16", "10.1.0.1");
	network_init(&w->b, "bbbbbbbbbbbb", "10.2.0.0/16", "10.2.0.1");
	w->port.network = &w->a;
	w->port.spec.names = web_names;
	w->port.spec.n_addresses = 2;
	assert_int_equal(ip_parse("10.1.0.2", &w->port.spec.addresses[0]), 0);
	assert_int_equal(ip_parse("fd00::2", &w->port.spec.addresses[1]), 0);
	assert_int_equal(ip_parse("10.254.0.1", &w->model.uplink.host[0]), 0);
	w->model.uplink.up = true;
	LIST_INSERT_HEAD(&w->model.networks, &w->a, link);
	LIST_INSERT_HEAD(&w->model.networks, &w->b, link);
	LIST_INSERT_HEAD(&w->model.ports, &w->port, link);
}

static void each_address_has_all_names(void **state)
{
	cleanup(buf_reset) struct buf a = BUF_INIT, b = BUF_INIT;
	struct world w;

	(void)state;
	world_init(&w);
	assert_int_equal(names_hosts(&a, &w.model, &w.a), 0);
	assert_string_equal(a.data, "10.1.0.2 web www.front\n"
				    "fd00::2 web www.front\n"
				    "10.254.0.1 host.docker.internal host.moat.internal "
				    "gateway.docker.internal\n");
	w.b.spec.internal = true;
	assert_int_equal(names_hosts(&b, &w.model, &w.b), 0);
	assert_string_equal(b.data, "");
}

static void names_are_local_and_all_else_is_asked_of_the_host(void **state)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct names_view view = { .n = 1, .port = 53, .n_servers = 2 };
	struct world w;

	(void)state;
	world_init(&w);
	view.networks[0] = &w.a;
	assert_int_equal(names_servers(&b, &w.model, &view), 0);
	assert_non_null(strstr(b.data, "server=127.0.0.1#5200\nserver=127.0.0.1#5201\n"));
	assert_non_null(strstr(b.data, "server=/web/\nserver=/www.front/\n"));
	assert_non_null(strstr(b.data, "server=/host.docker.internal/\n"));
	assert_non_null(strstr(b.data, "rev-server=10.1.0.0/16\n"));
}

static void an_internal_network_asks_nobody(void **state)
{
	cleanup(buf_reset) struct buf servers = BUF_INIT, config = BUF_INIT;
	struct names_view view = { .n = 1, .port = 53, .n_servers = 1 };
	struct world w;

	(void)state;
	world_init(&w);
	w.a.spec.internal = true;
	view.networks[0] = &w.a;
	assert_int_equal(names_servers(&servers, &w.model, &view), 0);
	assert_null(strstr(servers.data, "127.0.0.1"));
	assert_int_equal(names_config(&config, &view), 0);
	assert_non_null(strstr(config.data, "address=/#/\n"));
	assert_non_null(strstr(config.data, "listen-address=10.1.0.1\n"));
	assert_false(names_limited(&view));
}

static void a_limited_network_asks_for_what_it_allows(void **state)
{
	char *allow[] = { (char[]){ "example.org:443" }, (char[]){ "10.0.0.0/8" }, NULL };
	cleanup(buf_reset) struct buf servers = BUF_INIT, config = BUF_INIT;
	struct names_view view = { .n = 1, .port = 53, .n_servers = 1 };
	struct world w;

	(void)state;
	world_init(&w);
	w.a.spec.limited = true;
	assert_int_equal(egress_list_make(allow, &w.a.egress), 0);
	view.networks[0] = &w.a;
	assert_true(names_limited(&view));
	assert_int_equal(names_servers(&servers, &w.model, &view), 0);
	assert_non_null(strstr(servers.data, "server=/example.org/127.0.0.1#5200\n"));
	assert_null(strstr(servers.data, "server=127"));
	assert_int_equal(names_config(&config, &view), 0);
	assert_non_null(strstr(config.data, "nftset=/example.org/4#inet#moat#g0_aaaaaaaaaaaa_4a,"
					    "6#inet#moat#g0_aaaaaaaaaaaa_6a,"
					    "4#inet#moat#g0_aaaaaaaaaaaa_4b,"
					    "6#inet#moat#g0_aaaaaaaaaaaa_6b\n"));
	assert_non_null(strstr(config.data, "log-queries=extra\n"));
	egress_list_reset(&w.a.egress);
}

static void two_networks_are_one_view(void **state)
{
	cleanup(buf_reset) struct buf servers = BUF_INIT, config = BUF_INIT;
	struct names_view view = { .n = 2, .port = 5300, .n_servers = 1 };
	struct world w;

	(void)state;
	world_init(&w);
	w.a.spec.internal = true;
	view.networks[0] = &w.a;
	view.networks[1] = &w.b;
	assert_int_equal(names_config(&config, &view), 0);
	assert_non_null(strstr(config.data, "port=5300\n"));
	assert_non_null(strstr(config.data, "addn-hosts=/run/aaaaaaaaaaaa.hosts\n"));
	assert_non_null(strstr(config.data, "addn-hosts=/run/bbbbbbbbbbbb.hosts\n"));
	assert_non_null(strstr(config.data, "listen-address=10.2.0.1\n"));
	/* The other one lets it ask. */
	assert_null(strstr(config.data, "address=/#/"));
	assert_int_equal(names_servers(&servers, &w.model, &view), 0);
	assert_non_null(strstr(servers.data, "server=127.0.0.1#5200\n"));
}

static void view_of(struct names_view *view, const struct network *n, const char *server)
{
	*view = (struct names_view){ .networks = { n }, .n = 1, .port = 5300, .n_servers = 1 };
	assert_int_equal(ip_parse(server, &view->own[view->n_own++]), 0);
}

static void servers_of_the_users_choice_are_asked_from_a_gateway(void **state)
{
	cleanup(buf_reset) struct buf far = BUF_INIT, near = BUF_INIT, other = BUF_INIT;
	struct names_view view;
	struct world w;

	(void)state;
	world_init(&w);
	view_of(&view, &w.a, "9.9.9.9");
	assert_int_equal(names_servers(&far, &w.model, &view), 0);
	assert_non_null(strstr(far.data, "server=9.9.9.9@10.1.0.1\n"));
	assert_non_null(strstr(far.data, "server=/web/\n"));
	assert_null(strstr(far.data, "127.0.0.1"));
	view_of(&view, &w.a, "10.1.0.77");
	assert_int_equal(names_servers(&near, &w.model, &view), 0);
	assert_non_null(strstr(near.data, "server=10.1.0.77@10.1.0.1\n"));
	/* A network does not reach another one, nor without an address of its kind. */
	view_of(&view, &w.a, "10.2.0.77");
	assert_int_equal(ip_parse("fd00::53", &view.own[view.n_own++]), 0);
	assert_int_equal(names_servers(&other, &w.model, &view), 0);
	assert_null(strstr(other.data, "10.2.0.77"));
	assert_null(strstr(other.data, "fd00::53"));
}

static void an_internal_network_asks_a_server_that_is_on_it(void **state)
{
	cleanup(buf_reset) struct buf near = BUF_INIT, far = BUF_INIT, config = BUF_INIT,
				      no_config = BUF_INIT;
	struct names_view view;
	struct world w;

	(void)state;
	world_init(&w);
	w.a.spec.internal = true;
	view_of(&view, &w.a, "10.1.0.77");
	assert_int_equal(names_servers(&near, &w.model, &view), 0);
	assert_non_null(strstr(near.data, "server=10.1.0.77@10.1.0.1\n"));
	assert_int_equal(names_config(&config, &view), 0);
	assert_null(strstr(config.data, "address=/#/"));
	view_of(&view, &w.a, "9.9.9.9");
	assert_int_equal(names_servers(&far, &w.model, &view), 0);
	assert_null(strstr(far.data, "9.9.9.9"));
	assert_int_equal(names_config(&no_config, &view), 0);
	assert_non_null(strstr(no_config.data, "address=/#/\n"));
}

static void a_limited_network_asks_the_users_servers_for_what_it_allows(void **state)
{
	char *allow[] = { (char[]){ "example.org" }, NULL };
	cleanup(buf_reset) struct buf servers = BUF_INIT;
	struct names_view view;
	struct world w;

	(void)state;
	world_init(&w);
	w.a.spec.limited = true;
	assert_int_equal(egress_list_make(allow, &w.a.egress), 0);
	view_of(&view, &w.a, "9.9.9.9");
	assert_int_equal(names_servers(&servers, &w.model, &view), 0);
	assert_non_null(strstr(servers.data, "server=/example.org/9.9.9.9@10.1.0.1\n"));
	assert_null(strstr(servers.data, "server=9"));
	egress_list_reset(&w.a.egress);
}

static void a_refused_name_is_told_from_other_lines(void **state)
{
	static const char *const others[] = {
		"",
		"dnsmasq[1]: started, version 2.90 cachesize 1000",
		"dnsmasq[1]: 3 10.1.0.2/4000 query[A] evil.example from 10.1.0.2",
		"dnsmasq[1]: 3 10.1.0.2/4000 config web is NODATA-IPv6",
		"dnsmasq[1]: 3 10.1.0.2/4000 config 8.8.8.8.in-addr.arpa is NXDOMAIN",
		"dnsmasq[1]: 3 10.1.0.2/4000 config is NXDOMAIN",
		"dnsmasq[1]: 3 10.1.0.2/4000 config a b is NXDOMAIN",
		"dnsmasq[1]: 3 nonsense config evil.example is NXDOMAIN",
		"dnsmasq[1]: 3 10.1.0.2 config evil.example is NXDOMAIN",
		"other[1]: 3 10.1.0.2/4000 config evil.example is NXDOMAIN",
	};
	struct names_refused refused;
	char text[IP_TEXT_MAX];

	(void)state;
	assert_true(names_log_parse("dnsmasq[12]: 3 10.1.0.2/4000 config evil.example is NXDOMAIN",
				    &refused));
	assert_string_equal(refused.name, "evil.example");
	ip_format(&refused.from, text);
	assert_string_equal(text, "10.1.0.2");
	assert_true(names_log_parse("dnsmasq[12]: 3 fd00::2/4000 config evil.example is NXDOMAIN",
				    &refused));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(names_log_parse(others[i], &refused));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_has_all_names),
		cmocka_unit_test(names_are_local_and_all_else_is_asked_of_the_host),
		cmocka_unit_test(an_internal_network_asks_nobody),
		cmocka_unit_test(a_limited_network_asks_for_what_it_allows),
		cmocka_unit_test(two_networks_are_one_view),
		cmocka_unit_test(servers_of_the_users_choice_are_asked_from_a_gateway),
		cmocka_unit_test(an_internal_network_asks_a_server_that_is_on_it),
		cmocka_unit_test(a_limited_network_asks_the_users_servers_for_what_it_allows),
		cmocka_unit_test(a_refused_name_is_told_from_other_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
