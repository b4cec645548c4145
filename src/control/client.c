/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A connection carries one request and its answer.  Answers are written by
 * the shim, a program of ours; texts in them come from a guest, so they are bounded and taken as
 * text only.
 */
#include "control/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/unix.h"
#include "control/names.h"

int shim_listen(int dir_fd, int *ret_fd)
{
	return unix_listen_at(dir_fd, SHIM_SOCKET_FILE, SOCK_SEQPACKET, 0600, ret_fd);
}

int shim_connect(struct shim_ref shim, int *ret_fd)
{
	cleanup_close int dir_fd =
		openat(shim.dir_fd, shim.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir_fd < 0 ? -errno : unix_connect_busy(dir_fd, SHIM_SOCKET_FILE, ret_fd);
}

static char *write_request(struct shim_ref shim, const struct control_request *rq)
{
	struct control_request named = *rq;

	if (!*named.container && shim.container)
		snprintf(named.container, sizeof(named.container), "%s", shim.container);
	return control_request_write(&named);
}

int shim_send(struct shim_ref shim, const struct control_request *rq, int fd, int *ret_fd)
{
	cleanup_free char *text = write_request(shim, rq);
	cleanup_close int conn = -1;
	int r = text ? shim_connect(shim, &conn) : -ENOMEM;

	if (r == 0)
		r = unix_send(conn, text, strlen(text), fd);
	if (r == 0)
		*ret_fd = take_fd(&conn);
	return r;
}

int shim_watch(struct shim_ref shim, int *ret_fd)
{
	return shim_send(shim, &(struct control_request){ .op = CONTROL_WATCH }, -1, ret_fd);
}

/* A shim's socket takes connections until the shim ends, and then breaks them: no answer will come.
 */
static int ended_before(struct err *err)
{
	return err_set(err, -ECONNREFUSED,
		       "moat-shim ended before it answered: see shim.log of the container");
}

static int send_call(int conn, const char *text, const struct shim_call *call)
{
	const int all[] = { call->fd, call->share_fd ? *call->share_fd : -1,
			    call->secrets_fd ? *call->secrets_fd : -1 };
	int fds[ARRAY_SIZE(all)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i] >= 0)
			fds[n++] = all[i];
	return unix_send_fds(conn, text, strlen(text), fds, n);
}

static int send_request(struct shim_ref shim, const struct shim_call *call, int *ret_fd,
			struct err *err)
{
	cleanup_free char *text = write_request(shim, &call->request);
	cleanup_close int conn = -1;
	int r = text ? shim_connect(shim, &conn) : -ENOMEM;

	if (r == -ENOMEM)
		return err_nomem(err);
	if (r == -EAGAIN)
		return err_set(err, -ETIMEDOUT, "moat-shim of the container does not answer");
	if (r < 0)
		return err_set(err, -ECONNREFUSED, "moat-shim of the container is gone: %s",
			       strerror(-r));
	if (strlen(text) > CONTROL_PACKET_MAX)
		return err_set(err, -EINVAL,
			       "command and environment are too long (%zu bytes, at most %u)",
			       strlen(text), CONTROL_PACKET_MAX);
	r = send_call(conn, text, call);
	if (r == -EPIPE || r == -ECONNRESET)
		return ended_before(err);
	if (r < 0)
		return err_errno(err, r, "cannot ask moat-shim");
	*ret_fd = take_fd(&conn);
	return 0;
}

/* @ret_fd: the descriptor that came along, owned; -1: none */
static int receive_with_fd(int conn, int timeout_msec, json_t **ret, int *ret_fd, struct err *err)
{
	cleanup_free char *packet = malloc(CONTROL_PACKET_MAX);
	ssize_t n;
	int r;

	if (!packet)
		return err_nomem(err);
	r = fd_wait(conn, POLLIN, timeout_msec);
	if (r <= 0)
		return err_set(err, r < 0 ? r : -ETIMEDOUT,
			       "moat-shim did not answer within %d s: see boot.log and shim.log of "
			       "the container",
			       timeout_msec / 1000);
	n = unix_recv(conn, packet, CONTROL_PACKET_MAX, ret_fd);
	if (n == 0 || n == -ECONNRESET)
		return ended_before(err);
	if (n < 0)
		return err_errno(err, (int)n, "answer of moat-shim");
	return answer_read(packet, (size_t)n, ret, err);
}

static int receive_answer(int conn, int timeout_msec, json_t **ret, struct err *err)
{
	cleanup_close int unexpected = -1;

	return receive_with_fd(conn, timeout_msec, ret, &unexpected, err);
}

int shim_call(struct shim_ref shim, const struct shim_call *call, json_t **ret, struct err *err)
{
	cleanup_close int conn = -1;
	int r = send_request(shim, call, &conn, err);

	return r == 0 ? receive_answer(conn, call->timeout_msec, ret, err) : r;
}

int shim_hold(struct shim_ref shim, int *ret_fd, struct err *err)
{
	const struct shim_call call = { .request.op = CONTROL_HOLD, .fd = -1 };
	cleanup_close int conn = -1;
	int r = send_request(shim, &call, &conn, err);

	if (r == 0)
		r = receive_answer(conn, SHIM_TIMEOUT_MSEC, NULL, err);
	if (r == 0)
		*ret_fd = take_fd(&conn);
	return r;
}

int shim_ask(struct shim_ref shim, enum control_op op, int timeout_msec, json_t **ret,
	     struct err *err)
{
	struct shim_call call = { .request.op = op, .fd = -1, .timeout_msec = timeout_msec };

	return shim_call(shim, &call, ret, err);
}

int shim_tap(struct shim_ref shim, int *ret_fd, char ret_name[CONTROL_TAP_MAX + 1], struct err *err)
{
	const struct shim_call call = { .request.op = CONTROL_TAP, .fd = -1 };
	cleanup_close int conn = -1, fd = -1;
	cleanup_json json_t *answer = NULL;
	int r = send_request(shim, &call, &conn, err);

	if (r == 0)
		r = receive_with_fd(conn, SHIM_TIMEOUT_MSEC, &answer, &fd, err);
	if (r == 0 && fd < 0)
		r = err_set(err, -EBADMSG, "moat-shim's answer has no tap");
	if (r == 0)
		r = answer_tap_read(answer, ret_name, err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

int shim_status(struct shim_ref shim, int timeout_msec, struct control_event *ret, struct err *err)
{
	cleanup_json json_t *answer = NULL;
	int r = shim_ask(shim, CONTROL_STATUS, timeout_msec, &answer, err);

	return r < 0 ? r : control_event_from_json(answer, ret, err);
}
