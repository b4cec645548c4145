/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A snapshot is a migration into a file: with x-ignore-shared the stream
 * leaves out memory that is shared with others, and the machine's is in a memfd, so what
 * remains is the state of processors and devices, some tens of kilobytes.  The machine is not
 * stopped before, as one that was stopped is restored stopped.
 *
 * Restoring is the same migration read back, by a QEMU whose memory is a private mapping of that
 * memfd.  The commands are sent together before QEMU has even begun to run: there is nothing to
 * wait for, as it ends by itself when it fails.
 */
#include "engine/qemu/template.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"

#define POLL_NSEC 2000000

static const struct qmp_command leave_out_memory = {
	.name = "migrate-set-capabilities",
	.arguments = "{\"capabilities\":[{\"capability\":\"x-ignore-shared\",\"state\":true}]}",
};

int qemu_restore(struct qmp *q, int state_fd, uint64_t deadline_usec, struct err *err)
{
	char where[64];
	const struct qmp_command commands[] = {
		leave_out_memory,
		{ .name = "migrate-incoming", .arguments = where },
	};

	static const struct qmp_command wake = { .name = "query-status" };
	int r;

	snprintf(where, sizeof(where), "{\"uri\":\"fd:%d\"}", state_fd);
	r = qmp_send_ahead(q, commands, ARRAY_SIZE(commands), err);
	if (r == 0)
		r = qmp_await_event(q, "RESUME", deadline_usec, err);
	return r == 0 ? qmp_send_ahead(q, &wake, 1, err) : r;
}

/* Is the migration complete?  Return: 1; 0 while it goes on; -EIO with a message. */
static int judge_migration(const json_t *answer, struct err *err)
{
	const char *status = NULL, *reason = NULL;
	int r = json_get_str(answer, "status", &status, err);

	if (r == 0)
		r = json_get_str(answer, "error-desc", &reason, err);
	if (r < 0 || !status)
		return r;
	if (streq(status, "completed"))
		return 1;
	if (streq(status, "failed") || streq(status, "cancelled"))
		return err_set(err, -EIO, "snapshot: %s", reason ? reason : status);
	return 0;
}

static int await_completion(struct qmp *q, uint64_t deadline_usec, struct err *err)
{
	const struct timespec delay = { .tv_nsec = POLL_NSEC };
	struct patience p = qmp_patience(q, deadline_usec);
	int r;

	for (;;) {
		cleanup_json json_t *answer = NULL;

		r = qmp_execute(q, "query-migrate", clock_mono_usec() + patience_left(&p), &answer,
				err);
		if (r == 0)
			r = judge_migration(answer, err);
		if (r != 0)
			return r < 0 ? r : 0;
		if (patience_left(&p) == 0)
			return err_set(err, -ETIMEDOUT, "snapshot: takes too long");
		nanosleep(&delay, NULL);
	}
}

int qemu_snapshot(struct qmp *q, int state_fd, uint64_t deadline_usec, struct err *err)
{
	const struct qmp_command pass = { .name = "getfd",
					  .arguments = "{\"fdname\":\"state\"}",
					  .fd = &state_fd };
	const struct qmp_command migrate = { .name = "migrate",
					     .arguments = "{\"uri\":\"fd:state\"}" };
	int r = qmp_call(q, &leave_out_memory, deadline_usec, NULL, err);

	if (r == 0)
		r = qmp_call(q, &pass, deadline_usec, NULL, err);
	if (r == 0)
		r = qmp_call(q, &migrate, deadline_usec, NULL, err);
	return r == 0 ? await_completion(q, deadline_usec, err) : r;
}
