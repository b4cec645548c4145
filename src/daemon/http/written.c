/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A thread writes into a pipe, whose other end is the body of the reply:
 * nothing is kept in memory, and a client that goes away breaks the pipe, which ends the thread.
 */
#include "daemon/http/written.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/thread.h"

struct written {
	const struct writer *writer;
	void *arg;
	pthread_t thread;
	int in, out; /* of the pipe; the thread closes @in */
	int result;
};

static void *run_writer(void *arg)
{
	struct written *w = arg;
	struct err err = { 0 };

	w->result = w->writer->write(w->arg, w->in, &err);
	if (w->result < 0 && w->result != -EPIPE)
		log_warning("a reply was cut off: %s", err.msg);
	close(w->in);
	return NULL;
}

static ssize_t written_read(void *arg, char *data, size_t max)
{
	struct written *w = arg;
	ssize_t n;

	do
		n = read(w->out, data, max);
	while (n < 0 && errno == EINTR);
	if (n != 0)
		return n < 0 ? -errno : n;
	return __atomic_load_n(&w->result, __ATOMIC_ACQUIRE) < 0 ? -EIO : 0;
}

static void written_free(void *arg)
{
	struct written *w = arg;

	close(w->out);
	pthread_join(w->thread, NULL);
	w->writer->free(w->arg);
	free(w);
}

static int begin_writing(struct written *w)
{
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	w->out = fds[0];
	w->in = fds[1];
	r = thread_start(&w->thread, run_writer, w);
	if (r < 0) {
		close(fds[0]);
		close(fds[1]);
	}
	return r;
}

int reply_written(struct reply *rp, const char *content_type, const struct writer *writer,
		  void *arg, struct err *err)
{
	static const struct stream stream = { written_read, written_free };
	struct written *w = calloc(1, sizeof(*w));
	int r = -ENOMEM;

	if (w) {
		*w = (struct written){ .writer = writer, .arg = arg };
		r = begin_writing(w);
	}
	if (r < 0) {
		writer->free(arg);
		free(w);
		return err_errno(err, r, "reply");
	}
	return reply_stream(rp, content_type, &stream, w);
}
