/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The worker appends messages to a buffer under a mutex and rings an eventfd;
 * the connection's thread takes the buffer.  Reports of progress on a layer come faster than
 * anybody can read them: between the first and the last of a status, most are left out.
 */
#include "daemon/http/job.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/thread.h"

#define REPORT_USEC	  (100 * USEC_PER_MSEC)
#define BACKLOG_MAX_BYTES (1u << 20) /* a client this far behind misses progress, not results */

struct job {
	int (*fn)(struct job *job, void *arg, struct err *err);
	void (*free_fn)(void *arg);
	void *arg;
	pthread_t thread;
	atomic_bool cancelled;
	int client_fd;
	int wake_fd;
	/* Used by the worker alone. */
	uint64_t last_usec;
	char last[160]; /* id and status of the last report */
	/* Guarded by the lock. */
	pthread_mutex_t lock;
	struct buf out;
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
	pthread_mutex_lock(&job->lock);
	put_locked(job, line);
	pthread_mutex_unlock(&job->lock);
}

static json_t *status_message(const char *id, const char *status)
{
	json_t *message = json_pack("{s:s}", "status", status);

	if (message && id)
		json_object_set_new(message, "id", json_string(id));
	return message;
}

static bool is_backed_up(struct job *job)
{
	bool full;

	pthread_mutex_lock(&job->lock);
	full = job->out.len > BACKLOG_MAX_BYTES;
	pthread_mutex_unlock(&job->lock);
	return full;
}

static bool is_worth_it(struct job *job, const char *id, const char *status, bool complete)
{
	uint64_t now = clock_mono_usec();
	char what[sizeof(job->last)];

	snprintf(what, sizeof(what), "%s %s", id ? id : "", status);
	if (streq(what, job->last) && !complete && now - job->last_usec < REPORT_USEC)
		return false;
	job->last_usec = now;
	memcpy(job->last, what, sizeof(what));
	return !is_backed_up(job);
}

static void report_progress(void *arg, const char *id, const char *status, uint64_t current_bytes,
			    uint64_t total_bytes)
{
	struct job *job = arg;
	json_t *message, *detail;

	if (!is_worth_it(job, id, status, total_bytes > 0 && current_bytes == total_bytes))
		return;
	message = status_message(id, status);
	detail = json_object();
	if (total_bytes > 0) {
		json_object_set_new(detail, "current", json_integer((json_int_t)current_bytes));
		json_object_set_new(detail, "total", json_integer((json_int_t)total_bytes));
	}
	json_object_set_new(message, "progressDetail", detail);
	job_say(job, message);
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
	int r = job->fn(job, job->arg, &err);

	pthread_mutex_lock(&job->lock);
	job->result = r;
	job->err = err;
	job->done = true;
	(void)eventfd_write(job->wake_fd, 1);
	pthread_mutex_unlock(&job->lock);
	return NULL;
}

static void job_free(void *arg)
{
	struct job *job = arg;

	atomic_store(&job->cancelled, true);
	pthread_join(job->thread, NULL);
	job->free_fn(job->arg);
	close(job->wake_fd);
	pthread_mutex_destroy(&job->lock);
	buf_reset(&job->out);
	free(job);
}

int job_start(int (*fn)(struct job *job, void *arg, struct err *err), void (*free_fn)(void *arg),
	      void *arg, struct job **ret, struct err *err)
{
	struct job *job = calloc(1, sizeof(*job));
	int r = job ? 0 : -ENOMEM;

	if (r == 0) {
		job->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		r = job->wake_fd < 0 ? -errno : 0;
	}
	if (r < 0) {
		free(job);
		free_fn(arg);
		return err_errno(err, r, "job");
	}
	job->fn = fn;
	job->free_fn = free_fn;
	job->arg = arg;
	pthread_mutex_init(&job->lock, NULL);
	r = thread_start(&job->thread, run_job, job);
	if (r < 0) {
		close(job->wake_fd);
		pthread_mutex_destroy(&job->lock);
		free(job);
		free_fn(arg);
		return err_errno(err, r, "job");
	}
	*ret = job;
	return 0;
}

/* Waits until there is something to send, or the end.  Return: 0; -EPIPE when the client is gone.
 */
static int wait_for_output(struct job *job)
{
	for (;;) {
		struct pollfd p[2] = { { .fd = job->wake_fd, .events = POLLIN },
				       { .fd = job->client_fd } };
		eventfd_t n;
		bool ready;

		pthread_mutex_lock(&job->lock);
		ready = job->out.len > 0 || job->done;
		pthread_mutex_unlock(&job->lock);
		if (ready)
			return 0;
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents & (POLLHUP | POLLERR | POLLNVAL))
			return -EPIPE;
		(void)eventfd_read(job->wake_fd, &n);
	}
}

static ssize_t job_read(void *arg, char *data, size_t max)
{
	struct job *job = arg;
	int r = wait_for_output(job);
	size_t n;

	if (r < 0)
		return r;
	pthread_mutex_lock(&job->lock);
	if (job->done && job->result < 0) {
		put_failure(job);
		job->result = 0;
	}
	n = job->out.len < max ? job->out.len : max;
	if (n > 0)
		memcpy(data, job->out.data, n);
	buf_consume(&job->out, n);
	pthread_mutex_unlock(&job->lock);
	return (ssize_t)n;
}

int job_reply(struct job *job, const struct request *rq, struct reply *rp, struct err *err)
{
	static const struct stream stream = { job_read, job_free };
	int r;

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
