/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A line is a JSON object.  QEMU sends a greeting, then an answer to each
 * command, with the command's id, and events at any time, which are handed to whoever wants them.
 * The greeting is read with the first command, so that starting a machine does not wait for it.
 * An answer that came too late for its command is told by its id and dropped.
 *
 * QEMU may have been taken over by its guest: lines are bounded, every command has a
 * deadline, and nothing is done with an answer but to report it.  On a busy host a QEMU that waits
 * for a processor is no QEMU that hangs (base/patience.h).
 */
#include "engine/qemu/qmp.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/unix.h"

#define LINE_MAX_BYTES KIB(64)

void qmp_init(struct qmp *q, int fd, qmp_event_fn on_event, void *arg)
{
	*q = (struct qmp){ .fd = fd, .on_event = on_event, .arg = arg };
}

void qmp_reset(struct qmp *q)
{
	if (q->fd >= 0)
		close(q->fd);
	buf_reset(&q->in);
	*q = (struct qmp){ .fd = -1 };
}

struct patience qmp_patience(const struct qmp *q, uint64_t deadline_usec)
{
	uint64_t now = clock_mono_usec();
	struct patience p;

	patience_begin(&p, q->pid, now < deadline_usec ? deadline_usec - now : 0);
	return p;
}

static int wait_readable(int fd, struct patience *p, struct err *err)
{
	uint64_t left_usec;
	int r;

	do {
		uint64_t left_msec;

		left_usec = patience_left(p);
		left_msec = left_usec > 0 ? left_usec / USEC_PER_MSEC + 1 : 0;
		r = fd_wait(fd, POLLIN, left_msec < INT32_MAX ? (int)left_msec : INT32_MAX);
	} while (r == 0 && left_usec > 0);
	if (r == 0 && p->is_cut)
		return err_set(
			err, -EAGAIN,
			"QEMU does not answer: it waits for a processor, the host is too busy");
	if (r == 0)
		return err_set(err, -ETIMEDOUT, "QEMU does not answer");
	return r < 0 ? err_errno(err, r, "QMP") : 0;
}

/* The line at the front of the buffer.  Return: its length with the newline; 0: it is not whole. */
static ssize_t find_line(const struct qmp *q, struct err *err)
{
	const char *end = q->in.len ? memchr(q->in.data, '\n', q->in.len) : NULL;

	if (end)
		return end - q->in.data + 1;
	return q->in.len > LINE_MAX_BYTES ? err_set(err, -EBADMSG, "QMP: a line without an end")
					  : 0;
}

static int read_some(struct qmp *q, struct err *err)
{
	ssize_t n = buf_read_fd(&q->in, q->fd, KIB(4));

	if (n == 0 || n == -ECONNRESET)
		return err_set(err, -ECONNRESET, "QEMU has closed its control socket");
	return n < 0 ? err_errno(err, (int)n, "QMP") : 0;
}

/* Reads until a whole line stands at the front of the buffer.  Return: its length with the
 * newline. */
static ssize_t fill_line(struct qmp *q, struct patience *p, struct err *err)
{
	for (;;) {
		ssize_t n = find_line(q, err);

		if (n != 0)
			return n;
		n = wait_readable(q->fd, p, err);
		if (n == 0)
			n = read_some(q, err);
		if (n < 0)
			return n;
	}
}

static int read_message(struct qmp *q, struct patience *p, json_t **ret, struct err *err)
{
	ssize_t len = fill_line(q, p, err);
	int r;

	if (len < 0)
		return (int)len;
	r = json_read(q->in.data, (size_t)len, "QMP message", ret, err);
	buf_consume(&q->in, (size_t)len);
	if (r == 0 && q->on_event && json_object_get(*ret, "event"))
		q->on_event(*ret, q->arg);
	return r;
}

int qmp_read_events(struct qmp *q, struct err *err)
{
	struct patience none = qmp_patience(q, 0);
	int r = fd_wait(q->fd, POLLIN, 0);

	r = r > 0 ? read_some(q, err) : r;
	while (r == 0) {
		cleanup_json json_t *msg = NULL;
		ssize_t len = find_line(q, err);

		if (len <= 0)
			return (int)len;
		r = read_message(q, &none, &msg, err);
	}
	return r;
}

static int add_command(struct qmp *q, struct buf *b, const struct qmp_command *command)
{
	int r = buf_addf(b, "{\"execute\":\"%s\"", command->name);

	if (r == 0 && command->arguments)
		r = buf_addf(b, ",\"arguments\":%s", command->arguments);
	return r == 0 ? buf_addf(b, ",\"id\":%lld}\n", (long long)++q->id) : r;
}

static int send_text(struct qmp *q, const struct buf *text, struct err *err)
{
	ssize_t n = send(q->fd, text->data, text->len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
		return err_set(err, -ECONNRESET, "QEMU has closed its control socket");
	if (n < 0 && errno != EAGAIN)
		return err_errno(err, -errno, "QMP");
	return n == (ssize_t)text->len ? 0 : err_set(err, -ETIMEDOUT, "QEMU takes no commands");
}

static const struct qmp_command negotiation = { .name = "qmp_capabilities" };

int qmp_send_ahead(struct qmp *q, const struct qmp_command *commands, size_t n, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = q->ready ? 0 : add_command(q, &text, &negotiation);

	q->ready = true;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_command(q, &text, &commands[i]);
	return r < 0 ? err_errno(err, r, "QMP") : send_text(q, &text, err);
}

static int check_error(const json_t *msg, struct err *err)
{
	json_t *error = NULL;
	const char *text = NULL;
	int r = json_get_object(msg, "error", &error, err);

	if (r == 0 && error)
		r = json_get_str(error, "desc", &text, err);
	if (r < 0)
		return r;
	return error ? err_set(err, -EIO, "%s", text ? text : "refused") : 0;
}

/* Does @msg answer the command with id @want?  Return: 1; 0 when it is something else; -errno. */
static int match_answer(json_t *msg, int64_t want, struct err *err)
{
	int64_t id = 0;
	int r = json_get_i64(msg, "id", &id, err);

	if (r < 0 || id != want)
		return r;
	r = check_error(msg, err);
	return r < 0 ? r : 1;
}

static int send_command(struct qmp *q, const struct qmp_command *command, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = add_command(q, &text, command);

	if (r == 0 && command->fd)
		r = unix_send(q->fd, text.data, text.len, *command->fd);
	return r < 0 ? err_errno(err, r, "QMP") : command->fd ? 0 : send_text(q, &text, err);
}

static int await_answer(struct qmp *q, int64_t id, struct patience *p, json_t **ret,
			struct err *err)
{
	int r = 0;

	while (r == 0) {
		cleanup_json json_t *msg = NULL;

		r = read_message(q, p, &msg, err);
		if (r == 0)
			r = match_answer(msg, id, err);
		if (r > 0 && ret)
			*ret = json_incref(json_object_get(msg, "return"));
	}
	return r < 0 ? r : 0;
}

static int run_command(struct qmp *q, const struct qmp_command *command, struct patience *p,
		       json_t **ret, struct err *err)
{
	int r = send_command(q, command, err);

	return r == 0 ? await_answer(q, q->id, p, ret, err) : r;
}

int qmp_await_event(struct qmp *q, const char *name, uint64_t deadline_usec, struct err *err)
{
	struct patience p = qmp_patience(q, deadline_usec);

	for (;;) {
		cleanup_json json_t *msg = NULL;
		const char *event = NULL;
		int r = read_message(q, &p, &msg, err);

		if (r == 0)
			r = check_error(msg, err);
		if (r == 0)
			r = json_get_str(msg, "event", &event, err);
		if (r < 0 || (event && streq(event, name)))
			return r;
	}
}

/* Negotiates capabilities once: QEMU refuses a second time, even when the first answer was late. */
static int negotiate_once(struct qmp *q, struct patience *p, struct err *err)
{
	if (q->ready)
		return 0;
	q->ready = true;
	return run_command(q, &negotiation, p, NULL, err);
}

int qmp_call_all(struct qmp *q, const struct qmp_command *commands, size_t n,
		 uint64_t deadline_usec, struct err *err)
{
	struct patience p = qmp_patience(q, deadline_usec);
	int r = negotiate_once(q, &p, err);
	int64_t first = q->id + 1;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = send_command(q, &commands[i], err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = await_answer(q, first + (int64_t)i, &p, NULL, err);
		if (r < 0)
			err_wrap(err, "QMP %s", commands[i].name);
	}
	return r;
}

int qmp_call(struct qmp *q, const struct qmp_command *command, uint64_t deadline_usec, json_t **ret,
	     struct err *err)
{
	struct patience p = qmp_patience(q, deadline_usec);
	int r = negotiate_once(q, &p, err);

	if (r == 0)
		r = run_command(q, command, &p, ret, err);
	if (r < 0)
		err_wrap(err, "QMP %s", command->name);
	return r;
}

int qmp_execute(struct qmp *q, const char *command, uint64_t deadline_usec, json_t **ret,
		struct err *err)
{
	return qmp_call(q, &(struct qmp_command){ .name = command }, deadline_usec, ret, err);
}
