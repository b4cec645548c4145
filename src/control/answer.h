/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "control/machine-spec.h"
#include "link/query.h"

/*
 * What moat-shim answers to requests (docs/CONTROL.md).  Texts are owned; NULL when out of memory.
 * Whoever reads an answer has its JSON of shim_call().
 */

/** answer_write() - @err: NULL where all went well */
char *answer_write(const struct err *err);

/**
 * answer_read() - is it a yes?
 * @ret: all of it, owned; NULL is accepted
 *
 * Return: 0; the negative errno of a no, with its message; -EBADMSG with a message.
 */
int answer_read(const char *text, size_t len, json_t **ret, struct err *err);

/* Of an attach: the log up to here, and what the client gets, are all of the output. */
struct answer_log {
	uint64_t number; /* of the file; 0: no log is kept */
	uint64_t offset;
};

char *answer_log_write(const struct answer_log *place);
int answer_log_read(const json_t *answer, struct answer_log *ret, struct err *err);

/** Of CONTROL_TAP; the tap's descriptor goes along.  @ret: of the answer */
char *answer_tap_write(const char *name);
int answer_tap_read(const json_t *answer, char ret[CONTROL_TAP_MAX + 1], struct err *err);

/** Of CONTROL_STATS */
char *answer_stats_write(const struct link_stats *stats);
int answer_stats_read(const json_t *answer, struct link_stats *ret, struct err *err);

/** Of CONTROL_TOP.  As many as fit are written.  @ret: owned array, free(3). */
char *answer_procs_write(const struct link_proc *procs, size_t n);
int answer_procs_read(const json_t *answer, struct link_proc **ret, size_t *ret_n, struct err *err);
