/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A forward is its socket and the flows that came by it.  Published again
 * under the same key it is changed, so whoever publishes may say everything once more.  When it is
 * unpublished its socket is closed at once, and what is left of it goes with the last flow.
 *
 * All flows share what descriptors there are.  None is begun that has no room, and no forward may
 * have all of it.
 */
#include "net/proxy/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/macro.h"
#include "base/random.h"
#include "base/str.h"
#include "net/proxy/proxy-inner.h"
#include "net/proxy/tcp.h"
#include "net/proxy/udp.h"

#define FLOWS_MIN 64u
#define FLOWS_MAX 16384u

struct proxy_limits proxy_limits(uint64_t descriptors)
{
	/* Half of the descriptors are for forwards' sockets and everything else; a connection takes
	 * two. */
	uint64_t flows = descriptors / 4;

	if (flows < FLOWS_MIN)
		flows = FLOWS_MIN;
	if (flows > FLOWS_MAX)
		flows = FLOWS_MAX;
	return (struct proxy_limits){
		.flows = (size_t)flows,
		.flows_each = (size_t)flows / 4 * 3,
		.retry_usec = 3 * USEC_PER_SEC,
		.idle_usec = 90 * USEC_PER_SEC,
	};
}

bool forward_may(const struct forward *f)
{
	const struct proxy_limits *l = &f->proxy->limits;

	return f->proxy->n_flows < l->flows && f->n_flows < l->flows_each;
}

void forward_wait(struct forward *f)
{
	(void)source_set_events(f->source, 0);
	if (!f->is_waiting)
		TAILQ_INSERT_TAIL(&f->proxy->waiting, f, waiting_link);
	f->is_waiting = true;
}

static void stop_waiting(struct forward *f)
{
	if (!f->is_waiting)
		return;
	f->is_waiting = false;
	TAILQ_REMOVE(&f->proxy->waiting, f, waiting_link);
}

/* A flow has ended: gives its room to the forward that waits longest and may have it. */
static void wake_one(struct proxy *p)
{
	struct forward *f;

	TAILQ_FOREACH (f, &p->waiting, waiting_link)
		if (forward_may(f))
			break;
	if (!f)
		return;
	stop_waiting(f);
	(void)source_set_events(f->source, EPOLLIN);
}

/* Frees a forward, whether it was published or is being made. */
static void free_forward(struct forward *f)
{
	alarm_clear(&f->proxy->breaths, &f->breath);
	source_free(f->source);
	fd_close(&f->fd);
	udp_free(f);
	free(f->key);
	free(f);
}

void flow_begin(struct forward *f, struct flow *flow)
{
	flow->forward = f;
	TAILQ_INSERT_TAIL(&f->flows, flow, link);
	f->n_flows++;
	f->total++;
	f->proxy->n_flows++;
}

void flow_end(struct flow *flow)
{
	struct forward *f = flow->forward;
	struct proxy *p = f->proxy;

	TAILQ_REMOVE(&f->flows, flow, link);
	f->n_flows--;
	p->n_flows--;
	if (f->n_flows == 0 && f->fd < 0) {
		LIST_REMOVE(f, link);
		free_forward(f);
	}
	wake_one(p);
}

static struct forward_list *bucket_of(struct proxy *p, const char *key)
{
	uint32_t hash = 2166136261;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619;
	return &p->buckets[hash % FORWARD_BUCKETS];
}

static struct forward *find_forward(const struct proxy *p, const char *key)
{
	struct forward *f;

	LIST_FOREACH (f, bucket_of((struct proxy *)(uintptr_t)p, key), link)
		if (streq(f->key, key))
			return f;
	return NULL;
}

int proxy_new(struct loop *loop, const struct proxy_limits *limits, struct proxy **ret)
{
	struct proxy *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->loop = loop;
	p->limits = *limits;
	TAILQ_INIT(&p->waiting);
	r = random_bytes(&p->seed, sizeof(p->seed));
	if (r == 0)
		r = pair_shared_init(&p->pairs, loop);
	if (r == 0)
		r = alarms_init(&p->retries, loop, 50 * USEC_PER_MSEC, tcp_retry);
	if (r == 0)
		r = alarms_init(&p->breaths, loop, 100 * USEC_PER_MSEC, tcp_breathe);
	if (r == 0)
		r = alarms_init(&p->idles, loop, limits->idle_usec, udp_idle);
	if (r < 0) {
		proxy_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

static void end_flow(struct forward *f, struct flow *flow, bool gently)
{
	if (f->spec.protocol == PROXY_UDP)
		udp_end(flow);
	else if (gently)
		tcp_abandon(flow);
	else
		tcp_reset(flow);
}

/* @gently: clients still get what the service has sent */
static void end_flows(struct forward *f, bool gently)
{
	struct flow *flow, *next;

	for (flow = TAILQ_FIRST(&f->flows); flow; flow = next) {
		next = TAILQ_NEXT(flow, link);
		/* The last flow takes a closed forward with it. */
		end_flow(f, flow, gently);
	}
}

static void end_shortcuts(struct forward *f)
{
	const struct proxy_shortcuts *s = f->spec.shortcuts;

	if (f->has_shortcuts)
		s->end(s->arg);
	f->has_shortcuts = false;
}

/* What still comes to the socket must not reach the service by a shortcut: the socket's port may
 * be somebody else's as soon as it is closed. */
static void close_forward(struct forward *f, bool gently)
{
	struct proxy *p = f->proxy;

	end_shortcuts(f);
	LIST_REMOVE(f, link);
	stop_waiting(f);
	alarm_clear(&p->breaths, &f->breath);
	source_free(take_ptr(f->source));
	fd_close(&f->fd);
	if (f->n_flows == 0) {
		free_forward(f);
		return;
	}
	LIST_INSERT_HEAD(&p->closed, f, link);
	end_flows(f, gently);
}

void proxy_free(struct proxy *p)
{
	struct forward *f;

	if (!p)
		return;
	for (size_t i = 0; i < FORWARD_BUCKETS; i++)
		while ((f = LIST_FIRST(&p->buckets[i])))
			close_forward(f, false);
	while ((f = LIST_FIRST(&p->closed)))
		end_flows(f, false);
	alarms_reset(&p->retries);
	alarms_reset(&p->breaths);
	alarms_reset(&p->idles);
	pair_shared_reset(&p->pairs);
	free(p->datagrams);
	free(p);
}

static int check_socket(const struct proxy_spec *spec, int fd, int *ret_family)
{
	int type, listening;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, ret_family, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0)
		return -errno;
	if (*ret_family != AF_INET && *ret_family != AF_INET6)
		return -EINVAL;
	if (spec->protocol == PROXY_TCP)
		return type == SOCK_STREAM && listening ? 0 : -EINVAL;
	return type == SOCK_DGRAM ? 0 : -EINVAL;
}

/* Makes a forward of this socket, not published yet. */
static int open_forward(struct proxy *p, const char *key, const struct proxy_spec *spec, int fd,
			struct forward **ret)
{
	struct forward *f = calloc(1, sizeof(*f));
	bool is_tcp = spec->protocol == PROXY_TCP;
	int r;

	if (!f)
		return -ENOMEM;
	TAILQ_INIT(&f->flows);
	f->proxy = p;
	f->spec = *spec;
	f->key = strdup(key);
	f->fd = fd;
	r = f->key ? check_socket(spec, fd, &f->family) : -ENOMEM;
	if (r == 0)
		r = fd_set_nonblock(fd, true);
	if (r == 0)
		r = is_tcp ? pair_prepare(fd) : udp_prepare(f);
	if (r == 0)
		r = loop_add_io(p->loop, fd, EPOLLIN, is_tcp ? tcp_accept : udp_receive, f,
				&f->source);
	if (r < 0) {
		f->fd = -1;
		free_forward(f);
		return r;
	}
	*ret = f;
	return 0;
}

/* Is the service somewhere else than it was? */
static bool has_moved(const struct forward *f, const struct proxy_spec *spec)
{
	const struct proxy_target *a = &f->spec.target, *b = &spec->target;

	return a->port != b->port || !ip_equal(&a->v4.net.ip, &b->v4.net.ip) ||
	       !ip_equal(&a->v6.net.ip, &b->v6.net.ip);
}

static bool is_same_socket(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static int change_forward(struct forward *f, const struct proxy_spec *spec)
{
	if (f->spec.protocol != spec->protocol)
		return -EINVAL;
	if (has_moved(f, spec) || !spec->shortcuts)
		end_shortcuts(f);
	if (has_moved(f, spec))
		end_flows(f, true);
	f->spec = *spec;
	return 0;
}

int proxy_publish(struct proxy *p, const char *key, const struct proxy_spec *spec, int fd)
{
	struct forward *old = find_forward(p, key), *f;
	int r;

	if (!old && fd < 0)
		return -ENOENT;
	if (old && (fd < 0 || is_same_socket(fd, old->fd))) {
		r = change_forward(old, spec);
		if (r == 0 && fd >= 0)
			close(fd);
		return r;
	}
	r = open_forward(p, key, spec, fd, &f);
	if (r < 0)
		return r;
	if (old)
		close_forward(old, true);
	LIST_INSERT_HEAD(bucket_of(p, key), f, link);
	return 0;
}

/* Is it a forward's own key, or that of a group it belongs to? */
static bool is_named(const struct forward *f, const char *key)
{
	const char *rest = str_starts(f->key, key);

	return rest && (*rest == '\0' || *rest == '.');
}

int proxy_unpublish(struct proxy *p, const char *key)
{
	struct forward *f, *next;
	int r = -ENOENT;

	for (size_t i = 0; i < FORWARD_BUCKETS; i++) {
		for (f = LIST_FIRST(&p->buckets[i]); f; f = next) {
			next = LIST_NEXT(f, link);
			if (!is_named(f, key))
				continue;
			close_forward(f, true);
			r = 0;
		}
	}
	return r;
}

int proxy_fd(const struct proxy *p, const char *key)
{
	const struct forward *f = find_forward(p, key);

	return f ? f->fd : -ENOENT;
}

void proxy_each(const struct proxy *p, void (*fn)(const struct proxy_stat *s, void *arg), void *arg)
{
	for (size_t i = 0; i < FORWARD_BUCKETS; i++) {
		const struct forward *f;

		LIST_FOREACH (f, &p->buckets[i], link) {
			const struct proxy_stat s = { f->key,	f->spec.protocol, f->n_flows,
						      f->total, f->failed,	  f->dropped };

			fn(&s, arg);
		}
	}
}
