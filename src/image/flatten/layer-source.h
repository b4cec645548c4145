/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "image/flatten/flatten.h"

/*
 * The packed bytes of a layer, in pieces.  Another process may still be writing the file: then an
 * eventfd tells how many bytes have come since it was last read.
 */
struct layer_source {
	int fd, event_fd;
	bool grows;
	const atomic_bool *stop;
	uint64_t size_bytes;  /* final size */
	uint64_t known_bytes; /* of the file, as known now */
	uint64_t pos;	      /* where the next piece is read */
	/* A piece that was read; codecs take bytes from it and move on. */
	unsigned char *data;
	size_t at, len;
};

/**
 * layer_source_open() - begin to read a layer
 * @layer: its descriptors are borrowed
 * @stop:  another thread sets it, and writes to the layer's eventfd, to end all reading; may be
 *         NULL
 *
 * Return: 0, then layer_source_close(); -EINVAL; -ENOMEM; -errno; all with a message.
 */
int layer_source_open(const struct flatten_layer *layer, const atomic_bool *stop,
		      struct layer_source *ret, struct err *err);
void layer_source_close(struct layer_source *s);

/**
 * layer_source_fill() - have at least @min bytes in the piece, if the layer has so many more
 * @min: a few bytes, never more than there is room for
 *
 * Waits for a file that grows.
 *
 * Return: 0; -ECANCELED when stopped; -EBADMSG when the file is shorter than was said; -errno; all
 * with a message.
 */
int layer_source_fill(struct layer_source *s, size_t min, struct err *err);
