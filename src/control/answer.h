/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "control/machine-spec.h"
#include "link/query.h"

/*
 * Answers of moat-shim to requests (docs/CONTROL.md).  The _write functions return owned text, NULL
 * when out of memory; the _read functions take the JSON that shim_call() returned.
 */

/** answer_write() - the answer yes, or no.  @err: NULL where all went well */
char *answer_write(const struct err *err);

/**
 * answer_read() - parse an answer: is it a yes?
 * @ret: the whole answer, owned; NULL is accepted
 *
 * Return: 0; the negative errno of a no, with its message; -EBADMSG with a message.
 */
int answer_read(const char *text, size_t len, json_t **ret, struct err *err);

/* The answer to an attach: the log up to here and what the client gets from now on are all of the
 * output. */
struct answer_log {
	uint64_t number; /* of the log's file; 0: no log is kept */
	uint64_t offset;
};

char *answer_log_write(const struct answer_log *place);
int answer_log_read(const json_t *answer, struct answer_log *ret, struct err *err);

/** answer_tap_write(), _read() - the answer to CONTROL_TAP; the tap's descriptor goes along.  @ret:
 * copied */
char *answer_tap_write(const char *name);
int answer_tap_read(const json_t *answer, char ret[CONTROL_TAP_MAX + 1], struct err *err);

/** answer_stats_write(), _read() - the answer to CONTROL_STATS */
char *answer_stats_write(const struct link_stats *stats);
int answer_stats_read(const json_t *answer, struct link_stats *ret, struct err *err);

/** answer_procs_write(), _read() - the answer to CONTROL_TOP: as many processes as fit.  @ret:
 * owned array, free(3). */
char *answer_procs_write(const struct link_proc *procs, size_t n);
int answer_procs_read(const json_t *answer, struct link_proc **ret, size_t *ret_n, struct err *err);
