/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The socket exists and listens before the shim does, so a request may be
 * sent as soon as shim_spawn() returned.  The shim is executed by posix_spawn(3), which shares
 * memory with its parent until the exec and allocates nothing: safe with other threads around.
 *
 * Answers are written by the shim, a program of ours; texts in them come from a guest, so
 * they are bounded and taken as text only.
 */
#include "control/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/unix.h"

#define SHIM_SOCKET	    "shim.sock"
#define SHIM_FIRST_FD	    3
#define PASSED_MAX	    3
#define EXIT_FILE_MAX_BYTES 65536

/* What the shim finds from SHIM_FIRST_FD on, in this order. */
struct passed {
	int fds[PASSED_MAX]; /* borrowed */
	int n;
};

static int prepare_files(posix_spawn_file_actions_t *fa, const struct passed *passed, int log_fd)
{
	int r = posix_spawn_file_actions_init(fa);

	if (r == 0)
		r = posix_spawn_file_actions_addopen(fa, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, STDIN_FILENO, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(fa, log_fd, STDERR_FILENO);
	for (int i = 0; r == 0 && i < passed->n; i++)
		r = posix_spawn_file_actions_adddup2(fa, passed->fds[i], SHIM_FIRST_FD + i);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(fa, SHIM_FIRST_FD + passed->n);
	return -r;
}

static int prepare_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int r = posix_spawnattr_init(attr);

	sigemptyset(&none);
	sigfillset(&all);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attr, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attr, &all);
	if (r == 0)
		r = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
							   POSIX_SPAWN_SETSIGDEF);
	return -r;
}

static int execute(const struct shim_launch *l, const char *mode, const struct passed *passed,
		   pid_t *ret_pid, struct err *err)
{
	cleanup_close int log_fd =
		openat(l->dir_fd, "shim.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	cleanup_free char *dir = strdup(l->dir), *name = strdup("moat-shim");
	cleanup_free char *option = strdup(mode ? mode : "");
	char *argv[] = { name, mode ? option : dir, mode ? dir : NULL, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int r;

	if (log_fd < 0)
		return err_errno(err, -errno, "%s/shim.log", l->dir);
	if (!dir || !name || !option)
		return -ENOMEM;
	r = prepare_files(&fa, passed, log_fd);
	if (r == 0)
		r = prepare_attributes(&attr);
	if (r < 0)
		return r;
	r = -posix_spawn(ret_pid, l->program, &fa, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	return r < 0 ? err_errno(err, r == -ENOENT ? -EIO : r, "cannot execute %s", l->program) : 0;
}

static void passed_close(struct passed *p)
{
	while (p->n > 0)
		close(p->fds[--p->n]);
}

/* As duplicates beyond the numbers the shim finds them at: none is overwritten by another. */
static int pass(struct passed *p, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, SHIM_FIRST_FD + PASSED_MAX);

	if (copy < 0)
		return -errno;
	p->fds[p->n++] = copy;
	return 0;
}

int shim_listen(int dir_fd, int *ret_fd)
{
	return unix_listen_at(dir_fd, SHIM_SOCKET, SOCK_SEQPACKET, 0600, ret_fd);
}

static int pass_template(struct passed *p, const struct shim_launch *l)
{
	int r = pass(p, l->memory_fd);

	return r == 0 ? pass(p, l->state_fd) : r;
}

int shim_spawn(const struct shim_launch *l, pid_t *ret_pid, struct err *err)
{
	cleanup(passed_close) struct passed passed = { 0 };
	cleanup_close int listen_fd = -1;
	int r = shim_listen(l->dir_fd, &listen_fd);

	if (r < 0)
		return err_errno(err, r, "%s/" SHIM_SOCKET, l->dir);
	r = pass(&passed, listen_fd);
	if (r == 0 && l->memory_fd >= 0)
		r = pass_template(&passed, l);
	if (r < 0)
		return err_errno(err, r, "descriptors for moat-shim");
	return execute(l, l->memory_fd >= 0 ? "--restore" : NULL, &passed, ret_pid, err);
}

int shim_spawn_spare(const struct shim_launch *l, int *ret_fd, pid_t *ret_pid, struct err *err)
{
	cleanup(passed_close) struct passed passed = { 0 };
	cleanup_close int ours = -1, theirs = -1;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "socket for moat-shim");
	ours = pair[0];
	theirs = pair[1];
	r = pass(&passed, theirs);
	if (r == 0)
		r = pass_template(&passed, l);
	if (r < 0)
		return err_errno(err, r, "descriptors for moat-shim");
	r = execute(l, "--spare", &passed, ret_pid, err);
	if (r == 0)
		*ret_fd = take_fd(&ours);
	return r;
}

int shim_spawn_maker(const struct shim_launch *l, pid_t *ret_pid, struct err *err)
{
	cleanup(passed_close) struct passed passed = { 0 };
	int r = pass(&passed, l->memory_fd);

	if (r < 0)
		return err_errno(err, r, "descriptors for moat-shim");
	return execute(l, "--make-template", &passed, ret_pid, err);
}

int shim_connect(int containers_fd, const char *id, int *ret_fd)
{
	cleanup_close int dir_fd =
		openat(containers_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_close int fd = -1;
	int r;

	if (dir_fd < 0)
		return -errno;
	/* A shim that is stopped has a queue that fills up: nobody is to wait for it there. */
	r = unix_connect_at(dir_fd, SHIM_SOCKET, SOCK_SEQPACKET | SOCK_NONBLOCK, &fd);
	if (r == 0)
		r = fd_set_nonblock(fd, false);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

static int read_answer(const char *text, size_t len, json_t **ret, struct err *err)
{
	cleanup_json json_t *answer = NULL;
	const char *message = NULL;
	bool ok = true;
	int64_t code = EIO;
	int r = json_read(text, len, "moat-shim's answer", &answer, err);

	if (r == 0)
		r = json_get_bool(answer, "ok", &ok, err);
	if (r == 0)
		r = json_get_i64(answer, "errno", &code, err);
	if (r == 0)
		r = json_get_str(answer, "error", &message, err);
	if (r < 0)
		return r;
	if (!ok)
		return err_set(err, code > 0 && code < 4096 ? -(int)code : -EIO, "%s",
			       message ? message : "moat-shim gave no reason");
	if (ret)
		*ret = take_ptr(answer);
	return 0;
}

/* Its socket takes connections until it is gone, and then breaks them. */
static int ended_before(struct err *err)
{
	return err_set(err, -ECONNREFUSED,
		       "moat-shim ended before it answered: see shim.log of the container");
}

static int exchange(const struct shim_call *call, int fd, char *packet, json_t **ret,
		    struct err *err)
{
	cleanup_close int unexpected = -1;
	cleanup_free char *text = call->request ? json_write(call->request) : NULL;
	ssize_t n;
	int r;

	if (!text)
		return -ENOMEM;
	if (strlen(text) > SHIM_PACKET_MAX)
		return err_set(err, -EINVAL,
			       "command and environment are too long (%zu bytes, at most %u)",
			       strlen(text), SHIM_PACKET_MAX);
	r = unix_send(fd, text, strlen(text), call->send_fd);
	if (r == -EPIPE || r == -ECONNRESET)
		return ended_before(err);
	if (r < 0)
		return err_errno(err, r, "cannot ask moat-shim");
	r = fd_wait(fd, POLLIN, call->timeout_msec);
	if (r <= 0)
		return err_set(err, r < 0 ? r : -ETIMEDOUT,
			       "moat-shim did not answer within %d s: see boot.log and shim.log of "
			       "the container",
			       call->timeout_msec / 1000);
	n = unix_recv(fd, packet, SHIM_PACKET_MAX, &unexpected);
	if (n == 0 || n == -ECONNRESET)
		return ended_before(err);
	if (n < 0)
		return err_errno(err, (int)n, "answer of moat-shim");
	return read_answer(packet, (size_t)n, ret, err);
}

int shim_request(const struct shim_call *call, json_t **ret, struct err *err)
{
	cleanup_json json_t *request = call->request;
	cleanup_free char *packet = malloc(SHIM_PACKET_MAX);
	cleanup_close int fd = -1;
	int r;

	if (!request || !packet)
		return -ENOMEM;
	r = shim_connect(call->containers_fd, call->id, &fd);
	if (r == -EAGAIN)
		return err_set(err, -ETIMEDOUT, "moat-shim of the container does not answer");
	if (r < 0)
		return err_set(err, -ECONNREFUSED, "moat-shim of the container is gone: %s",
			       strerror(-r));
	return exchange(call, fd, packet, ret, err);
}

int shim_ask(int containers_fd, const char *id, const char *op, int timeout_msec, json_t **ret,
	     struct err *err)
{
	struct shim_call call = {
		.containers_fd = containers_fd,
		.id = id,
		.request = json_pack("{s:s}", "op", op),
		.send_fd = -1,
		.timeout_msec = timeout_msec,
	};

	return shim_request(&call, ret, err);
}

/* Cut between characters: half of one is no UTF-8, and nothing with it could be sent as JSON. */
static void copy_text(char *to, size_t size, const char *text)
{
	size_t len = strnlen(text, size);

	if (len == size) {
		len--;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(to, text, len);
	to[len] = '\0';
}

int shim_read_exit(const json_t *obj, struct shim_exit *ret, struct err *err)
{
	struct shim_exit e = { 0 };
	const char *text = NULL;
	int64_t code = 0;
	int r = json_get_i64(obj, "code", &code, err);

	if (r == 0)
		r = json_get_bool(obj, "oom", &e.oom, err);
	if (r == 0)
		r = json_get_str(obj, "error", &text, err);
	if (r == 0)
		r = json_get_i64(obj, "started_nsec", &e.started_nsec, err);
	if (r == 0)
		r = json_get_i64(obj, "finished_nsec", &e.finished_nsec, err);
	if (r < 0)
		return r;
	if (code < 0 || code > 255)
		return err_set(err, -EBADMSG, "exit code %lld", (long long)code);
	e.code = (int)code;
	if (text)
		copy_text(e.error, sizeof(e.error), text);
	if (e.finished_nsec <= 0)
		e.finished_nsec = clock_now_nsec();
	*ret = e;
	return 0;
}

int shim_load_exit(int containers_fd, const char *id, struct shim_exit *ret)
{
	cleanup_free char *name = str_printf("%s/exit.json", id);
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_json json_t *obj = NULL;
	int r = name ? file_read_at(containers_fd, name, EXIT_FILE_MAX_BYTES, &b) : -ENOMEM;

	if (r == 0)
		r = json_read(b.data ? b.data : "", b.len, "exit.json", &obj, NULL);
	return r == 0 ? shim_read_exit(obj, ret, NULL) : r;
}
