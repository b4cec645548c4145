/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/flatten.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/flatten/erofs.h"
#include "image/flatten/layer.h"

DEFINE_CLEANUP(struct tree, tree_free)
DEFINE_CLEANUP(struct hash, hash_free)

static int check_diff_id(const char *want, const char *hex, struct err *err)
{
	const char *want_hex = want ? str_starts(want, "sha256:") : hex;

	if (!want_hex)
		return err_set(err, -EBADMSG, "its diff_id is not a sha256 digest");
	if (!streq(want_hex, hex))
		return err_set(err, -EBADMSG,
			       "unpacked it is sha256:%s, but the image's config says %s", hex,
			       want);
	return 0;
}

static int apply_layer(struct layer_target *target, struct flatten_layer *layer, uint32_t number,
		       struct hash *ids, struct err *err)
{
	uint64_t before = target->data_bytes;
	char hex[SHA256_HEX_LEN + 1];
	int r = layer_apply(target, layer->fd, number, hex, err);

	if (r == 0)
		r = check_diff_id(layer->diff_id, hex, err);
	if (r < 0) {
		err_wrap(err, "layer %u", number);
		return r;
	}
	layer->size_bytes = target->data_bytes - before;
	r = hash_update(ids, hex, SHA256_HEX_LEN);
	return r < 0 ? err_errno(err, r, "SHA-256") : 0;
}

static unsigned int hex_value(char c)
{
	return (unsigned int)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The same layers get the same identifier: RFC 9562 version 8, out of all diff_ids. */
static int make_uuid(struct hash *ids, uint8_t ret[EROFS_UUID_LEN])
{
	char hex[SHA256_HEX_LEN + 1];
	int r = hash_final(ids, hex);

	if (r < 0)
		return r;
	for (size_t i = 0; i < EROFS_UUID_LEN; i++)
		ret[i] = (uint8_t)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
	ret[6] = (uint8_t)((ret[6] & 0x0F) | 0x80);
	ret[8] = (uint8_t)((ret[8] & 0x3F) | 0x80);
	return 0;
}

static int flatten_into(struct layer_target *target, struct flatten_layer *layers, size_t n_layers,
			struct err *err)
{
	cleanup(hash_free_cleanup_fn) struct hash *ids = NULL;
	uint8_t uuid[EROFS_UUID_LEN];
	int r = hash_new(&ids);

	if (r < 0)
		return err_errno(err, r, "SHA-256");
	for (size_t i = 0; i < n_layers; i++) {
		r = apply_layer(target, &layers[i], (uint32_t)i + 1, ids, err);
		if (r < 0)
			return r;
	}
	r = make_uuid(ids, uuid);
	if (r < 0)
		return err_errno(err, r, "SHA-256");
	return erofs_write(target->tree, target->out, uuid, err);
}

int flatten_limited(struct flatten_layer *layers, size_t n_layers, int out_fd,
		    const struct flatten_limits *limits, struct err *err)
{
	const struct tree_limits tree_limits = {
		.max_entries = limits->max_entries,
		.max_bytes = limits->max_memory,
	};
	cleanup(tree_free_cleanup_fn) struct tree *tree = NULL;
	cleanup(erofs_out_reset) struct erofs_out out = { 0 };
	struct layer_target target = { .out = &out, .limits = limits };
	int r = tree_new(&tree_limits, &tree);

	if (r == 0)
		r = erofs_out_init(&out, out_fd);
	if (r < 0)
		return err_errno(err, r, "making an image");
	target.tree = tree;
	return flatten_into(&target, layers, n_layers, err);
}

int flatten(struct flatten_layer *layers, size_t n_layers, int out_fd, struct err *err)
{
	static const struct flatten_limits limits = {
		.max_bytes = UNPACK_MAX_BYTES,
		.max_entries = UNPACK_MAX_ENTRIES,
		.max_memory = UNPACK_MAX_MEMORY,
		.ratio_from = UNPACK_RATIO_FROM,
		.ratio_max = UNPACK_RATIO_MAX,
		.inline_bytes = UNPACK_INLINE_BYTES,
	};

	return flatten_limited(layers, n_layers, out_fd, &limits, err);
}
