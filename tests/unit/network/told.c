/* SPDX-License-Identifier: Apache-2.0 */
#include "told.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/path.h"
#include "daemon/network/host-routes.h"
#include "daemon/network/inner.h"
#include "daemon/network/keeper.h"
#include "daemon/state/hub.h"

static char root[] = "/tmp/moat-told-XXXXXX";
static struct state *st;
static struct hub *hub;
static struct networks *nets;
static struct buf told, last;
static enum net_op failing;
static int failing_code;
static bool forbidden;
static bool idle; /* it has no network any more */
static struct ip_net route;
static const char *route_interface;
static const char *next_tap;
static json_t *taps; /* what moat-net says of itself */

int __wrap_keeper_open(struct networks *n, int root_fd, struct keeper **ret, struct err *err);
int __wrap_keeper_open(struct networks *n, int root_fd, struct keeper **ret, struct err *err)
{
	(void)n;
	(void)root_fd;
	(void)ret;
	(void)err;
	return 0;
}

void __wrap_keeper_close(struct keeper *k);
void __wrap_keeper_close(struct keeper *k)
{
	(void)k;
}

int __wrap_keeper_check(struct keeper *k, struct err *err);
int __wrap_keeper_check(struct keeper *k, struct err *err)
{
	(void)k;
	return forbidden ? err_set(err, -EACCES, "no network here") : 0;
}

int __wrap_keeper_enter(struct keeper *k, struct err *err);
int __wrap_keeper_enter(struct keeper *k, struct err *err)
{
	(void)k;
	(void)err;
	return 0;
}

bool __wrap_keeper_enter_running(struct keeper *k);
bool __wrap_keeper_enter_running(struct keeper *k)
{
	(void)k;
	return true;
}

void __wrap_keeper_leave(struct keeper *k);
void __wrap_keeper_leave(struct keeper *k)
{
	(void)k;
}

static void note_network(const struct net_network *n)
{
	char text[IP_TEXT_MAX], gateway[IP_TEXT_MAX];

	buf_addf(&told, "network %.4s", n->id);
	for (size_t i = 0; i < n->n_subnets; i++) {
		ip_net_format(&n->subnets[i].net, text);
		ip_format(&n->subnets[i].gateway, gateway);
		buf_addf(&told, " %s via %s", text, gateway);
	}
	buf_addf(&told, "%s%s\n", n->internal ? " internal" : "", n->limited ? " limited" : "");
}

static void note_port(const struct net_port *p)
{
	char text[IP_TEXT_MAX], mac[MAC_TEXT_MAX];

	mac_format(p->mac, mac);
	buf_addf(&told, "port %s/%u %.4s %s", p->tap, p->slot, p->network, mac);
	for (size_t i = 0; i < p->n_addresses; i++) {
		ip_format(&p->addresses[i], text);
		buf_addf(&told, " %s", text);
	}
	for (char **name = p->names; name && *name; name++)
		buf_addf(&told, "%s%s", name == p->names ? " as " : ",", *name);
	buf_adds(&told, "\n");
}

/* What an earlier moatd has published. */
static int published[8] = { -1, -1, -1, -1, -1, -1, -1, -1 };

static int find_published(const char *key, struct net_result *ret)
{
	unsigned i = (unsigned)(strchr(key, '.')[1] - '0');

	assert_true(i < ARRAY_SIZE(published));
	ret->fd = published[i];
	published[i] = -1;
	return ret->fd >= 0 ? 0 : -ENOENT;
}

void told_published(unsigned i, int fd)
{
	published[i] = fd;
}

int __wrap_keeper_ask(struct keeper *k, const struct net_request *rq, struct net_result *ret,
		      struct err *err);
int __wrap_keeper_ask(struct keeper *k, const struct net_request *rq, struct net_result *ret,
		      struct err *err)
{
	(void)k;
	if (failing_code && rq->op == failing)
		return err_set(err, failing_code, "moat-net says no");
	switch (rq->op) {
	case NET_NETWORK:
		idle = false;
		note_network(&rq->network);
		if (ret) {
			assert_int_equal(ip_parse("10.255.0.1", &ret->answer.hosts[0]), 0);
			ret->answer.n_hosts = 1;
		}
		break;
	case NET_NETWORK_REMOVE:
		buf_addf(&told, "network-remove %.4s\n", rq->id);
		break;
	case NET_PORT:
		if (idle)
			return err_set(err, -ENOENT, "moat-net was not told of the network");
		note_port(&rq->port);
		break;
	case NET_PORT_REMOVE:
		buf_addf(&told, "port-remove %s/%u\n", rq->tap, rq->slot);
		break;
	case NET_PUBLISHED:
		return find_published(rq->key, ret);
	default:
		fail_msg("request %d", rq->op);
	}
	return 0;
}

static void note_publish(const struct net_publish *p, int fd)
{
	char text[IP_TEXT_MAX];

	assert_true(fd >= 0);
	buf_addf(&told, "publish %c%s %s", p->key[0], strchr(p->key, '.'),
		 p->protocol == NET_UDP ? "udp" : "tcp");
	for (size_t i = 0; i < p->n_targets; i++) {
		ip_net_format(&p->targets[i], text);
		buf_addf(&told, " %s", text);
		ip_format(&p->gateways[i], text);
		buf_addf(&told, " via %s", text);
	}
	buf_addf(&told, " port %u%s\n", p->target_port, p->shows_clients ? "" : " hidden");
}

int __wrap_keeper_ask_with(struct keeper *k, const struct net_request *rq, int fd,
			   struct net_result *ret, struct err *err);
int __wrap_keeper_ask_with(struct keeper *k, const struct net_request *rq, int fd,
			   struct net_result *ret, struct err *err)
{
	(void)k;
	(void)ret;
	assert_int_equal(rq->op, NET_PUBLISH);
	if (failing_code && rq->op == failing)
		return err_set(err, failing_code, "moat-net says no");
	note_publish(&rq->publish, fd);
	return 0;
}

void __wrap_keeper_post_ports(struct keeper *k, const char *id);
void __wrap_keeper_post_ports(struct keeper *k, const char *id)
{
	(void)k;
	buf_addf(&told, "unpublish %c\n", id[0]);
}

void __wrap_keeper_await_ports(struct keeper *k, const char *id);
void __wrap_keeper_await_ports(struct keeper *k, const char *id)
{
	(void)k;
	(void)id;
}

void __wrap_keeper_post(struct keeper *k, const char *tap, unsigned slots, bool whole);
void __wrap_keeper_post(struct keeper *k, const char *tap, unsigned slots, bool whole)
{
	(void)k;
	buf_addf(&told, "gone %s/%x%s\n", tap, slots, whole ? " whole" : "");
}

int __wrap_keeper_tap(struct keeper *k, int *ret_fd, char ret_name[NET_TAP_MAX + 1],
		      struct err *err);
int __wrap_keeper_tap(struct keeper *k, int *ret_fd, char ret_name[NET_TAP_MAX + 1],
		      struct err *err)
{
	(void)k;
	(void)err;
	*ret_fd = -1;
	strcpy(ret_name, next_tap);
	return 0;
}

json_t *__wrap_keeper_status(struct keeper *k);
json_t *__wrap_keeper_status(struct keeper *k)
{
	(void)k;
	return taps ? json_incref(taps) : NULL;
}

void told_taps(const char *next, const char *status)
{
	struct err err = { 0 };

	next_tap = next;
	json_decref(taps);
	taps = NULL;
	if (json_read(status, strlen(status), "test", &taps, &err) < 0)
		fail_msg("%s", err.msg);
}

int __wrap_host_routes_each(const char *alias,
			    int (*fn)(const struct ip_net *net, const char *interface, void *arg),
			    void *arg, struct err *err);
int __wrap_host_routes_each(const char *alias,
			    int (*fn)(const struct ip_net *net, const char *interface, void *arg),
			    void *arg, struct err *err)
{
	(void)err;
	assert_string_equal(alias, "moat-net /r/net");
	/* moat-net's own link has that alias. */
	return route_interface && !streq(route_interface, "moat0")
		       ? fn(&route, route_interface, arg)
		       : 0;
}

static void open_nets(void)
{
	struct err err = { 0 };

	if (state_open(root, &st, &err) < 0 || networks_open("/r", -1, st, hub, &nets, &err) < 0)
		fail_msg("%s", err.msg);
}

static void close_nets(void)
{
	networks_close(nets);
	state_close(st);
}

int told_set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/moat-told-XXXXXX");
	failing_code = 0;
	forbidden = idle = false;
	route_interface = NULL;
	if (!mkdtemp(root) || hub_new(&hub) < 0)
		return -1;
	open_nets();
	return 0;
}

int told_tear_down(void **state)
{
	(void)state;
	close_nets();
	hub_free(hub);
	json_decref(taps);
	taps = NULL;
	buf_reset(&told);
	buf_reset(&last);
	return path_remove_tree(AT_FDCWD, root);
}

struct networks *told_nets(void)
{
	return nets;
}

struct networks *told_reopen(void)
{
	close_nets();
	open_nets();
	return nets;
}

const char *told_text(void)
{
	buf_reset(&last);
	last = told;
	told = BUF_INIT;
	return last.data ? last.data : "";
}

void told_fail(enum net_op op, int code)
{
	failing = op;
	failing_code = code;
}

void told_forbid(bool forbid)
{
	forbidden = forbid;
}

void told_idle(void)
{
	idle = true;
}

void told_route(const char *net, const char *interface)
{
	route_interface = interface;
	if (net)
		assert_int_equal(ip_net_parse(net, &route), 0);
}

void told_network(const char *text)
{
	cleanup_json json_t *body = NULL;
	char id[ID_LEN + 1];
	struct err err = { 0 };

	assert_int_equal(json_read(text, strlen(text), "test", &body, &err), 0);
	if (network_create(nets, body, id, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

const char *told_id(char n)
{
	static char id[ID_LEN + 1];

	memset(id, n, ID_LEN);
	return id;
}

void told_row(char n)
{
	char name[] = "cX", empty[] = "", object[] = "{}";
	struct record rec = { .name = name, .image = empty, .error = empty };
	const struct texts texts = { object, object, object };
	struct err err = { 0 };

	name[1] = n;
	strcpy(rec.id, told_id(n));
	if (state_insert(st, &rec, &texts, &err) < 0)
		fail_msg("%s", err.msg);
}

static struct member_wish wish_of(const char *text)
{
	size_t len = strcspn(text, " ");
	struct member_wish w = { .network = strndup(text, len) };
	cleanup_json json_t *asked = NULL;

	if (text[len]) {
		assert_int_equal(json_read(text + len, strlen(text + len), "test", &asked, NULL),
				 0);
		assert_int_equal(endpoint_config_read(asked, &w.config, NULL), 0);
	}
	return w;
}

int told_member(char n, const char *const *wishes, struct err *err)
{
	char id[ID_LEN + 1], name[] = "cX", host[] = "hX";
	struct member_wish *list = calloc(8, sizeof(*list));
	struct member_names names = { .id = id, .name = name, .hostname = host, .domainname = "" };
	size_t count = 0;
	int r;

	strcpy(id, told_id(n));
	name[1] = host[1] = n;
	for (; *wishes; wishes++)
		list[count++] = wish_of(*wishes);
	r = member_add(nets, &names, list, count, err);
	member_wishes_free(list, count);
	return r;
}
