/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/proxy/proxy-inner.h"

/** tcp_accept() - accept connections that wait at the forward's socket; of loop_add_io() */
int tcp_accept(struct source *s, int fd, uint32_t events, void *forward);

/** tcp_breathe() - an alarm of proxy.breaths rings: accept again */
void tcp_breathe(struct alarm *a);

/** tcp_retry() - an alarm of proxy.retries rings: connect again */
void tcp_retry(struct alarm *a);

/** tcp_abandon() - end a flow whose service is gone.  May free it. */
void tcp_abandon(struct flow *flow);

/** tcp_reset() - reset a connection and free it */
void tcp_reset(struct flow *flow);
