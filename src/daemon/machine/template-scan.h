/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/machine/template-files.h"

/* The templates on the disk, in use or not. */

struct template_found {
	char key[TEMPLATE_KEY_LEN + 1];
	struct template_info info;
	bool valid; /* @info is filled; false: damaged */
	int64_t used_nsec;
	uint64_t disk_bytes;
};

/** template_is_key() - can a template's folder have this name? */
bool template_is_key(const char *name);

/**
 * templates_scan() - find the templates on the disk
 * @dir_fd: the folder
 * @ret: an array, owned by the caller; the one used last comes first
 */
int templates_scan(int dir_fd, struct template_found **ret, size_t *ret_n);
