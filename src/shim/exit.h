/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

#define EXIT_FILE "exit.json"

/* Exit codes of moat's own, as docker gives them. */
#define EXIT_NOT_STARTED    125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127
#define EXIT_KILLED	    137

/* How a container ended (docs/SHIM.md, exit.json). */
struct exit_status {
	int code;
	bool oom;
	int64_t started_nsec; /* 0: never */
	int64_t finished_nsec;
	struct err err; /* why moat failed: code 0 and no text where it did not */
};

/** exit_code_of_errno() - the exit code of a process that could not be started for @errnum
 * (positive) */
int exit_code_of_errno(int errnum);

/** exit_json() - the fields of exit.json as a new object; NULL when out of memory */
json_t *exit_json(const struct exit_status *e);

/** exit_reserve() - see to it that a full disk has room for exit.json, when the container ends */
void exit_reserve(int dir_fd);

/**
 * exit_write() - put exit.json into the container's folder
 * @durably: over a loss of power too; a crash of processes it survives in any case
 *
 * Return: 0; -errno; -ENOMEM.
 */
int exit_write(int dir_fd, const struct exit_status *e, bool durably);
