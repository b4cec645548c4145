/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A connection carries one request and its answer, each one packet; but for
 * that of NET_WATCH, which stays.  The socket exists and listens before moat-net runs, so nobody
 * has to wait for that.
 *
 * One that does not answer in time may wait for a processor, and then it is given more time
 * (base/patience.h); or what it has started does, as nft: then it answers others meanwhile, and is
 * waited for as long as it does, within bounds.
 */
#include "net/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/patience.h"
#include "base/spawn.h"
#include "base/str.h"
#include "base/unix.h"

#define PROGRAM	       "moat-net"
#define NAME_MAX_BYTES 64u

void net_result_reset(struct net_result *result)
{
	json_decref(result->json);
	fd_close(&result->fd);
	*result = NET_RESULT_INIT;
}

int net_spawn(const struct net_launch *l, pid_t *ret_pid, struct err *err)
{
	const char *const argv[] = { PROGRAM, l->dir, NULL };
	cleanup_close int listen_fd = -1, log_fd = -1;
	int r = unix_listen_at(l->dir_fd, NET_SOCKET_FILE, SOCK_SEQPACKET, 0600, &listen_fd);

	if (r < 0)
		return err_errno(err, r, "%s/" NET_SOCKET_FILE, l->dir);
	log_fd = openat(l->dir_fd, NET_LOG_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		return err_errno(err, -errno, "%s/" NET_LOG_FILE, l->dir);
	r = spawn_start(
		&(struct spawn){ .program = l->program,
				 .argv = argv,
				 .fds = (int[]){ -1, -1, log_fd, listen_fd, l->namespace_fd },
				 .n_fds = l->namespace_fd >= 0 ? 5 : 4,
				 .detached = true },
		ret_pid);
	return r < 0 ? err_errno(err, r == -ENOENT ? -EIO : r, "cannot execute %s", l->program) : 0;
}

static int ended_before(struct err *err)
{
	return err_set(err, -ECONNREFUSED,
		       "moat-net ended before it answered: see net/" NET_LOG_FILE
		       " in the data root");
}

static int send_request(int dir_fd, const struct net_call *call, int *ret_fd, struct err *err)
{
	cleanup_free char *text = net_request_write(call->request);
	cleanup_close int conn = -1;
	int r = text ? unix_connect_busy(dir_fd, NET_SOCKET_FILE, &conn) : -ENOMEM;

	if (r == -ENOMEM)
		return err_nomem(err);
	if (r == -EAGAIN)
		return err_set(err, -ETIMEDOUT, "moat-net does not answer");
	if (r < 0)
		return err_set(err, -ECONNREFUSED, "moat-net is not there: %s", strerror(-r));
	if (strlen(text) > NET_PACKET_MAX)
		return err_set(err, -EINVAL, "a request to moat-net is too long (%zu bytes)",
			       strlen(text));
	r = unix_send(conn, text, strlen(text), call->fd);
	if (r == -EPIPE || r == -ECONNRESET)
		return ended_before(err);
	if (r < 0)
		return err_errno(err, r, "cannot ask moat-net");
	*ret_fd = take_fd(&conn);
	return 0;
}

/* The process that has the socket now; 0 where that is not known.  A moat-net that has just been
 * started may have the socket from this process still. */
static pid_t who_listens(int dir_fd)
{
	cleanup_close int conn = -1;
	pid_t pid = 0;

	if (unix_connect_busy(dir_fd, NET_SOCKET_FILE, &conn) < 0 || unix_peer_pid(conn, &pid) < 0)
		return 0;
	return pid == getpid() ? 0 : pid;
}

static bool is_moat_net(pid_t pid)
{
	cleanup(buf_reset) struct buf name = BUF_INIT;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	return file_read_at(AT_FDCWD, path, NAME_MAX_BYTES, &name) == 0 &&
	       buf_adds(&name, "") == 0 && streq(name.data, PROGRAM "\n");
}

/* Who made the socket listen may have ended, and its number be another process's by now.  The
 * descriptor is had before the look, so the signal is for what was looked at, or for nobody. */
void net_kill(int dir_fd)
{
	pid_t pid = who_listens(dir_fd);
	cleanup_close int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (pidfd >= 0 && is_moat_net(pid))
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

/* Returns as fd_wait() does. */
static int wait_patiently(int dir_fd, int conn, int timeout_msec)
{
	int r = fd_wait(conn, POLLIN, timeout_msec / 2);
	struct patience p;
	uint64_t left_usec;

	if (r != 0)
		return r;
	patience_begin(&p, who_listens(dir_fd), (uint64_t)timeout_msec / 2 * USEC_PER_MSEC);
	do {
		left_usec = patience_left(&p);
		r = fd_wait(conn, POLLIN, (int)(left_usec / USEC_PER_MSEC));
	} while (r == 0 && left_usec > 0);
	return r;
}

static bool answers_others(int dir_fd, int timeout_msec)
{
	const struct net_request hello = { .op = NET_HELLO };
	const struct net_call call = { .request = &hello, .fd = -1, .timeout_msec = timeout_msec };
	cleanup_close int conn = -1;

	return send_request(dir_fd, &call, &conn, NULL) == 0 &&
	       wait_patiently(dir_fd, conn, timeout_msec) > 0;
}

static int wait_for_answer(int dir_fd, int conn, int timeout_msec, struct err *err)
{
	int r = wait_patiently(dir_fd, conn, timeout_msec);

	for (unsigned i = 1; i < PATIENCE_FACTOR && r == 0; i++) {
		/* Answering others takes a moat-net that is alive no time. */
		if (!answers_others(dir_fd, timeout_msec / 4))
			break;
		r = wait_patiently(dir_fd, conn, timeout_msec);
	}
	if (r > 0)
		return 0;
	return err_set(err, r < 0 ? r : -ETIMEDOUT,
		       "moat-net did not answer within %d s: see net/" NET_LOG_FILE
		       " in the data root",
		       timeout_msec / 1000);
}

static int receive_answer(int conn, struct net_result *ret, struct err *err)
{
	cleanup(net_result_reset) struct net_result result = NET_RESULT_INIT;
	cleanup_free char *packet = malloc(NET_PACKET_MAX);
	ssize_t n;
	int r;

	if (!packet)
		return err_nomem(err);
	n = unix_recv(conn, packet, NET_PACKET_MAX, &result.fd);
	if (n == 0 || n == -ECONNRESET)
		return ended_before(err);
	if (n < 0)
		return err_errno(err, (int)n, "answer of moat-net");
	r = net_answer_read(packet, (size_t)n, &result.answer, &result.json, err);
	if (r == 0 && ret) {
		*ret = result;
		result = NET_RESULT_INIT;
	}
	return r;
}

int net_call(int dir_fd, const struct net_call *call, struct net_result *ret, struct err *err)
{
	cleanup_close int conn = -1;
	int r = send_request(dir_fd, call, &conn, err);

	if (r == 0)
		r = wait_for_answer(dir_fd, conn, call->timeout_msec, err);
	return r == 0 ? receive_answer(conn, ret, err) : r;
}

/* Sends a request that is one word.  Returns as net_call() does. */
static int net_ask(int dir_fd, enum net_op op, struct net_result *ret, struct err *err)
{
	const struct net_request rq = { .op = op };
	const struct net_call call = { .request = &rq, .fd = -1, .timeout_msec = NET_TIMEOUT_MSEC };

	return net_call(dir_fd, &call, ret, err);
}

/* Sends a request whose answer has to bring a descriptor. */
static int ask_for_fd(int dir_fd, enum net_op op, struct net_result *ret, struct err *err)
{
	int r = net_ask(dir_fd, op, ret, err);

	if (r == 0 && ret->fd < 0)
		return err_set(err, -EBADMSG, "moat-net's answer has no descriptor with it");
	return r;
}

int net_hello(int dir_fd, int *ret_namespace, struct err *err)
{
	cleanup(net_result_reset) struct net_result result = NET_RESULT_INIT;
	int r = ask_for_fd(dir_fd, NET_HELLO, &result, err);

	if (r < 0)
		return r;
	if (result.answer.version != NET_VERSION)
		return err_set(err, -EPROTO, "moat-net is of another version (%d, not %d)",
			       result.answer.version, NET_VERSION);
	*ret_namespace = take_fd(&result.fd);
	return 0;
}

int net_tap(int dir_fd, int *ret_fd, char ret_name[NET_TAP_MAX + 1], struct err *err)
{
	cleanup(net_result_reset) struct net_result result = NET_RESULT_INIT;
	int r = ask_for_fd(dir_fd, NET_TAP, &result, err);

	if (r < 0)
		return r;
	memcpy(ret_name, result.answer.tap, sizeof(result.answer.tap));
	*ret_fd = take_fd(&result.fd);
	return 0;
}

int net_watch(int dir_fd, int *ret_fd, struct err *err)
{
	const struct net_request rq = { .op = NET_WATCH };
	const struct net_call call = { .request = &rq, .fd = -1, .timeout_msec = NET_TIMEOUT_MSEC };
	cleanup_close int conn = -1;
	int r = send_request(dir_fd, &call, &conn, err);

	if (r == 0)
		r = wait_for_answer(dir_fd, conn, call.timeout_msec, err);
	if (r == 0)
		r = receive_answer(conn, NULL, err);
	if (r == 0)
		*ret_fd = take_fd(&conn);
	return r;
}
