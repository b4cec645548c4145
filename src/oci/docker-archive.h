/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* manifest.json of a `docker save` archive. */

#define DOCKER_ARCHIVE_IMAGES_MAX 1024

struct docker_image {
	char *config;  /* name of the archive's member, like those of the layers */
	char **layers; /* base first; NULL: none */
	char **tags;   /* full references; NULL: none */
};

struct docker_archive {
	struct docker_image *images;
	size_t n;
};

/** docker_archive_read() - read a manifest.json.  @ret: docker_archive_reset().  Return: 0;
 * -EBADMSG with a message; -ENOMEM. */
int docker_archive_read(const char *text, size_t len, struct docker_archive *ret, struct err *err);
void docker_archive_reset(struct docker_archive *a);
