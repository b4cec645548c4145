/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Nodes are hashed by what they are: the time of birth tells a file from a
 * later one with the same inode.  All functions are called under the nodes' lock.
 */
#include "fs/node-hash.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKETS_FIRST 1024

int node_hash_init(struct nodes *t)
{
	t->n_buckets = BUCKETS_FIRST;
	t->buckets = calloc(t->n_buckets, sizeof(struct node *));
	return t->buckets ? 0 : -ENOMEM;
}

static bool key_equal(const struct node_key *a, const struct node_key *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->born_nsec == b->born_nsec &&
	       a->writable == b->writable;
}

static size_t bucket_of(const struct nodes *t, const struct node_key *key)
{
	uint64_t h = (key->ino ^ key->dev << 17 ^ key->born_nsec) * 0x9e3779b97f4a7c15u;

	return (h >> 20) & (t->n_buckets - 1);
}

struct node *node_hash_find(const struct nodes *t, const struct node_key *key)
{
	struct node *n = t->buckets[bucket_of(t, key)];

	while (n && !key_equal(&n->key, key))
		n = n->next;
	return n;
}

static void put_in(struct nodes *t, struct node *n)
{
	size_t i = bucket_of(t, &n->key);

	n->next = t->buckets[i];
	t->buckets[i] = n;
}

void node_hash_remove(struct nodes *t, struct node *n)
{
	struct node **at = &t->buckets[bucket_of(t, &n->key)];

	while (*at && *at != n)
		at = &(*at)->next;
	if (*at)
		*at = n->next;
}

/* A table that cannot grow is slower, and still right. */
static void grow_buckets(struct nodes *t)
{
	struct node **old = t->buckets, **wider = calloc(2 * t->n_buckets, sizeof(*wider));
	size_t n_old = t->n_buckets;

	if (!wider)
		return;
	t->buckets = wider;
	t->n_buckets = 2 * n_old;
	for (size_t i = 0; i < n_old; i++) {
		struct node *n = old[i], *next;

		for (; n; n = next) {
			next = n->next;
			put_in(t, n);
		}
	}
	free(old);
}

void node_hash_add(struct nodes *t, struct node *n)
{
	if (t->numbers.n_used > t->n_buckets)
		grow_buckets(t);
	put_in(t, n);
}
