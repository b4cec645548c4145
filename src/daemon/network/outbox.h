/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/random.h"
#include "net/client.h"

/*
 * Things that moat-net is to take back, for which nobody waits: taps, their slots, published ports.
 * They are posted at once, and told in the order of posting.  Any thread may call any of these
 * functions.
 */
struct outbox;

/* A thing to be taken back: of one tap, or all published ports of a container. */
struct posted {
	char key[ID_LEN + 1]; /* container of the ports; "": it is a tap */
	char tap[NET_TAP_MAX + 1];
	unsigned slots; /* one bit for each */
	bool whole;	/* the tap itself, too: its machine has ended */
};

/** outbox_new() - make an empty outbox.  Return: NULL when out of memory; outbox_free() */
struct outbox *outbox_new(void);
void outbox_free(struct outbox *o);

/** outbox_post() - add a thing.  @what: copied.  Return: 0; -ENOMEM. */
int outbox_post(struct outbox *o, const struct posted *what);

/** outbox_has_ports() - are there ports of a container that are still to be told?  @id: NULL: of
 * any */
bool outbox_has_ports(struct outbox *o, const char *id);

/** outbox_ask_fn - asks moat-net.  Return: as net_call(). */
typedef int (*outbox_ask_fn)(const struct net_request *rq, struct err *err, void *arg);

/**
 * outbox_flush() - tell everything; returns when other threads have told theirs, too
 * @ask: NULL: moat-net has died, and forgotten all by itself
 *
 * Return: 0; -ECONNREFUSED where it dies meanwhile.  In both cases only what was posted meanwhile
 * is left.
 */
int outbox_flush(struct outbox *o, outbox_ask_fn ask, void *arg);
