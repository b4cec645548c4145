/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "image/flatten/layer.h"
#include "image/flatten/tree.h"

/* The layers of an image, and the threads that work them off. */

struct crew_layer {
	struct layer_log log;
	bool is_read; /* whole; guarded by the lock, as is "turn" */
	char hex[HASH_HEX_MAX + 1];
};

struct crew {
	struct flatten_layer *layers;
	size_t n_layers;
	int out_fd;
	struct tree *tree; /* belongs to whoever works on the layer whose turn it is */
	struct layer_common common;
	struct crew_layer *states;
	pthread_mutex_t lock; /* guards what follows */
	size_t next;	      /* layer to be read */
	size_t turn;	      /* layer to be applied */
	int result;
	struct err err;
};

/** crew_work() - read layers, and apply them, as long as there are any that nobody reads */
void crew_work(struct crew *c);
