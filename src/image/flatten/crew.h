/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "image/flatten/layer.h"
#include "image/flatten/tree.h"

/* The layers of an image, and the threads that work on them. */

struct crew_layer {
	struct layer_log log;
	bool is_read; /* the whole layer is in the log; guarded by the lock, like "turn" */
	char hex[HASH_HEX_MAX + 1];
};

struct crew {
	struct flatten_layer *layers;
	size_t n_layers;
	int out_fd;
	struct tree *tree; /* used by whoever works on the layer whose turn it is */
	struct layer_common common;
	struct crew_layer *states;
	pthread_mutex_t lock; /* guards the members below */
	size_t next;	      /* index of the next layer to read */
	size_t turn;	      /* index of the next layer to apply */
	int result;
	struct err err;
};

/** crew_work() - read and apply layers until each has a thread that reads it */
void crew_work(struct crew *c);
