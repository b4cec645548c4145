/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "image/registry/mirror.h"
#include "image/registry/registry.h"

/* The contents of a registry under a name, found without pulling. */
struct distribution {
	char *media_type;
	struct digest digest;
	uint64_t size_bytes;
	struct platform *platforms;
	size_t n_platforms;
};

void distribution_reset(struct distribution *d);

/**
 * distribution_inspect() - ask a registry for the contents under a name
 * @ret: distribution_reset()
 *
 * Return: 0; -ENOENT; as registry_manifest(); all with a message.
 */
int distribution_inspect(const struct reference *ref, const struct registry_access *access,
			 struct distribution *ret, struct err *err);
