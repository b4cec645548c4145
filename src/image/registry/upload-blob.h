/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/upload.h"

/**
 * registry_put_blob() - push a blob: mount it from another repository, or upload it; an upload that
 * is cut off continues where it was, in this push or a later one
 *
 * Return: 0; 1 where it was mounted; -EACCES; -ENOENT for a repository the registry does not know;
 * -EROFS where it takes nothing; -EPROTO; as http_send(); all with a message.
 */
int registry_put_blob(struct registry *reg, struct http *h, const struct blob_upload *in,
		      struct err *err);
