/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy-rig.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../hang.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/thread.h"
#include "loop/loop.h"

struct call {
	void (*fn)(struct proxy *p, void *arg);
	void *arg;
};

struct rig {
	struct loop *loop;
	struct proxy *proxy;
	int calls[2];
	pthread_t thread;
};

static int take_call(struct source *s, int fd, uint32_t events, void *arg)
{
	struct rig *r = arg;
	struct call call;

	(void)s;
	(void)events;
	if (fd_read_exact(fd, &call, sizeof(call)) < 0)
		return -EIO;
	if (call.fn)
		call.fn(r->proxy, call.arg);
	else
		loop_quit(r->loop, 0);
	return fd_write_all(fd, "", 1);
}

static void *run_loop(void *arg)
{
	struct rig *r = arg;

	(void)loop_run(r->loop);
	return NULL;
}

struct rig *rig_new(const struct proxy_limits *limits)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	assert_int_equal(loop_new(&r->loop), 0);
	assert_int_equal(proxy_new(r->loop, limits, &r->proxy), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, r->calls), 0);
	assert_int_equal(loop_add_io(r->loop, r->calls[1], EPOLLIN, take_call, r, NULL), 0);
	assert_int_equal(thread_start(&r->thread, run_loop, r), 0);
	return r;
}

void rig_do(struct rig *r, void (*fn)(struct proxy *p, void *arg), void *arg)
{
	const struct call call = { fn, arg };
	char done;

	assert_int_equal(fd_write_all(r->calls[0], &call, sizeof(call)), 0);
	assert_int_equal(fd_read_exact(r->calls[0], &done, 1), 0);
}

void rig_free(struct rig *r)
{
	rig_do(r, NULL, NULL);
	pthread_join(r->thread, NULL);
	proxy_free(r->proxy);
	loop_free(r->loop);
	close(r->calls[0]);
	close(r->calls[1]);
	free(r);
}

struct publishing {
	const char *key;
	struct proxy_spec spec;
	int fd, result;
};

static void publish(struct proxy *p, void *arg)
{
	struct publishing *x = arg;

	x->result = proxy_publish(p, x->key, &x->spec, x->fd);
}

static uint16_t port_of(int fd)
{
	union peer_address address;
	socklen_t len = sizeof(address);
	struct peer peer;

	assert_int_equal(getsockname(fd, &address.any, &len), 0);
	peer_read(&address, &peer);
	return peer.port;
}

uint16_t rig_publish(struct rig *r, const char *key, enum proxy_protocol protocol, int family,
		     uint16_t target)
{
	struct publishing x = { .key = key, .spec = { .protocol = protocol } };
	union peer_address any = { .in6 = { .sin6_family = (sa_family_t)family } };

	x.spec.target.port = target;
	assert_int_equal(ip_net_parse("127.0.0.1/8", &x.spec.target.v4.net), 0);
	x.fd = socket(family, (protocol == PROXY_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	assert_true(x.fd >= 0);
	assert_int_equal(bind(x.fd, &any.any, sizeof(any)), 0);
	if (protocol == PROXY_TCP)
		assert_int_equal(listen(x.fd, 128), 0);
	rig_do(r, publish, &x);
	assert_int_equal(x.result, 0);
	return port_of(x.fd);
}

static void unpublish(struct proxy *p, void *arg)
{
	assert_int_equal(proxy_unpublish(p, arg), 0);
}

void rig_unpublish(struct rig *r, const char *key)
{
	rig_do(r, unpublish, (void *)(uintptr_t)key);
}

static void keep_stat(const struct proxy_stat *s, void *arg)
{
	struct proxy_stat *ret = arg;

	if (streq(s->key, ret->key))
		*ret = *s;
}

static void find_stat(struct proxy *p, void *arg)
{
	proxy_each(p, keep_stat, arg);
}

struct proxy_stat rig_stat(struct rig *r, const char *key)
{
	struct proxy_stat s = { .key = key };

	rig_do(r, find_stat, &s);
	return s;
}

struct search {
	const char *key;
	bool found;
};

static void search_forward(struct proxy *p, void *arg)
{
	struct search *s = arg;

	s->found = proxy_fd(p, s->key) >= 0;
}

bool rig_has(struct rig *r, const char *key)
{
	struct search s = { .key = key };

	rig_do(r, search_forward, &s);
	return s.found;
}

void rig_wait_flows(struct rig *r, const char *key, size_t n)
{
	for (unsigned i = 0; rig_stat(r, key).flows != n; i++) {
		assert_true(i < HANG_MSEC / 10);
		usleep(10000);
	}
}

static void limit_waits(int fd)
{
	const struct timeval most = { .tv_sec = HANG_SEC };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most)), 0);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int sock_bound(int type, uint16_t *ret_port)
{
	struct sockaddr_in address = loopback(0);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	limit_waits(fd);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	*ret_port = port_of(fd);
	return fd;
}

int sock_service(uint16_t *ret_port)
{
	int fd = sock_bound(SOCK_STREAM, ret_port);

	assert_int_equal(listen(fd, 128), 0);
	return fd;
}

int sock_accept(int fd)
{
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	assert_true(client >= 0);
	limit_waits(client);
	return client;
}

int sock_connect(int type, uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	limit_waits(fd);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void sock_reset(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
}

void sock_send(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

void sock_expect(int fd, const char *text)
{
	char got[256] = "";

	assert_true(strlen(text) < sizeof(got));
	assert_int_equal(recv(fd, got, strlen(text), MSG_WAITALL), strlen(text));
	assert_string_equal(got, text);
}

void sock_expect_end(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

void sock_expect_reset(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
}

unsigned count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

int rig_begin(void **state, const struct proxy_limits *limits, enum proxy_protocol protocol)
{
	struct rig_test *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->fds = count_fds();
	t->rig = rig_new(limits);
	t->service = protocol == PROXY_TCP ? sock_service(&t->target)
					   : sock_bound(SOCK_DGRAM, &t->target);
	t->port = rig_publish(t->rig, "web", protocol, AF_INET, t->target);
	*state = t;
	return 0;
}

int rig_end(void **state)
{
	struct rig_test *t = *state;

	close(t->service);
	rig_free(t->rig);
	assert_int_equal(count_fds(), t->fds);
	free(t);
	return 0;
}
