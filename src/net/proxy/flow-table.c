/* SPDX-License-Identifier: Apache-2.0 */
#include "net/proxy/flow-table.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024u

LIST_HEAD(flow_bucket, flow_entry);

struct flow_table {
	uint64_t seed;
	struct flow_bucket buckets[BUCKETS];
};

struct flow_table *flow_table_new(uint64_t seed)
{
	struct flow_table *t = calloc(1, sizeof(*t));

	if (t)
		t->seed = seed;
	return t;
}

void flow_table_free(struct flow_table *t)
{
	free(t);
}

/* One round of mixing: the halves of a product are folded.  The input depends on the seed. */
static uint64_t mix_hash(uint64_t a, uint64_t b)
{
	unsigned __int128 product =
		(unsigned __int128)(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd1b54a32d192ed03);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_peer(const struct peer *p, uint64_t h)
{
	uint64_t words[2];

	memcpy(words, p->ip.bytes, sizeof(words));
	h = mix_hash(h ^ words[0], h + p->port);
	return mix_hash(h ^ words[1], h + p->scope);
}

static size_t find_bucket(const struct flow_table *t, const struct flow_key *key)
{
	return hash_peer(&key->local, hash_peer(&key->client, t->seed)) % BUCKETS;
}

static bool is_same(const struct peer *a, const struct peer *b)
{
	return a->port == b->port && a->scope == b->scope && ip_equal(&a->ip, &b->ip);
}

bool flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
	return is_same(&a->client, &b->client) && is_same(&a->local, &b->local);
}

struct flow_entry *flow_table_find(const struct flow_table *t, const struct flow_key *key)
{
	struct flow_entry *e;

	LIST_FOREACH (e, &t->buckets[find_bucket(t, key)], link)
		if (flow_key_equal(&e->key, key))
			return e;
	return NULL;
}

void flow_table_add(struct flow_table *t, struct flow_entry *e)
{
	LIST_INSERT_HEAD(&t->buckets[find_bucket(t, &e->key)], e, link);
}

void flow_table_remove(struct flow_entry *e)
{
	LIST_REMOVE(e, link);
}
