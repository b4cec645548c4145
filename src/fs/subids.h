/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SUBIDS_MAX 16u

/* Ids that a user may give to others, subuid(5). */
struct subid_range {
	uint32_t first, n;
};

/**
 * subids_find() - find the ranges of a user
 * @text: of /etc/subuid or /etc/subgid; lines that make no sense are left out
 * @name: the user's; NULL: it has none
 *
 * Pure.  Return: how many, at most SUBIDS_MAX.
 */
size_t subids_find(const char *text, const char *name, uint32_t uid,
		   struct subid_range ret[SUBIDS_MAX]);

/**
 * subids_map() - make the arguments of newuidmap(1) or newgidmap(1): root is the user, and all
 * other ids are those of the ranges, one after the other
 *
 * Pure.  @ret: "0 1000 1 1 100000 65536", as a vector; strv_free().  Return: 0; -ENOMEM.
 */
int subids_map(uint32_t own, const struct subid_range *ranges, size_t n, char ***ret);
