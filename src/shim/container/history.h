/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "control/request.h"

#define HISTORY_MAX 1024

/* The exit codes of the last execs, for those who ask after the processes are freed. */
struct history {
	struct history_entry {
		char target[CONTROL_TARGET_MAX + 1];
		int code;
	} entries[HISTORY_MAX];
	size_t n_added; /* since the container was added; the newest is n_added - 1 */
};

/** history_add() - remember an exec; the oldest one is forgotten where there is no room */
void history_add(struct history *h, const char *target, int code);

/** history_get() - @age 0 is the newest.  Return: NULL where there is none so old. */
const struct history_entry *history_get(const struct history *h, size_t age);

/** history_has() - is the exec remembered? */
bool history_has(const struct history *h, const char *target);
