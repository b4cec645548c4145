/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/subids.h"

/* Which owners files can have that a user's containers make on the host. */

enum owners_kind { OWNERS_USERS, OWNERS_GROUPS, OWNERS_KINDS };

/** owners_program() - the program that maps ids of a kind: path of newuidmap(1) or newgidmap(1) */
const char *owners_program(enum owners_kind kind);

/** owners_find() - find the ranges of ids that this process's user may use.  Return: how many. */
size_t owners_find(enum owners_kind kind, struct subid_range ret[SUBIDS_MAX]);

/**
 * owners_describe() - say, for people, which owners files can have, and what would be needed where
 * that is the user alone
 *
 * Return: owned; NULL: out of memory, or this process is root, which can give files to anybody.
 */
char *owners_describe(void);
