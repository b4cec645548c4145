/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/random.h"
#include "net/client.h"

/*
 * What moat-net is to take back, and nobody waited for when it ended: taps, their slots, published
 * ports.  It is posted at once, and told in the order it was posted in.  Any thread may call any of
 * these.
 */
struct outbox;

/* What is to be taken back: of one tap, or all published ports of a container. */
struct posted {
	char key[ID_LEN + 1]; /* the container of the ports; "": it is a tap */
	char tap[NET_TAP_MAX + 1];
	unsigned slots; /* a bit each */
	bool whole;	/* the tap itself, too: its machine has ended */
};

/** outbox_new() - Return: NULL when out of memory; outbox_free() */
struct outbox *outbox_new(void);
void outbox_free(struct outbox *o);

/** outbox_post() - @what: copied.  Return: 0; -ENOMEM. */
int outbox_post(struct outbox *o, const struct posted *what);

/** outbox_has_ports() - are there ports of a container that have not been taken back yet?  @id:
 * NULL: of any */
bool outbox_has_ports(struct outbox *o, const char *id);

/** @rq: to be asked of moat-net.  Return: as net_call(). */
typedef int (*outbox_ask_fn)(const struct net_request *rq, struct err *err, void *arg);

/**
 * outbox_flush() - tell all of it; what another thread is telling has been told, too
 * @ask: NULL: moat-net has died, and forgotten it all by itself
 *
 * Return: 0; -ECONNREFUSED where it dies meanwhile.  The outbox is empty either way, but for what
 * was posted meanwhile.
 */
int outbox_flush(struct outbox *o, outbox_ask_fn ask, void *arg);
