/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A shortcut is an element of a map of the host's table, and by it the kernel
 * changes where a connection that begins on this host goes.  Elements end by themselves, so a
 * shortcut that nobody ends, because moat-net was killed, does not stay for long; the connection
 * that comes next takes the relay, and the relay asks anew.
 *
 * The host's own rules may drop what a shortcut leads past the loopback interface, so the way is
 * tried before it is used: a connection to an address of loopback that nobody has, led to a socket
 * of the inside.  What it shows is believed for as long as a shortcut lasts.
 *
 * The inside might have been taken over.  It has to show a socket of this process's network
 * namespace that listens there, so a shortcut takes no connection that it could not take by that
 * socket.
 */
#include "net/outside/shortcuts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"
#include "loop/loop.h"
#include "net/common/elements.h"
#include "net/outside/host-rules.h"

/* How long a shortcut lasts, and what a trial has shown is believed. */
#define LIFE_SEC 60

/* A connection within one machine takes less than a millisecond. */
#define TRIAL_USEC (500 * USEC_PER_MSEC)

/* Shortcuts that wait for the trial; those for which there is no room are asked for again. */
#define WAITING_MAX 16

struct shortcuts {
	struct loop *loop;
	const struct host_link *link;
	struct elements *elements;
	struct wire_shortcut waiting[WAITING_MAX];
	size_t n_waiting;
	int trial_fd; /* -1: nothing is being tried */
	struct source *trial, *patience;
	uint64_t believed_until_usec; /* of @leads */
	bool leads;
};

union socket_address {
	struct sockaddr_in6 in6; /* first, as it is the longest: { 0 } is all zeros */
	struct sockaddr_in in;
	struct sockaddr any;
};

/* Each moat has one of its own. */
static struct ip trial_address(const struct shortcuts *s)
{
	unsigned n = s->link->number + 1;

	return (struct ip){ AF_INET, { 127, 'm', (uint8_t)('o' + n / 256), (uint8_t)(n % 256) } };
}

static int add_element(struct shortcuts *s, const struct wire_shortcut *w)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	char table[HOST_TABLE_MAX], at[IP_TEXT_MAX], to[IP_TEXT_MAX];
	int r;

	host_table(s->link->number, table);
	ip_format(&w->at, at);
	ip_format(&w->to, to);
	r = buf_addf(&text,
		     "add element inet %s " HOST_SHORTCUTS " { %s . %u timeout %us : %s . %u }\n",
		     table, at, w->at_port, LIFE_SEC, to, w->to_port);
	return r == 0 ? elements_change(s->elements, text.data) : r;
}

static int get_option(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, name, &value, &len) < 0 ? -errno : value;
}

static int namespace_of(int fd, uint64_t *ret)
{
	socklen_t len = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret, &len) < 0 ? -errno : 0;
}

static bool is_of_this_namespace(int fd)
{
	cleanup_close int own_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t own, other;

	return own_fd >= 0 && namespace_of(own_fd, &own) == 0 && namespace_of(fd, &other) == 0 &&
	       own == other;
}

static bool is_at4(const struct sockaddr_in *in, const struct wire_shortcut *w)
{
	struct ip ip = { .family = AF_INET };

	memcpy(ip.bytes, &in->sin_addr, sizeof(in->sin_addr));
	return ntohs(in->sin_port) == w->at_port &&
	       (in->sin_addr.s_addr == htonl(INADDR_ANY) || ip_equal(&ip, &w->at));
}

/* One for all addresses of IPv6 gets what comes to IPv4, too, unless it was told not to. */
static bool is_at6(int fd, const struct sockaddr_in6 *in6, const struct wire_shortcut *w)
{
	return ntohs(in6->sin6_port) == w->at_port && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr) &&
	       get_option(fd, SOL_IPV6, IPV6_V6ONLY) == 0;
}

static bool listens_at(int fd, const struct wire_shortcut *w)
{
	union socket_address address = { 0 };
	socklen_t len = sizeof(address);

	if (get_option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1 ||
	    get_option(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM ||
	    getsockname(fd, &address.any, &len) < 0 || !is_of_this_namespace(fd))
		return false;
	return address.any.sa_family == AF_INET6 ? is_at6(fd, &address.in6, w)
						 : is_at4(&address.in, w);
}

static bool leads_to_network(const struct host_link *link, const struct wire_shortcut *w)
{
	for (size_t i = 0; i < link->n_routes; i++)
		if (ip_net_has(&link->routes[i], &w->to))
			return true;
	return false;
}

static void stop_trial(struct shortcuts *s)
{
	source_free(take_ptr(s->trial));
	fd_close(&s->trial_fd);
	(void)source_set_timer(s->patience, UINT64_MAX);
}

static void trial_ended(struct shortcuts *s, bool leads)
{
	stop_trial(s);
	if (!leads && s->leads)
		log_info("something on this host is in the way of shortcuts to published ports: "
			 "the host's own connections take the relay");
	s->leads = leads;
	s->believed_until_usec = clock_mono_usec() + LIFE_SEC * USEC_PER_SEC;
	for (size_t i = 0; leads && i < s->n_waiting; i++)
		(void)add_element(s, &s->waiting[i]);
	s->n_waiting = 0;
	/* What led somewhere before does no more. */
	if (!leads)
		(void)shortcuts_end(s);
}

static int trial_told(struct source *source, int fd, uint32_t events, void *arg)
{
	(void)source;
	(void)events;
	trial_ended(arg, get_option(fd, SOL_SOCKET, SO_ERROR) == 0);
	return 0;
}

static int trial_takes_long(struct source *source, void *arg)
{
	(void)source;
	trial_ended(arg, false);
	return 0;
}

static int connect_trial(struct shortcuts *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(WIRE_TRIAL_PORT) };
	const struct ip at = trial_address(s);

	memcpy(&to.sin_addr, at.bytes, sizeof(to.sin_addr));
	s->trial_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->trial_fd < 0 ||
	    (connect(s->trial_fd, (const struct sockaddr *)&to, sizeof(to)) < 0 &&
	     errno != EINPROGRESS))
		return -errno;
	return loop_add_io(s->loop, s->trial_fd, EPOLLOUT, trial_told, s, &s->trial);
}

static void begin_trial(struct shortcuts *s)
{
	const struct wire_shortcut w = { .at = trial_address(s),
					 .at_port = WIRE_TRIAL_PORT,
					 .to = s->link->own[0].ip,
					 .to_port = WIRE_TRIAL_PORT };
	int r = add_element(s, &w);

	if (r == 0) {
		host_link_let_loopback(s->link, true);
		r = connect_trial(s);
	}
	if (r == 0)
		r = source_set_timer(s->patience, TRIAL_USEC);
	if (r < 0)
		trial_ended(s, false);
}

static void wait_for_trial(struct shortcuts *s, const struct wire_shortcut *w)
{
	if (s->n_waiting < WAITING_MAX)
		s->waiting[s->n_waiting++] = *w;
	if (s->trial_fd < 0)
		begin_trial(s);
}

int shortcuts_add(struct shortcuts *s, const struct wire_shortcut *w, int listen_fd)
{
	if (s->link->index == 0)
		return -EHOSTUNREACH;
	if (!listens_at(listen_fd, w) || !leads_to_network(s->link, w))
		return -EPERM;
	if (clock_mono_usec() >= s->believed_until_usec) {
		wait_for_trial(s, w);
		return 0;
	}
	return s->leads ? add_element(s, w) : -EHOSTUNREACH;
}

int shortcuts_end(struct shortcuts *s)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	char table[HOST_TABLE_MAX];
	int r;

	s->n_waiting = 0;
	if (s->link->index == 0)
		return 0;
	host_table(s->link->number, table);
	r = buf_addf(&text, "flush set inet %s " HOST_SHORTCUTS "\n", table);
	if (r == 0)
		r = elements_change(s->elements, text.data);
	return r == -ENOENT ? 0 : r; /* the table is gone, and they with it */
}

void shortcuts_doubt(struct shortcuts *s)
{
	s->believed_until_usec = 0;
}

int shortcuts_new(struct loop *loop, const struct host_link *link, struct shortcuts **ret)
{
	struct shortcuts *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct shortcuts){ .loop = loop, .link = link, .trial_fd = -1, .leads = true };
	r = elements_new(&s->elements);
	if (r == 0)
		r = loop_add_timer(loop, UINT64_MAX, trial_takes_long, s, &s->patience);
	if (r < 0) {
		shortcuts_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void shortcuts_free(struct shortcuts *s)
{
	if (!s)
		return;
	source_free(s->trial);
	source_free(s->patience);
	fd_close(&s->trial_fd);
	elements_free(s->elements);
	free(s);
}
