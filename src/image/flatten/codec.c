/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/codec.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"

/* zstd files may begin with a frame that decoders skip. */
static bool is_skippable_frame(const unsigned char *data, size_t len)
{
	return len >= 4 && (data[0] & 0xf0) == 0x50 && memcmp(data + 1, "\x2a\x4d\x18", 3) == 0;
}

const struct codec *codec_find(const void *data, size_t len)
{
	static const struct codec *const all[] = { &codec_gzip, &codec_zstd, &codec_xz,
						   &codec_bzip2 };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (len >= all[i]->magic_len && memcmp(data, all[i]->magic, all[i]->magic_len) == 0)
			return all[i];
	return is_skippable_frame(data, len) ? &codec_zstd : &codec_plain;
}

ssize_t codec_damaged(struct err *err, const char *why)
{
	return err_set(err, -EBADMSG, "the compressed data is damaged: %s",
		       why ? why : "no reason given");
}

static int plain_open(struct layer_source *from, void **ret, struct err *err)
{
	(void)err;
	*ret = from;
	return 0;
}

static void plain_close(void *state)
{
	(void)state;
}

static ssize_t plain_next(void *state, const void **ret, struct err *err)
{
	struct layer_source *from = state;
	int r = layer_source_fill(from, 1, err);
	size_t len = from->len - from->at;

	if (r < 0)
		return r;
	*ret = from->data + from->at;
	from->at = from->len;
	return (ssize_t)len;
}

const struct codec codec_plain = {
	.name = "plain", .open = plain_open, .close = plain_close, .next = plain_next
};
