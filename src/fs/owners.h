/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/subids.h"

/* Whom files can belong to that a user's containers make on the host. */

enum owners_kind { OWNERS_USERS, OWNERS_GROUPS, OWNERS_KINDS };

/** owners_program() - what maps ids of a kind: the path of newuidmap(1), newgidmap(1) */
const char *owners_program(enum owners_kind kind);

/** owners_find() - the ranges that this process's user may give to others.  Return: how many. */
size_t owners_find(enum owners_kind kind, struct subid_range ret[SUBIDS_MAX]);

/**
 * owners_describe() - for people: whom files can belong to, and what it would take where that is
 * the user alone
 *
 * Return: owned; NULL: out of memory, or this process is root, who can give files to anybody.
 */
char *owners_describe(void);
