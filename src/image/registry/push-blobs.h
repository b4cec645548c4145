/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/guard.h"
#include "image/registry/push-plan.h"
#include "image/registry/registry.h"
#include "image/registry/upload-blob.h"

/* Parameters of a push of blobs; everything is borrowed. */
struct pusher {
	struct store *st; /* in which the blobs are pinned */
	struct registry *reg;
	struct http *http;
	struct progress_guard *guard;
	unsigned max_uploads; /* at a time; at least 1 */
};

/** push_blobs() - push the blobs that the registry lacks.  Return: 0; as registry_put_blob(). */
int push_blobs(const struct pusher *p, const struct push_plan *plan, struct err *err);
