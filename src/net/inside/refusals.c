/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The rule that refuses a packet has the kernel log some of them to a group
 * of nfnetlink_log, with the network's id as prefix; how many there were is counted by the rule.
 * Names are told of by dnsmasq.  A container can ask for many: of each network a few a second are
 * told, and all are counted.
 *
 * The packets are the containers', and untrusted.
 */
#include "net/inside/refusals.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "net/inside/packet.h"
#include "net/inside/rules-egress.h"
#include "net/inside/rules.h"

#define COPIED_BYTES  128u
#define NAMES_PER_SEC 10u
#define ROTATION_USEC (3600 * USEC_PER_SEC)

struct refusals {
	struct keeper *keeper;
	struct mnl_socket *socket;
	struct source *source;
	struct source *rotation;
	unsigned generation; /* of sets: the generation to be emptied next */
	bool rotates;
	uint64_t second; /* in which the last names were told */
	unsigned told;
};

static void tell_event(struct refusals *r, struct net_event *e)
{
	e->type = NET_EVENT_REFUSED;
	server_tell(r->keeper->server, e);
}

/* The attributes of a logged packet that are used. */
struct logged {
	const char *prefix;
	const unsigned char *packet;
	size_t len;
};

static int note_attr(const struct nlattr *attr, void *arg)
{
	struct logged *l = arg;

	if (mnl_attr_get_type(attr) == NFULA_PREFIX &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		l->prefix = mnl_attr_get_str(attr);
	if (mnl_attr_get_type(attr) == NFULA_PAYLOAD) {
		l->packet = mnl_attr_get_payload(attr);
		l->len = mnl_attr_get_payload_len(attr);
	}
	return MNL_CB_OK;
}

static int read_logged(const struct nlmsghdr *head, void *arg)
{
	struct logged l = { 0 };
	struct packet p;
	struct net_event e = { 0 };

	if ((head->nlmsg_type & 0xff) != NFULNL_MSG_PACKET)
		return MNL_CB_OK;
	mnl_attr_parse(head, sizeof(struct nfgenmsg), note_attr, &l);
	if (!l.prefix || !net_id_ok(l.prefix) || !l.packet || packet_parse(l.packet, l.len, &p) < 0)
		return MNL_CB_OK;
	memcpy(e.network, l.prefix, sizeof(e.network));
	e.from = p.from;
	e.to = p.to;
	e.protocol = p.protocol;
	e.port = p.port;
	tell_event(arg, &e);
	return MNL_CB_OK;
}

static int log_readable(struct source *s, int fd, uint32_t events, void *arg)
{
	_Alignas(8) char room[16384];
	struct refusals *r = arg;
	ssize_t n = recv(fd, room, sizeof(room), MSG_DONTWAIT);

	(void)s;
	(void)events;
	if (n > 0)
		mnl_cb_run(room, (size_t)n, 0, 0, read_logged, r);
	return 0;
}

static struct nlmsghdr *begin_config(char *room, uint8_t family, uint16_t group)
{
	struct nlmsghdr *head = mnl_nlmsg_put_header(room);
	struct nfgenmsg *about;

	head->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	head->nlmsg_flags = NLM_F_REQUEST;
	about = mnl_nlmsg_put_extra_header(head, sizeof(*about));
	about->nfgen_family = family;
	about->version = NFNETLINK_V0;
	about->res_id = htons(group);
	return head;
}

/* Asks the kernel for the beginning of each packet of a group. */
static int bind_group(struct mnl_socket *socket)
{
	const struct nfulnl_msg_config_cmd bind = { .command = NFULNL_CFG_CMD_BIND };
	const struct nfulnl_msg_config_mode mode = { .copy_range = htonl(COPIED_BYTES),
						     .copy_mode = NFULNL_COPY_PACKET };
	_Alignas(8) char room[256];
	struct nlmsghdr *head = begin_config(room, AF_UNSPEC, RULES_REFUSED_GROUP);

	mnl_attr_put(head, NFULA_CFG_CMD, sizeof(bind), &bind);
	mnl_attr_put(head, NFULA_CFG_MODE, sizeof(mode), &mode);
	return mnl_socket_sendto(socket, head, head->nlmsg_len) < 0 ? -errno : 0;
}

static int open_log(struct refusals *r)
{
	int code;

	r->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!r->socket || mnl_socket_bind(r->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	code = bind_group(r->socket);
	return code == 0 ? loop_add_io(r->keeper->loop, mnl_socket_get_fd(r->socket), EPOLLIN,
				       log_readable, r, &r->source)
			 : code;
}

static int rotate_group(struct source *s, void *arg)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	struct refusals *r = arg;
	const struct network *n;
	int code = 0;

	LIST_FOREACH (n, &r->keeper->model.networks, link)
		code = code == 0 ? egress_expire(&text, n, r->generation) : code;
	r->generation = (r->generation + 1) % EGRESS_GENERATIONS;
	if (code == 0 && text.len > 0)
		keeper_change(r->keeper, &text, NULL, NULL);
	source_set_timer(s, ROTATION_USEC);
	return 0;
}

void refusals_rotate(struct refusals *r)
{
	const struct network *n;
	bool needed = false;

	LIST_FOREACH (n, &r->keeper->model.networks, link)
		needed = needed || n->egress.groups > 0;
	if (needed != r->rotates)
		source_set_timer(r->rotation, needed ? ROTATION_USEC : UINT64_MAX);
	r->rotates = needed;
}

static struct port *port_of(const struct model *m, const struct ip *address)
{
	struct port *p;

	LIST_FOREACH (p, &m->ports, link)
		for (size_t i = 0; i < p->spec.n_addresses; i++)
			if (ip_equal(&p->spec.addresses[i], address))
				return p;
	return NULL;
}

static bool may_tell(struct refusals *r)
{
	uint64_t second = clock_mono_usec() / USEC_PER_SEC;

	if (second != r->second) {
		r->second = second;
		r->told = 0;
	}
	return r->told++ < NAMES_PER_SEC;
}

void refusals_name(struct refusals *r, const struct names_refused *refused)
{
	struct port *p = port_of(&r->keeper->model, &refused->from);
	struct net_event e = { .from = refused->from };

	if (!p)
		return;
	p->network->refused_names++;
	if (!may_tell(r))
		return;
	memcpy(e.network, p->network->spec.id, sizeof(e.network));
	memcpy(e.name, refused->name, sizeof(e.name));
	tell_event(r, &e);
}

int refusals_new(struct keeper *k, struct refusals **ret, struct err *err)
{
	struct refusals *r = calloc(1, sizeof(*r));
	int code;

	if (!r)
		return err_nomem(err);
	r->keeper = k;
	code = loop_add_timer(k->loop, UINT64_MAX, rotate_group, r, &r->rotation);
	if (code < 0) {
		refusals_free(r);
		return err_errno(err, code, "timer");
	}
	code = open_log(r);
	if (code < 0)
		log_warning("what networks refuse is counted, and not told: %s", strerror(-code));
	*ret = r;
	return 0;
}

void refusals_free(struct refusals *r)
{
	if (!r)
		return;
	source_free(r->source);
	source_free(r->rotation);
	if (r->socket)
		mnl_socket_close(r->socket);
	free(r);
}
