/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/fetch.h"

/**
 * trust_check() - does an image have the signatures that are demanded?
 * @in:       the pull: its names, settings and key
 * @manifest: the manifest or index that its reference stands for
 * @ret_verified: a vector that proofs of these signatures are added to
 *
 * Return: 0, also when none are demanded; -EPERM when one is missing; -EINVAL for a key that cannot
 * be read; as registry_manifest(); with a message.
 */
int trust_check(const struct fetcher *f, const struct image_pull *in, const struct buf *manifest,
		char ***ret_verified, struct err *err);
