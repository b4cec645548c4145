/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The worker appends messages to a buffer under a mutex and rings an
 * eventfd; the connection's thread takes the buffer.  Reports of progress are thinned out by time
 * (lines.c): what waits for its time is put into the buffer by the connection's thread.
 */
#include "daemon/http/job.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "daemon/http/lines.h"

#define BACKLOG_MAX_BYTES (1u << 20) /* a client this far behind misses progress, not results */

struct job {
	const struct work *work;
	void *arg;
	pthread_t thread;
	atomic_bool cancelled;
	int client_fd;
	int wake_fd;
	/* Guarded by the lock. */
	pthread_mutex_t lock;
	struct buf out;
	struct lines lines;
	uint64_t until_usec; /* the connection's thread sleeps until then; its own to change */
	bool done;
	int result;
	struct err err;
};

static void put_locked(struct job *job, const char *line)
{
	if (buf_adds(&job->out, line) < 0 || buf_adds(&job->out, "\r\n") < 0)
		atomic_store(&job->cancelled, true);
	(void)eventfd_write(job->wake_fd, 1);
}

void job_say(struct job *job, json_t *message)
{
	cleanup_free char *line = message ? json_write(message) : NULL;

	json_decref(message);
	if (!line)
		return;
	mutex_hold(&job->lock);
	put_locked(job, line);
}

static json_t *report_message(const struct report *r)
{
	json_t *message = json_pack("{s:s}", "status", r->status), *detail = json_object();

	if (message && r->id)
		json_object_set_new(message, "id", json_string(r->id));
	if (r->total_bytes > 0) {
		json_object_set_new(detail, "current", json_integer((json_int_t)r->current_bytes));
		json_object_set_new(detail, "total", json_integer((json_int_t)r->total_bytes));
	}
	json_object_set_new(message, "progressDetail", detail);
	return message;
}

static void put_report_locked(struct job *job, const struct report *r)
{
	cleanup_json json_t *message = NULL;
	cleanup_free char *line = NULL;

	if (job->out.len > BACKLOG_MAX_BYTES)
		return;
	message = report_message(r);
	line = message ? json_write(message) : NULL;
	if (line)
		put_locked(job, line);
}

static void report_progress(void *arg, const char *id, const char *status, uint64_t current_bytes,
			    uint64_t total_bytes)
{
	const struct report r = { id, status, current_bytes, total_bytes };
	struct job *job = arg;

	mutex_hold(&job->lock);
	if (lines_report(&job->lines, &r, clock_mono_usec()))
		put_report_locked(job, &r);
	else if (lines_next(&job->lines) < job->until_usec)
		(void)eventfd_write(job->wake_fd, 1);
}

static bool is_cancelled(void *arg)
{
	struct job *job = arg;

	return atomic_load(&job->cancelled);
}

struct progress job_progress(struct job *job)
{
	return (struct progress){ .report = report_progress,
				  .cancelled = is_cancelled,
				  .arg = job };
}

static void put_failure(struct job *job)
{
	const char *text = job->err.msg;
	cleanup_json json_t *message =
		json_pack("{s:{s:s}, s:s}", "errorDetail", "message", text, "error", text);
	cleanup_free char *line = message ? json_write(message) : NULL;

	if (line)
		put_locked(job, line);
}

static void *run_job(void *arg)
{
	struct job *job = arg;
	struct err err = { 0 };
	int r = job->work->run(job, job->arg, &err);

	mutex_hold(&job->lock);
	job->result = r;
	job->err = err;
	job->done = true;
	(void)eventfd_write(job->wake_fd, 1);
	return NULL;
}

static void job_free(void *arg)
{
	struct job *job = arg;

	atomic_store(&job->cancelled, true);
	pthread_join(job->thread, NULL);
	job->work->free(job->arg);
	close(job->wake_fd);
	pthread_mutex_destroy(&job->lock);
	buf_reset(&job->out);
	lines_reset(&job->lines);
	free(job);
}

static int job_start(const struct work *work, void *arg, struct job **ret)
{
	struct job *job = calloc(1, sizeof(*job));
	int r;

	if (!job)
		return -ENOMEM;
	*job = (struct job){ .work = work, .arg = arg, .until_usec = LINES_NEVER };
	pthread_mutex_init(&job->lock, NULL);
	job->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = job->wake_fd < 0 ? -errno : thread_start(&job->thread, run_job, job);
	if (r < 0) {
		fd_close(&job->wake_fd);
		pthread_mutex_destroy(&job->lock);
		free(job);
		return r;
	}
	*ret = job;
	return 0;
}

/* Puts what is due into the buffer.  Return: is there something to send, or the end? */
static bool is_ready(struct job *job)
{
	uint64_t now = clock_mono_usec();
	struct report r;

	mutex_hold(&job->lock);
	while (lines_take(&job->lines, now, &r))
		put_report_locked(job, &r);
	job->until_usec = lines_next(&job->lines);
	return job->out.len > 0 || job->done;
}

/* How long to wait for the next line that is due.  Return: in msec, -1 for ever. */
static int wait_msec(const struct job *job)
{
	uint64_t now = clock_mono_usec();

	if (job->until_usec == LINES_NEVER)
		return -1;
	return now < job->until_usec ? (int)((job->until_usec - now) / USEC_PER_MSEC) + 1 : 0;
}

/* Waits until there is something to send, or the end.  Return: 0; -EPIPE when the client is gone.
 */
static int wait_for_output(struct job *job)
{
	while (!is_ready(job)) {
		struct pollfd p[2] = { { .fd = job->wake_fd, .events = POLLIN },
				       { .fd = job->client_fd } };
		eventfd_t n;

		if (poll(p, 2, wait_msec(job)) < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents & (POLLHUP | POLLERR | POLLNVAL))
			return -EPIPE;
		(void)eventfd_read(job->wake_fd, &n);
	}
	return 0;
}

static ssize_t job_read(void *arg, char *data, size_t max)
{
	struct job *job = arg;
	int r = wait_for_output(job);

	if (r < 0)
		return r;
	mutex_hold(&job->lock);
	if (job->done && job->result < 0) {
		put_failure(job);
		job->result = 0;
	}
	return (ssize_t)buf_move(&job->out, data, max);
}

int job_reply(const struct request *rq, struct reply *rp, const struct work *work, void *arg,
	      struct err *err)
{
	static const struct stream stream = { job_read, job_free };
	struct job *job;
	int r = job_start(work, arg, &job);

	if (r < 0) {
		work->free(arg);
		return err_errno(err, r, "job");
	}
	job->client_fd = rq->client_fd;
	r = wait_for_output(job);
	if (r == 0) {
		pthread_mutex_lock(&job->lock);
		if (job->out.len == 0)
			r = job->result;
		if (r < 0)
			err_set(err, r, "%s", job->err.msg);
		pthread_mutex_unlock(&job->lock);
	}
	if (r < 0) {
		job_free(job);
		return r;
	}
	return reply_stream(rp, TYPE_JSON, &stream, job);
}
