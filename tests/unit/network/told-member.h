/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/member-run.h"
#include "told.h"

/* What tests of members do with them; each fails the test where it does not succeed. */

#define WEB "{\"Name\":\"web\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.7.0.0/29\"}]}}"
#define DB                                                                                         \
	"{\"Name\":\"db\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.8.0.0/24\"},"                     \
	"{\"Subnet\":\"fd00:8::/64\"}]}}"

/** told_add() - told_member() */
void told_add(char n, const char *const *wishes);

/** told_begin() - member_begin().  Return: wiring_reset(). */
struct wiring told_begin(char n);

/** told_plug() - member_plug() */
void told_plug(char n, const char *tap);

/** told_load() - member_load() as "cN" */
void told_load(char n);

/** told_assert() - this was told since told_text() was called last */
void told_assert(const char *want);
