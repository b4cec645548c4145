/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The client's thread reads the log's files and sends; at their end, with
 * "follow", it sleeps until inotify says that the newest file grew or another was made, the
 * container's state changed, or the client went away.  When the container has ended, what the files
 * hold then is the rest.
 *
 * moat's own client asks below /moat/ and is told its place from time to time, in a frame of a kind
 * of its own.  With that it goes on elsewhere: when this moatd was killed, in its successor.
 */
#include "base/frames.h"
#include "daemon/log/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "daemon/api/api.h"
#include "daemon/container/table.h"

/* One client of GET /containers/{id}/logs. */
struct follower {
	struct api *api;
	struct container *c;
	struct hub_sub *sub; /* NULL: not following */
	struct log_files log;
	int inotify_fd;
	int file_watch; /* on the file with number @watched; -1: none */
	uint64_t watched;
	int client_fd;
	uint64_t tail;	  /* UINT64_MAX: all */
	bool tells_place; /* for moat's own client */
	bool told;
	bool goes_on;
	struct log_place from; /* where an earlier answer ended */
};

static void follower_free(void *arg)
{
	struct follower *f = arg;

	hub_unsubscribe(f->sub);
	container_unref(f->c);
	log_files_reset(&f->log);
	fd_close(&f->inotify_fd);
	free(f);
}

static int watch_inode(struct follower *f, int fd, uint32_t events)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = inotify_add_watch(f->inotify_fd, path, events);
	return r < 0 ? -errno : r;
}

/* Opens the container's folder, which the first start makes. */
static int open_folder(struct follower *f)
{
	int r;

	f->log.dir_fd = openat(f->api->containers->dir_fd, f->c->rec.id,
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (f->log.dir_fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = f->sub ? watch_inode(f, f->log.dir_fd, IN_CREATE) : 0;
	return r < 0 ? r : 0;
}

/* Opens the newest log.  Return: 0, also when there is no log yet; -errno. */
static int open_log(struct follower *f)
{
	int r = f->log.dir_fd < 0 ? open_folder(f) : 0;

	if (r < 0 || f->log.dir_fd < 0)
		return r;
	f->log.present = !f->sub;
	r = f->goes_on ? log_files_open_at(&f->log, &f->from) : log_files_open(&f->log, f->tail);
	return r == -ENOENT ? 0 : r;
}

/* Watches the newest file.  Return: 0 when it was watched before; 1 when it has to be read again;
 * -errno. */
static int watch_file(struct follower *f)
{
	int r;

	if (f->log.reader.fd < 0 || f->watched == f->log.number)
		return 0;
	if (f->file_watch >= 0)
		(void)inotify_rm_watch(f->inotify_fd, f->file_watch);
	r = watch_inode(f, f->log.reader.fd, IN_MODIFY);
	if (r < 0)
		return r;
	f->file_watch = r;
	f->watched = f->log.number;
	return 1;
}

/* How long lines may be wanted.  Return: milliseconds, -1 for ever. */
static int until_msec(const struct follower *f)
{
	int64_t until = f->log.reader.options.until_nsec;
	int64_t left = (until - clock_now_nsec()) / (int64_t)(NSEC_PER_USEC * USEC_PER_MSEC);

	if (until == INT64_MAX || left >= INT_MAX)
		return -1;
	return left < 0 ? 0 : (int)left + 1;
}

/* Waits for output.  Return: 1 to look again; 0 when nothing that is wanted can come; -EPIPE when
 * the client is gone. */
static int await_output(struct follower *f)
{
	struct pollfd p[] = { { .fd = f->client_fd },
			      { .fd = hub_fd(f->sub), .events = POLLIN },
			      { .fd = f->inotify_fd, .events = POLLIN } };
	int timeout = until_msec(f), r = watch_file(f);
	char events[4096];

	if (r != 0)
		return r;
	if (timeout == 0)
		return 0;
	if (poll(p, ARRAY_SIZE(p), timeout) < 0)
		return errno == EINTR ? 1 : -errno;
	if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return -EPIPE;
	if (p[1].revents)
		hub_clear(f->sub);
	if (p[2].revents && read(f->inotify_fd, events, sizeof(events)) < 0 && errno != EAGAIN)
		return -errno;
	return 1;
}

static bool log_goes_on(const struct follower *f)
{
	return container_is_now(f->c, STATES_BEGINNING | STATES_RUNNING);
}

static int tell_place(struct follower *f)
{
	struct log_place place;
	char text[LOG_PLACE_MAX];

	f->told = true;
	log_files_place(&f->log, &place);
	if (place.number == 0)
		place = f->from; /* nothing is there yet */
	log_place_format(&place, text);
	return log_frame(&f->log.reader.out, FRAMES_PLACE, text, strlen(text));
}

/* Return: 1 when there may be something to send; 0 at the end; -errno. */
static int advance_follower(struct follower *f)
{
	/* Asked before the file is read, so that output written until then is seen below. */
	bool running = f->sub && log_goes_on(f);
	ssize_t n = 0;
	int r = 0;

	if (f->log.reader.fd < 0)
		r = open_log(f);
	if (r == 0 && f->log.reader.fd >= 0)
		n = log_files_fill(&f->log);
	if (r < 0 || n < 0)
		return r < 0 ? r : (int)n;
	if (f->tells_place && (n > 0 || !f->told)) {
		r = tell_place(f);
		return r < 0 ? r : 1;
	}
	if (n > 0)
		return 1;
	return running && !f->log.reader.past ? await_output(f) : 0;
}

static ssize_t follower_read(void *arg, char *data, size_t max)
{
	struct follower *f = arg;
	struct buf *out = &f->log.reader.out;

	while (out->len == 0) {
		int r = advance_follower(f);

		if (r <= 0)
			return r;
	}
	return (ssize_t)buf_move(out, data, max);
}

static int read_log_time(const struct request *rq, const char *key, int64_t otherwise, int64_t *ret,
			 struct err *err)
{
	const char *text = request_arg(rq, key);

	*ret = otherwise;
	if (!text || !*text || streq(text, "0"))
		return 0;
	return clock_parse(text, ret) < 0
		       ? err_set(err, -EINVAL, "invalid value for \"%s\": %s", key, text)
		       : 0;
}

static int read_log_options(const struct request *rq, struct follower *f, struct err *err)
{
	struct log_options *o = &f->log.reader.options;
	const char *tail = request_arg(rq, "tail"), *from = request_arg(rq, "from");
	int r;

	o->out = request_flag(rq, "stdout", false);
	o->err = request_flag(rq, "stderr", false);
	o->timestamps = request_flag(rq, "timestamps", false);
	o->framed = f->tells_place || !f->c->tty;
	if (!o->out && !o->err)
		return err_set(err, -EINVAL, "Bad parameters: you must choose at least one stream");
	r = read_log_time(rq, "since", INT64_MIN, &o->since_nsec, err);
	if (r == 0)
		r = read_log_time(rq, "until", INT64_MAX, &o->until_nsec, err);
	/* What is no number counts as "all", as in docker. */
	f->tail = UINT64_MAX;
	if (tail)
		(void)str_to_u64(tail, &f->tail);
	f->goes_on = f->tells_place && from;
	if (r == 0 && f->goes_on && log_place_parse(from, &f->from) < 0)
		return err_set(err, -EINVAL, "invalid value for \"from\": %s", from);
	return r;
}

static int prepare_follower(const struct request *rq, struct follower *f, struct err *err)
{
	int r = containers_find(f->api->containers, rq->target, &f->c, err);

	if (r == 0 && !f->c->keeps_log)
		r = err_set(err, -EOPNOTSUPP, "configured logging driver does not support reading");
	if (r == 0)
		r = read_log_options(rq, f, err);
	if (r == 0 && request_flag(rq, "follow", false)) {
		r = hub_subscribe(f->api->hub, &f->sub);
		f->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (r == 0 && f->inotify_fd < 0)
			r = -errno;
		if (r < 0)
			err_errno(err, r, "follow the log");
	}
	return r;
}

static int reply_log(struct request *rq, struct reply *rp, bool tells_place, struct err *err)
{
	static const struct stream stream = { follower_read, follower_free };
	struct follower *f = calloc(1, sizeof(*f));
	bool raw;
	int r;

	if (!f)
		return err_nomem(err);
	f->api = rq->api;
	log_files_init(&f->log, -1);
	f->inotify_fd = -1;
	f->file_watch = -1;
	f->client_fd = rq->client_fd;
	f->tells_place = tells_place;
	r = prepare_follower(rq, f, err);
	if (r < 0) {
		follower_free(f);
		return r;
	}
	raw = rq->api_minor < 42 || !f->log.reader.options.framed;
	return reply_stream(rp, raw ? TYPE_RAW_STREAM : TYPE_MULTIPLEXED_STREAM, &stream, f);
}

int api_container_logs(struct request *rq, struct reply *rp, struct err *err)
{
	return reply_log(rq, rp, false, err);
}

int api_moat_container_logs(struct request *rq, struct reply *rp, struct err *err)
{
	return reply_log(rq, rp, true, err);
}
