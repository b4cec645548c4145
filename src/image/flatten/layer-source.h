/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "image/flatten/flatten.h"

/*
 * The packed bytes of a layer, in pieces.  Its file may still grow, by somebody else's hand: then
 * an eventfd tells how many bytes have come since it was asked last.
 */
struct layer_source {
	int fd, event_fd;
	bool grows;
	const atomic_bool *stop;
	uint64_t size_bytes;  /* in the end */
	uint64_t known_bytes; /* there now */
	uint64_t pos;	      /* of what is read next */
	/* A piece that was read; codecs take bytes from it and move on. */
	unsigned char *data;
	size_t at, len;
};

/**
 * layer_source_open() - begin to read a layer
 * @layer: its descriptors are borrowed
 * @stop:  set by another thread, who also writes to the layer's eventfd, it ends all reading; may
 *         be NULL
 *
 * Return: 0, then layer_source_close(); -EINVAL; -ENOMEM; -errno; all with a message.
 */
int layer_source_open(const struct flatten_layer *layer, const atomic_bool *stop,
		      struct layer_source *ret, struct err *err);
void layer_source_close(struct layer_source *s);

/**
 * layer_source_fill() - have at least @min bytes in the piece, if the layer has so many more
 * @min: few; more than there is room for is asked of nobody
 *
 * Waits for a file that grows.
 *
 * Return: 0; -ECANCELED when stopped; -EBADMSG when the file is shorter than was said; -errno; all
 * with a message.
 */
int layer_source_fill(struct layer_source *s, size_t min, struct err *err);
