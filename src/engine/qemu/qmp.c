/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A line is a JSON object.  QEMU sends a greeting, then an answer to each
 * command, with the command's id, and events in between, which are dropped.  The greeting is
 * read with the first command, so that starting a machine does not wait for it.  An answer
 * that came too late for its command is told by its id and dropped as well.
 *
 * QEMU may have been taken over by its guest: lines are bounded, every command has a
 * deadline, and nothing is done with an answer but to report it.
 */
#include "engine/qemu/qmp.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define LINE_MAX_BYTES KIB(64)

void qmp_init(struct qmp *q, int fd)
{
	*q = (struct qmp){ .fd = fd };
}

void qmp_reset(struct qmp *q)
{
	if (q->fd >= 0)
		close(q->fd);
	buf_reset(&q->in);
	*q = (struct qmp){ .fd = -1 };
}

static int wait_readable(int fd, uint64_t deadline_usec, struct err *err)
{
	uint64_t now = clock_mono_usec();
	uint64_t left_msec = now < deadline_usec ? (deadline_usec - now) / USEC_PER_MSEC + 1 : 0;
	int r = fd_wait(fd, POLLIN, left_msec < INT32_MAX ? (int)left_msec : INT32_MAX);

	if (r == 0)
		return err_set(err, -ETIMEDOUT, "QEMU does not answer");
	return r < 0 ? err_errno(err, r, "QMP") : 0;
}

/* Reads until a whole line stands at the front of the buffer.  Return: its length with the newline.
 */
static ssize_t fill_line(struct qmp *q, uint64_t deadline_usec, struct err *err)
{
	for (;;) {
		const char *end = q->in.len ? memchr(q->in.data, '\n', q->in.len) : NULL;
		ssize_t n;

		if (end)
			return end - q->in.data + 1;
		if (q->in.len > LINE_MAX_BYTES)
			return err_set(err, -EBADMSG, "QMP: a line without an end");
		n = wait_readable(q->fd, deadline_usec, err);
		if (n < 0)
			return n;
		n = buf_read_fd(&q->in, q->fd, KIB(4));
		if (n == 0 || n == -ECONNRESET)
			return err_set(err, -ECONNRESET, "QEMU has closed its control socket");
		if (n < 0)
			return err_errno(err, (int)n, "QMP");
	}
}

static int read_message(struct qmp *q, uint64_t deadline_usec, json_t **ret, struct err *err)
{
	ssize_t len = fill_line(q, deadline_usec, err);
	int r;

	if (len < 0)
		return (int)len;
	r = json_read(q->in.data, (size_t)len, "QMP message", ret, err);
	buf_consume(&q->in, (size_t)len);
	return r;
}

static int send_command(struct qmp *q, const char *command, struct err *err)
{
	cleanup(buf_reset) struct buf line = BUF_INIT;
	int r = buf_addf(&line, "{\"execute\":\"%s\",\"id\":%lld}\n", command, (long long)++q->id);
	ssize_t n;

	if (r < 0)
		return err_errno(err, r, "QMP");
	n = send(q->fd, line.data, line.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
		return err_set(err, -ECONNRESET, "QEMU has closed its control socket");
	if (n < 0 && errno != EAGAIN)
		return err_errno(err, -errno, "QMP");
	return n == (ssize_t)line.len ? 0 : err_set(err, -ETIMEDOUT, "QEMU takes no commands");
}

/* Return: 1 when @msg answers the last command, 0 when it is something else; -errno. */
static int match_answer(struct qmp *q, json_t *msg, struct err *err)
{
	json_t *error = NULL;
	const char *text = NULL;
	int64_t id = 0;
	int r = json_get_i64(msg, "id", &id, err);

	if (r < 0 || id != q->id)
		return r;
	r = json_get_object(msg, "error", &error, err);
	if (r < 0)
		return r;
	if (!error)
		return 1;
	r = json_get_str(error, "desc", &text, err);
	return r < 0 ? r : err_set(err, -EIO, "%s", text ? text : "refused");
}

static int converse(struct qmp *q, const char *command, uint64_t deadline_usec, json_t **ret,
		    struct err *err)
{
	int r = send_command(q, command, err);

	while (r == 0) {
		cleanup_json json_t *msg = NULL;

		r = read_message(q, deadline_usec, &msg, err);
		if (r == 0)
			r = match_answer(q, msg, err);
		if (r > 0 && ret)
			*ret = json_incref(json_object_get(msg, "return"));
	}
	return r < 0 ? r : 0;
}

int qmp_execute(struct qmp *q, const char *command, uint64_t deadline_usec, json_t **ret,
		struct err *err)
{
	int r = 0;

	/* Negotiated at most once: QEMU refuses a second time, even when the first answer was late.
	 */
	if (!q->ready) {
		q->ready = true;
		r = converse(q, "qmp_capabilities", deadline_usec, NULL, err);
	}
	if (r == 0)
		r = converse(q, command, deadline_usec, ret, err);
	if (r < 0)
		err_wrap(err, "QMP %s", command);
	return r;
}
