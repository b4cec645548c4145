/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/node.h"

/* Finds nodes by their keys. */

/** node_hash_init() - make an empty table.  @t: its buckets are freed with free().  Return: 0;
 * -ENOMEM. */
int node_hash_init(struct nodes *t);

/** node_hash_find() - find a node by its key; NULL where there is none */
struct node *node_hash_find(const struct nodes *t, const struct node_key *key);

void node_hash_add(struct nodes *t, struct node *n);

/** node_hash_remove() - remove a node; nothing happens where it is not in the table */
void node_hash_remove(struct nodes *t, struct node *n);
