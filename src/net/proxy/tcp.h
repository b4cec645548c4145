/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/proxy/forward.h"

/** tcp_accept() - a connection waits at the forward's socket; of loop_add_io() */
int tcp_accept(struct source *s, int fd, uint32_t events, void *forward);

/** tcp_breathe() - an alarm of proxy.breaths: accept again */
void tcp_breathe(struct alarm *a);

/** tcp_retry() - an alarm of proxy.retries: connect again */
void tcp_retry(struct alarm *a);

/** tcp_abandon() - the service of a flow is gone.  May free it. */
void tcp_abandon(struct flow *flow);

/** tcp_reset() - reset a connection and free it */
void tcp_reset(struct flow *flow);
