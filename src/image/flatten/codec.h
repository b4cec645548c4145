/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/flatten/layer-source.h"

/* The compressions of layers. */

struct codec {
	const char *name;
	const char *magic;
	size_t magic_len;
	/* @ret: owned, close().  Return: 0; -ENOMEM, -ENOTSUP, -errno with a message. */
	int (*open)(struct layer_source *from, void **ret, struct err *err);
	void (*close)(void *state);
	/*
	 * Decompresses the next bytes.  @ret: borrowed until the next call.  Return: how many; 0 at
	 * the end; -EBADMSG; as layer_source_fill(); with a message.
	 */
	ssize_t (*next)(void *state, const void **ret, struct err *err);
};

#define CODEC_MAGIC_MAX 6

/** codec_find() - choose a codec by the first bytes.  For plain data that is the one without a
 * magic. */
const struct codec *codec_find(const void *data, size_t len);

/** codec_damaged() - report that packed data is damaged.  @why: may be NULL.  Return: -EBADMSG. */
ssize_t codec_damaged(struct err *err, const char *why);

extern const struct codec codec_gzip, codec_zstd, codec_xz, codec_bzip2, codec_plain;
