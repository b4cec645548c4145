/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Flattening: layers in, one EROFS file out.  This runs in moat-unpack, a process of its own
 * that has its descriptors, its limits and nothing else; store.c starts it through unpack.h.
 */

#define UNPACK_MAX_BYTES   (32ULL << 30) /* file data of one image */
#define UNPACK_MAX_ENTRIES 2000000u	 /* names of one image */
#define UNPACK_RATIO_FROM  (1ULL << 30)	 /* a layer that unpacks to more than this … */
#define UNPACK_RATIO_MAX   400u		 /* … and to this many times its packed size is a bomb */
#define UNPACK_MAX_MEMORY  (1ULL << 30)	 /* names, link targets and attributes of one image */
#define UNPACK_INLINE_BYTES                                                                        \
	(128ULL << 20) /* limit of small files kept in memory, to be placed behind their inodes */

/* The largest values that settings may give; see settings/read-limits.c. */
#define UNPACK_BYTES_LARGEST   (48ULL << 30)
#define UNPACK_ENTRIES_LARGEST 20000000u
#define UNPACK_MEMORY_LARGEST  (3ULL << 30)
#define UNPACK_RATIO_LARGEST   100000u

/* Names a setting in messages. */
#define LIMIT(name) "\"image-limits\": \"" name "\" of moat's settings"

struct flatten_layer {
	int fd;		       /* borrowed; the packed layer, a regular file */
	bool grows;	       /* the file is still being written; then: */
	int event_fd;	       /* an eventfd that tells how many bytes came; borrowed */
	uint64_t packed_bytes; /* final size of the file */
	const char *diff_id;   /* "sha256:…" of the unpacked tar; NULL: not checked */
	uint64_t size_bytes;   /* of the layer's files; set by flatten() */
};

struct flatten_limits {
	uint64_t max_bytes;
	uint32_t max_entries;
	uint64_t max_memory;
	uint64_t ratio_from;
	uint32_t ratio_max;
	uint64_t inline_bytes;
};

/* What an image is made of, and how much that may be. */
struct flatten_input {
	struct flatten_layer *layers; /* base first; borrowed */
	size_t n_layers;
	struct flatten_limits limits;
};

/** flatten_limits_usual() - get the limits UNPACK_… */
struct flatten_limits flatten_limits_usual(void);

/** flatten_limits_largest() - get the largest limits that the settings accept */
struct flatten_limits flatten_limits_largest(void);

/* Threads that help to flatten; see flatten_helpers_new(). */
struct flatten_helpers;

/**
 * flatten_helpers_new() - start threads that wait for one flatten()
 * @n:   how many; 0 is fine
 * @ret: owned, flatten_helpers_free()
 *
 * Return: 0; -ENOMEM; -errno of pthread_create(3).
 */
int flatten_helpers_new(size_t n, struct flatten_helpers **ret);

/** flatten_helpers_free() - NULL is accepted */
void flatten_helpers_free(struct flatten_helpers *h);

/**
 * flatten() - apply layers in order and write the image
 * @in:      compression (none, gzip, zstd, xz, bzip2) is recognized by content
 * @out_fd:  empty regular file, written by pwrite(2)
 * @helpers: used up; NULL: this thread does it alone
 *
 * Whiteouts and opaque folders are applied (image-spec layer.md); nothing of a layer ever
 * touches the host's file system, the tree lives in memory and the data goes into @out_fd.  With
 * helpers several layers are read at once, and where in the image their files lie is different each
 * time.
 *
 * Return: 0; -EBADMSG with a message for a malformed, truncated, escaping or bomb-like
 * layer or a wrong diff_id; -ENOSPC; -errno.
 */
int flatten(const struct flatten_input *in, int out_fd, struct flatten_helpers *helpers,
	    struct err *err);
