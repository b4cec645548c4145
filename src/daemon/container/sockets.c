/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The file of a socket that nobody listens on any more is replaced at a start
 * and removed at an end.  A socket in use, or what is no socket, is not touched.
 *
 * A connection of the container's is answered by a thread of its own, as the host's server may be
 * slow to accept it, and the main thread has others' events to handle.
 */
#include "daemon/container/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "base/unix.h"
#include "control/client.h"

/* The folder of a path, open, and the rest. */
static int open_folder(const char *path, int *ret_fd, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (!folder)
		return -ENOMEM;
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	*ret_name = slash + 1;
	return 0;
}

/* Is the name free?  Return: 0 where there is nothing, or a dead socket; -EEXIST for what is no
 * socket; -EADDRINUSE; -errno. */
static int check_free(int dir_fd, const char *name)
{
	cleanup_close int fd = -1;
	struct stat sb;
	int r;

	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(sb.st_mode))
		return -EEXIST;
	r = unix_connect_at(dir_fd, name, SOCK_STREAM, &fd);
	return r == -ECONNREFUSED || r == -ENOENT ? 0 : -EADDRINUSE;
}

static int bind_socket(const char *path, int *ret_fd, struct err *err)
{
	cleanup_close int dir_fd = -1;
	const char *name;
	int r = open_folder(path, &dir_fd, &name);

	if (r == 0)
		r = check_free(dir_fd, name);
	if (r == 0)
		r = unix_listen_at(dir_fd, name, SOCK_STREAM, 0600, ret_fd);
	if (r == -EEXIST)
		return err_set(err, r, "cannot publish socket %s: there is a file", path);
	if (r == -EADDRINUSE)
		return err_set(err, r, "cannot publish socket %s: somebody listens on it", path);
	return r < 0 ? err_errno(err, r, "cannot publish socket %s", path) : 0;
}

static int listen_on(struct container *c, const struct socket_binding *b, struct err *err)
{
	cleanup_close int fd = -1;
	struct shim_call call = { .request = { .op = CONTROL_LISTEN, .path = b->container },
				  .timeout_msec = SHIM_TIMEOUT_MSEC };
	int r = bind_socket(b->host, &fd, err);

	if (r < 0)
		return r;
	call.fd = fd;
	r = shim_call(container_shim(c), &call, NULL, err);
	return r < 0 ? err_wrap(err, "cannot publish socket %s", b->host) : 0;
}

int container_sockets_listen(struct container *c, const struct socket_plan *plan, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->n; i++)
		r = listen_on(c, &plan->bindings[i], err);
	return r;
}

void container_sockets_remove(const struct container *c)
{
	struct socket_plan plan;

	if (socket_plan_read(c->sockets, &plan, NULL) < 0)
		return;
	for (size_t i = 0; i < plan.n; i++) {
		cleanup_close int dir_fd = -1;
		const char *name;

		if (open_folder(plan.bindings[i].host, &dir_fd, &name) == 0 &&
		    check_free(dir_fd, name) == 0)
			(void)unlinkat(dir_fd, name, 0);
	}
}

/* Connects without waiting: a server with a full queue refuses. */
static int connect_to(const char *path, int *ret_fd)
{
	cleanup_close int dir_fd = -1;
	const char *name;
	int r = open_folder(path, &dir_fd, &name);

	return r == 0 ? unix_connect_at(dir_fd, name, SOCK_STREAM | SOCK_NONBLOCK, ret_fd) : r;
}

struct answer {
	struct container *c; /* a reference */
	uint32_t call;
};

/* Answers the shim with a connection, or, where there is none, without: the guest's is refused
 * then. */
static void answer_call(struct container *c, uint32_t number)
{
	cleanup_close int fd = -1;
	struct shim_call call = { .request = { .op = CONTROL_CONNECT, .call = number },
				  .timeout_msec = SHIM_TIMEOUT_MSEC };
	struct socket_plan plan = { 0 };
	struct err err = { 0 };
	int r = socket_plan_read(c->sockets, &plan, NULL);

	if (r == 0)
		r = plan.agent ? connect_to(plan.agent, &fd) : -ENOENT;
	if (r < 0)
		log_warning("container %.12s asks for an agent at %s: %s", c->rec.id,
			    plan.agent ? plan.agent : "(none)", strerror(-r));
	call.fd = fd;
	r = shim_call(container_shim(c), &call, NULL, &err);
	if (r < 0 && r != -ESRCH && r != -ECONNREFUSED)
		log_warning("container %.12s: a connection is not served: %s", c->rec.id, err.msg);
}

static void *run_answer(void *arg)
{
	struct answer *a = arg;

	answer_call(a->c, a->call);
	container_unref(a->c);
	free(a);
	return NULL;
}

void container_socket_called(struct container *c, uint32_t call)
{
	struct answer *a = malloc(sizeof(*a));

	/* Nobody answers now, and the shim gives up after a while. */
	if (!a)
		return;
	*a = (struct answer){ container_ref(c), call };
	if (thread_start(NULL, run_answer, a) == 0)
		return;
	container_unref(c);
	free(a);
}
