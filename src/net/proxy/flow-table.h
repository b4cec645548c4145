/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/queue.h>

#include "net/proxy/peer.h"

/* Flows of datagrams, found by their sender and the address they came to. */

struct flow_key {
	struct peer client, local;
};

bool flow_key_equal(const struct flow_key *a, const struct flow_key *b);

struct flow_entry {
	LIST_ENTRY(flow_entry) link;
	struct flow_key key;
};

struct flow_table;

/** flow_table_new() - @seed: a secret, so that senders cannot choose their buckets.  Return: NULL
 * when out of memory. */
struct flow_table *flow_table_new(uint64_t seed);
void flow_table_free(struct flow_table *t);

/** flow_table_find() - NULL where there is none */
struct flow_entry *flow_table_find(const struct flow_table *t, const struct flow_key *key);

/** flow_table_add(), flow_table_remove() - @e: with its key; there once */
void flow_table_add(struct flow_table *t, struct flow_entry *e);
void flow_table_remove(struct flow_entry *e);
