/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/registry.h"

/**
 * trust_check() - has an image the signatures that are demanded of it?
 * @in:       what is pulled: names, settings, key
 * @manifest: the manifest or index that its reference stands for
 * @ret_verified: which it has, of those; a vector that is added to
 *
 * Return: 0, also when none are demanded; -EPERM when it has not; -EINVAL for a key that cannot be
 * read; as registry_manifest(); with a message.
 */
int trust_check(struct registry *reg, struct http *h, const struct image_pull *in,
		const struct buf *manifest, char ***ret_verified, struct err *err);
