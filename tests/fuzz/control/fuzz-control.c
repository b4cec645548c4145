/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests, events and answers between moatd and moat-shim, as the first byte chooses.  What is
 * read and written is what is read from that and written again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "control/answer.h"
#include "control/event.h"
#include "control/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const char *first, const char *second)
{
	if (!first || !second || !streq(first, second))
		abort();
}

static char *rewrite_request(const char *text, size_t len)
{
	struct control_request rq;
	struct err err = { 0 };
	char *written;

	if (control_request_read(text, len, &rq, &err) < 0) {
		if (strlen(err.msg) >= ERR_MSG_MAX)
			abort();
		return NULL;
	}
	written = control_request_write(&rq);
	control_request_reset(&rq);
	return written;
}

static char *rewrite_event(const char *text, size_t len)
{
	struct control_event e;
	char *written;

	if (control_event_read(text, len, &e, NULL) < 0)
		return NULL;
	if (strlen(e.exit.err.msg) >= ERR_MSG_MAX || e.n_containers > CONTROL_CONTAINERS_MAX)
		abort();
	for (size_t i = 0; i < e.n_containers; i++)
		if (e.containers[i].n_execs > CONTROL_EXECS_MAX)
			abort();
	written = control_event_write(&e);
	control_event_reset(&e);
	return written;
}

static char *rewrite_stats(const json_t *answer)
{
	struct link_stats stats;

	return answer_stats_read(answer, &stats, NULL) < 0 ? NULL : answer_stats_write(&stats);
}

static char *rewrite_log(const json_t *answer)
{
	struct answer_log place;

	return answer_log_read(answer, &place, NULL) < 0 ? NULL : answer_log_write(&place);
}

static char *rewrite_procs(const json_t *answer)
{
	cleanup_free struct link_proc *procs = NULL;
	size_t n;

	return answer_procs_read(answer, &procs, &n, NULL) < 0 ? NULL
							       : answer_procs_write(procs, n);
}

static char *rewrite_tap(const json_t *answer)
{
	char name[CONTROL_TAP_MAX + 1];

	return answer_tap_read(answer, name, NULL) < 0 ? NULL : answer_tap_write(name);
}

static char *rewrite_answer(char *(*rewrite)(const json_t *answer), const char *text, size_t len)
{
	cleanup_json json_t *answer = NULL;

	return answer_read(text, len, &answer, NULL) < 0 ? NULL : rewrite(answer);
}

static void try_answer(char *(*rewrite)(const json_t *answer), const char *text, size_t len)
{
	cleanup_free char *first = rewrite_answer(rewrite, text, len), *second = NULL;

	if (!first)
		return;
	second = rewrite_answer(rewrite, first, strlen(first));
	check_same(first, second);
}

static void try(char *(*rewrite)(const char *text, size_t len), const char *text, size_t len)
{
	cleanup_free char *first = rewrite(text, len), *second = NULL;

	if (!first)
		return;
	second = rewrite(first, strlen(first));
	check_same(first, second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	if (size == 0)
		return 0;
	if (data[0] == 'R') {
		try(rewrite_request, text, size - 1);
	} else if (data[0] == 'E') {
		try(rewrite_event, text, size - 1);
	} else {
		try_answer(rewrite_stats, text, size - 1);
		try_answer(rewrite_log, text, size - 1);
		try_answer(rewrite_procs, text, size - 1);
		try_answer(rewrite_tap, text, size - 1);
	}
	return 0;
}
