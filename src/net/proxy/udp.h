/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/proxy/proxy-inner.h"

/** udp_prepare() - have the kernel say to which of the host's addresses a datagram came.  Return:
 * 0; -errno. */
int udp_prepare(struct forward *f);

/** udp_receive() - pass on datagrams that wait at the forward's socket; of loop_add_io() */
int udp_receive(struct source *s, int fd, uint32_t events, void *forward);

/** udp_idle() - an alarm of proxy.idles rings: the flow ends */
void udp_idle(struct alarm *a);

/** udp_end() - end a flow and free it */
void udp_end(struct flow *flow);

/** udp_free() - free what a forward of UDP has beside its flows */
void udp_free(struct forward *f);
