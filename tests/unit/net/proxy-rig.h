/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/proxy/proxy.h"

/* A proxy in a thread of its own, and clients and services that speak to it over loopback.  What
 * goes wrong in here fails the test. */

struct rig;

#define RIG_LIMITS                                                                                 \
	((struct proxy_limits){                                                                    \
		.flows = 64, .flows_each = 48, .retry_usec = 200000, .idle_usec = 60000000 })

struct rig *rig_new(const struct proxy_limits *limits);
void rig_free(struct rig *r);

/* What most tests begin with: a forward "web" to a service. */
struct rig_test {
	struct rig *rig;
	int service; /* bound; of TCP, it listens */
	uint16_t target, port;
	unsigned fds; /* open before */
};

/** rig_begin(), rig_end() - for setup and teardown of a test; every test leaves as many descriptors
 * as it found */
int rig_begin(void **state, const struct proxy_limits *limits, enum proxy_protocol protocol);
int rig_end(void **state);

/** rig_do() - call a function in the proxy's thread, and wait for it */
void rig_do(struct rig *r, void (*fn)(struct proxy *p, void *arg), void *arg);

/** rig_publish() - a new socket on loopback leads to a port of loopback.  @family: AF_INET6: a
 * socket for both.  Return: its port. */
uint16_t rig_publish(struct rig *r, const char *key, enum proxy_protocol protocol, int family,
		     uint16_t target);
void rig_unpublish(struct rig *r, const char *key);

bool rig_has(struct rig *r, const char *key);

/** rig_stat() - of a forward; all zeros where there is none */
struct proxy_stat rig_stat(struct rig *r, const char *key);

/** rig_wait_flows() - until a forward has so many */
void rig_wait_flows(struct rig *r, const char *key, size_t n);

/** sock_bound() - a blocking socket bound to a free port of loopback; it gives up after ten
 * seconds */
int sock_bound(int type, uint16_t *ret_port);

/** sock_service() - one that listens */
int sock_service(uint16_t *ret_port);

/** sock_accept(), sock_connect() - the next client of a service; a client of a port */
int sock_accept(int fd);
int sock_connect(int type, uint16_t port);

/** sock_reset() - close so that the peer sees a reset */
void sock_reset(int fd);

void sock_send(int fd, const char *text);

/** sock_expect() - exactly this comes next */
void sock_expect(int fd, const char *text);

/** sock_expect_end(), sock_expect_reset() - and nothing before it */
void sock_expect_end(int fd);
void sock_expect_reset(int fd);

/** count_fds() - how many descriptors are open */
unsigned count_fds(void);
