/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moat-shim gets one end of a socket; what the operation puts out comes
 * framed, as an exec's output does, its data as standard output and how it ended as standard error;
 * what it is given goes the other way raw.  moatd passes data on as they come, and keeps none.
 *
 * A container that ends takes its machine with it.  Its files are there still, so what only reads
 * them is begun again in the machine for those: everything is read in the same order, and what was
 * given on already is compared with what comes, and dropped.
 *
 * The guest decides what is in the frames, and when: sizes are bounded, and a guest that does
 * nothing for long is given up.
 */
#include "daemon/files/files.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/frames.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/str.h"
#include "control/client.h"
#include "daemon/container/hold.h"

#define OUTCOME_MAX 65536u
#define RETRY_USEC  (20 * USEC_PER_SEC)
#define RETRY_MSEC  100
#define CHUNK_BYTES 65536u
#define SUM_START   0xcbf29ce484222325

static int ask_shim(struct files *f, const struct link_files *rq, struct err *err)
{
	struct shim_call call = {
		.request = { .op = CONTROL_FILES, .files = *rq },
		.timeout_msec = SHIM_FILES_TIMEOUT_MSEC,
	};
	cleanup_close int ours = -1, theirs = -1;
	int pair[2], r = random_id(call.request.target);

	if (r < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, r < 0 ? r : -errno, "make a connection for moat-shim");
	ours = pair[0];
	theirs = pair[1];
	call.fd = theirs;
	r = shim_call(f->stopped ? container_files_shim(f->c) : container_shim(f->c), &call, NULL,
		      err);
	if (r == 0)
		f->fd = take_fd(&ours);
	return r;
}

/* May another try succeed?  The machine may have ended before the operation began, or its start may
 * not be known yet. */
static bool is_passing(int code)
{
	return code == -ESRCH || code == -ECONNREFUSED || code == -ECANCELED;
}

static void give_back(struct files *f)
{
	if (f->stopped)
		container_release(f->c);
	f->stopped = false;
}

/* Does the operation see mounts?  They are no part of a container's own files. */
static bool sees_mounts(const struct link_files *rq)
{
	return rq->op == LINK_FILES_STAT || rq->op == LINK_FILES_GET || rq->op == LINK_FILES_PUT;
}

/* Return: 0; as files_open(). */
static int begin_transfer(struct files *f, const struct link_files *rq, struct err *err)
{
	uint64_t deadline = clock_mono_usec() + RETRY_USEC;
	cleanup_hub_sub struct hub_sub *sub = NULL;
	int r = hub_subscribe(f->table->hub, &sub);

	if (r < 0)
		return err_errno(err, r, "files");
	for (;;) {
		bool stopped = false;

		r = container_hold(f->c, sees_mounts(rq), f->client_fd, &stopped, err);
		f->stopped = r == 0 && stopped;
		if (r == 0)
			r = ask_shim(f, rq, err);
		if (r == 0 && f->stopped && sees_mounts(rq))
			container_filled(f->c);
		if (r == 0)
			return 0;
		give_back(f);
		if (!is_passing(r) || clock_mono_usec() >= deadline)
			return r;
		hub_wait(sub, -1, RETRY_MSEC);
	}
}

int files_open(struct container *c, const struct link_files *rq, struct files *ret, struct err *err)
{
	ret->table = c->table;
	ret->c = container_ref(c);
	ret->sum = SUM_START;
	ret->what = (struct link_files){ .op = rq->op, .flags = rq->flags };
	if (rq->path && !(ret->what.path = strdup(rq->path)))
		return err_nomem(err);
	return begin_transfer(ret, rq, err);
}

void files_close(struct files *f)
{
	fd_close(&f->fd);
	give_back(f);
	buf_reset(&f->outcome);
	link_files_reset(&f->what);
	if (f->c)
		container_unref(f->c);
	f->c = NULL;
}

static int broke_off(struct files *f, struct err *err)
{
	f->broken = true;
	return err_set(err, -EIO, "the container's machine ended, or broke off");
}

/* Return: 0; -ETIMEDOUT; -EPIPE; -errno; with a message. */
static int await_bytes(const struct files *f, struct err *err)
{
	struct pollfd p[2] = { { .fd = f->fd, .events = POLLIN }, { .fd = f->client_fd } };
	int n;

	do
		n = poll(p, 2, FILES_STALL_MSEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, -errno, "files");
	if (n == 0)
		return err_set(err, -ETIMEDOUT, "the guest did nothing for %d s",
			       FILES_STALL_MSEC / 1000);
	return p[0].revents ? 0 : err_set(err, -EPIPE, "the client has gone");
}

/* Return: bytes; 0 at the end; as await_bytes(). */
static ssize_t receive_bytes(struct files *f, void *data, size_t max, struct err *err)
{
	ssize_t n;
	int r = await_bytes(f, err);

	if (r < 0)
		return r;
	do
		n = recv(f->fd, data, max, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_errno(err, -errno, "files") : n;
}

/* Reads the head of the next frame.  Return: 1; 0 at the end; -EIO in the middle of one; -errno. */
static int next_frame(struct files *f, struct err *err)
{
	unsigned char head[FRAMES_HEADER_BYTES];
	size_t have = 0;

	while (have < sizeof(head)) {
		ssize_t n = receive_bytes(f, head + have, sizeof(head) - have, err);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return have == 0 ? 0 : broke_off(f, err);
		have += (size_t)n;
	}
	return frames_get(head, &f->stream, &f->left) < 0 ? broke_off(f, err) : 1;
}

static int note_outcome(struct files *f, struct err *err)
{
	char chunk[4096];
	ssize_t n = receive_bytes(f, chunk, f->left < sizeof(chunk) ? f->left : sizeof(chunk), err);

	if (n <= 0)
		return n < 0 ? (int)n : broke_off(f, err);
	f->left -= (uint32_t)n;
	if (f->outcome.len + (size_t)n > OUTCOME_MAX)
		return broke_off(f, err);
	return buf_add(&f->outcome, chunk, (size_t)n) < 0 ? err_nomem(err) : 0;
}

/* The operation has ended: reads how. */
static int judge_outcome(struct files *f, struct err *err)
{
	struct wire_view v = { (const void *)f->outcome.data, f->outcome.len };

	return v.len == 0 ? broke_off(f, err) : link_outcome_get(v, err);
}

/* As files_read(), of the present machine alone. */
static ssize_t read_output(struct files *f, void *data, size_t max, struct err *err)
{
	ssize_t n;

	for (;;) {
		int r = 1;

		if (f->left == 0)
			r = next_frame(f, err);
		if (r <= 0)
			return r < 0 ? r : judge_outcome(f, err);
		if (f->left > 0 && f->stream == FRAMES_STDOUT)
			break;
		if (f->left > 0 && (r = note_outcome(f, err)) < 0)
			return r;
	}
	n = receive_bytes(f, data, f->left < max ? f->left : max, err);
	if (n == 0)
		return broke_off(f, err);
	f->left -= n > 0 ? (uint32_t)n : 0;
	return n;
}

/* Adds bytes to an FNV-1a sum.  A stronger one is not needed: a guest that made two contents
 * with the same sum would only cheat those who read its own files. */
static void note_passed(struct files *f, const unsigned char *data, size_t len)
{
	f->passed += len;
	for (size_t i = 0; i < len; i++)
		f->sum = (f->sum ^ data[i]) * 0x100000001b3;
}

static bool is_over(const struct container *c, const void *arg)
{
	(void)arg;
	return !container_is(c, STATES_SHIM);
}

/* Has the container ended for good?  One that its restart policy will start again would have to be
 * waited for. */
static bool is_at_rest(const struct container *c)
{
	mutex_hold(&c->table->lock);
	return container_is(c, STATE(EXITED)) && !c->kept;
}

static bool can_resume(const struct files *f)
{
	if (!f->broken || f->stopped || f->resumed || f->what.op == LINK_FILES_PUT)
		return false;
	return container_wait(f->c, is_over, NULL, RETRY_USEC / USEC_PER_MSEC, -1) == 0 &&
	       is_at_rest(f->c);
}

/* Reads, and compares, what was passed on before.  Return: 0; -EIO when it differs; -errno; with a
 * message. */
static int skip_passed(struct files *f, struct err *err)
{
	uint64_t passed = f->passed, sum = f->sum;
	cleanup_free char *chunk = malloc(CHUNK_BYTES);

	if (!chunk)
		return err_nomem(err);
	f->passed = 0;
	f->sum = SUM_START;
	while (f->passed < passed) {
		uint64_t left = passed - f->passed;
		ssize_t n = read_output(f, chunk, left < CHUNK_BYTES ? left : CHUNK_BYTES, err);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		note_passed(f, (unsigned char *)chunk, (size_t)n);
	}
	if (f->passed == passed && f->sum == sum)
		return 0;
	return err_set(err, -EIO,
		       "the container ended and had changed files that were read before");
}

/* Begins the operation again after the container's end, in a machine for its files. */
static int resume_transfer(struct files *f, struct err *err)
{
	int r;

	fd_close(&f->fd);
	buf_reset(&f->outcome);
	f->left = 0;
	f->broken = false;
	f->resumed = true;
	r = begin_transfer(f, &f->what, err);
	return r == 0 ? skip_passed(f, err) : r;
}

ssize_t files_read(struct files *f, void *data, size_t max, struct err *err)
{
	ssize_t n = read_output(f, data, max, err);

	if (n < 0 && can_resume(f)) {
		n = resume_transfer(f, err);
		if (n == 0)
			n = read_output(f, data, max, err);
	}
	if (n > 0)
		note_passed(f, data, (size_t)n);
	return n;
}

/* Return: 0; the operation's error where it ends before; -EIO. */
static int read_exact(struct files *f, void *data, size_t len, struct err *err)
{
	for (size_t have = 0; have < len;) {
		ssize_t n = files_read(f, (char *)data + have, len - have, err);

		if (n <= 0)
			return n < 0 ? (int)n : broke_off(f, err);
		have += (size_t)n;
	}
	return 0;
}

int files_read_stat(struct files *f, struct link_stat *ret, struct err *err)
{
	cleanup_free unsigned char *payload = NULL;
	unsigned char head[sizeof(uint32_t)];
	uint32_t len;
	int r = read_exact(f, head, sizeof(head), err);

	if (r < 0)
		return r;
	(void)wire_get_u32(&(struct wire_view){ head, sizeof(head) }, &len);
	if (len > LINK_STAT_MAX)
		return broke_off(f, err);
	payload = malloc(len + 1);
	if (!payload)
		return err_errno(err, -ENOMEM, "files");
	r = read_exact(f, payload, len, err);
	if (r < 0)
		return r;
	return link_stat_get((struct wire_view){ payload, len }, ret) < 0 ? broke_off(f, err) : 0;
}
