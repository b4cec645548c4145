/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The client's thread reads the log file and sends; at its end, with
 * "follow", it sleeps until inotify says the file grew, the container's state changed, or the
 * client went away.  When the container has ended, what the file holds then is the rest.
 */
#include "daemon/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>

#include "base/clock.h"
#include "base/str.h"
#include "daemon/api/api.h"

/* One client of GET /containers/{id}/logs. */
struct follower {
	struct daemon *d;
	struct container *c;
	struct hub_sub *sub;	  /* NULL: not following */
	struct log_reader reader; /* reader.fd is -1 while there is no log yet */
	int inotify_fd;
	int client_fd;
	uint64_t tail; /* UINT64_MAX: all */
};

static void follower_free(void *arg)
{
	struct follower *f = arg;

	hub_unsubscribe(f->sub);
	container_unref(&f->d->containers, f->c);
	log_reader_reset(&f->reader);
	if (f->inotify_fd >= 0)
		close(f->inotify_fd);
	free(f);
}

/* Return: 0, also when there is no log yet; -errno. */
static int open_log(struct follower *f)
{
	cleanup_free char *name = str_printf("%s/container.log", f->c->rec.id);
	cleanup_free char *path = NULL;
	uint64_t offset = 0;
	int fd, r = 0;

	if (!name)
		return -ENOMEM;
	fd = openat(f->d->containers_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	f->reader.fd = fd;
	path = str_printf("/proc/self/fd/%d", fd);
	if (!path)
		return -ENOMEM;
	if (f->inotify_fd >= 0 && inotify_add_watch(f->inotify_fd, path, IN_MODIFY) < 0)
		return -errno;
	if (f->tail != UINT64_MAX)
		r = log_tail(fd, f->tail, &offset);
	return r == 0 && lseek(fd, (off_t)offset, SEEK_SET) < 0 ? -errno : r;
}

/* Return: 1 to look again; -EPIPE when the client is gone. */
static int wait_for_more(struct follower *f)
{
	struct pollfd p[] = { { .fd = f->client_fd },
			      { .fd = hub_fd(f->sub), .events = POLLIN },
			      { .fd = f->inotify_fd, .events = POLLIN } };
	char events[4096];

	if (poll(p, ARRAY_SIZE(p), -1) < 0)
		return errno == EINTR ? 1 : -errno;
	if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return -EPIPE;
	if (p[1].revents)
		hub_clear(f->sub);
	if (p[2].revents && read(f->inotify_fd, events, sizeof(events)) < 0 && errno != EAGAIN)
		return -errno;
	return 1;
}

static bool goes_on(struct follower *f)
{
	const struct container *c = f->c;
	bool on;

	pthread_mutex_lock(&f->d->containers.lock);
	on = !c->removed && (c->rec.state == CONTAINER_RUNNING || c->starting);
	pthread_mutex_unlock(&f->d->containers.lock);
	return on;
}

/* Return: 1 when there may be something to send; 0 at the end; -errno. */
static int advance(struct follower *f)
{
	/* Asked before the file is read: what was written until then is seen below. */
	bool running = f->sub && goes_on(f);
	ssize_t n = 0;
	int r = 0;

	if (f->reader.fd < 0)
		r = open_log(f);
	if (r == 0 && f->reader.fd >= 0)
		n = log_reader_fill(&f->reader);
	if (r < 0 || n < 0)
		return r < 0 ? r : (int)n;
	if (n > 0)
		return 1;
	return running ? wait_for_more(f) : 0;
}

static ssize_t follower_read(void *arg, char *data, size_t max)
{
	struct follower *f = arg;
	struct buf *out = &f->reader.out;

	while (out->len == 0) {
		int r = advance(f);

		if (r <= 0)
			return r;
	}
	if (max > out->len)
		max = out->len;
	memcpy(data, out->data, max);
	buf_consume(out, max);
	return (ssize_t)max;
}

static int read_time(const struct request *rq, const char *key, int64_t otherwise, int64_t *ret,
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

static int read_options(const struct request *rq, struct follower *f, struct err *err)
{
	struct log_options *o = &f->reader.options;
	const char *tail = request_arg(rq, "tail");
	int r;

	o->out = request_flag(rq, "stdout", false);
	o->err = request_flag(rq, "stderr", false);
	o->timestamps = request_flag(rq, "timestamps", false);
	o->framed = !f->c->tty;
	if (!o->out && !o->err)
		return err_set(err, -EINVAL, "Bad parameters: you must choose at least one stream");
	r = read_time(rq, "since", INT64_MIN, &o->since_nsec, err);
	if (r == 0)
		r = read_time(rq, "until", INT64_MAX, &o->until_nsec, err);
	/* As docker: what is no number is all. */
	f->tail = UINT64_MAX;
	if (tail)
		(void)str_to_u64(tail, &f->tail);
	return r;
}

static int prepare(const struct request *rq, struct follower *f, struct err *err)
{
	int r = containers_find(&f->d->containers, rq->target, &f->c, err);

	if (r == 0)
		r = read_options(rq, f, err);
	if (r == 0 && request_flag(rq, "follow", false)) {
		r = hub_subscribe(f->d->hub, &f->sub);
		f->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (r == 0 && f->inotify_fd < 0)
			r = -errno;
	}
	return r;
}

int api_container_logs(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct stream stream = { follower_read, follower_free };
	struct follower *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->d = rq->daemon;
	f->reader.fd = -1;
	f->inotify_fd = -1;
	f->client_fd = rq->client_fd;
	r = prepare(rq, f, err);
	if (r < 0) {
		follower_free(f);
		return r;
	}
	return reply_stream(
		rp, rq->api_minor < 42 || f->c->tty ? TYPE_RAW_STREAM : TYPE_MULTIPLEXED_STREAM,
		&stream, f);
}
