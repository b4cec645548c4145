/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/* Exit codes of moat's own, as docker gives them. */
#define EXIT_NOT_STARTED    125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND	    127
#define EXIT_KILLED	    137

/* How a container ended (docs/CONTROL.md): exit.json, and the event "exited". */
struct exit_status {
	int code;
	bool oom;
	int64_t started_nsec; /* 0: never */
	int64_t finished_nsec;
	struct err err; /* why moat failed; else code 0, no text.  Only the text is written */
};

/** exit_code_of_errno() - the exit code of a process that could not be started for @errnum
 * (positive) */
int exit_code_of_errno(int errnum);

/** exit_put() - add the fields of exit.json to an object.  Return: 0; -ENOMEM. */
int exit_put(json_t *obj, const struct exit_status *e);

/** exit_get() - read these fields from an object.  Return: 0; -EBADMSG, -EINVAL with a message. */
int exit_get(const json_t *obj, struct exit_status *ret, struct err *err);

/** exit_reserve() - keep room for exit.json, so that a full disk has it when the container ends */
void exit_reserve(int dir_fd);

/**
 * exit_write() - put exit.json into the container's folder
 * @durably: sync it, against a loss of power; a crash of processes does no harm in any case
 *
 * Return: 0; -errno; -ENOMEM.
 */
int exit_write(int dir_fd, const struct exit_status *e, bool durably);

/**
 * exit_load() - read exit.json of a container
 * @containers_fd: folder of containers; borrowed
 * @id:            of the container
 *
 * Return: 0; -ENOENT; -EBADMSG, -EINVAL; -errno.
 */
int exit_load(int containers_fd, const char *id, struct exit_status *ret);
