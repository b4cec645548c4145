/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A socket of the container's is looked up in the root that its first process
 * has, where no link leads out of it, and connected to by descriptor.  While nobody listens there,
 * connecting is tried again for a while, as the service may be starting.  A connection has two
 * halves, which end one by one, with a descriptor each: from the host (input.c), and to the host
 * (output.c).
 */
#include "guest/process/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "guest/process/input.h"
#include "guest/process/output.h"
#include "link/conn.h"
#include "link/setup.h"

#define CONNECTIONS_MAX 256u /* of a container */
#define RETRY_USEC	(50 * USEC_PER_MSEC)
#define RETRIES		60

struct connection {
	struct connection *next;
	struct container *container;
	uint32_t stream;
	char *path; /* while connecting is tried */
	unsigned tries;
	struct source *retry;
	struct input in;
	struct output out;
};

static struct link_conn *link_of(const struct connection *k)
{
	return k->container->machine->link;
}

struct connection *connection_find(const struct machine *m, uint32_t stream)
{
	for (const struct container *c = m->containers; c; c = c->next)
		for (struct connection *k = c->connections; k; k = k->next)
			if (k->stream == stream)
				return k;
	return NULL;
}

static void connection_free(struct connection *k)
{
	struct connection **at = &k->container->connections;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	source_free(k->retry);
	input_close(&k->in);
	output_close(&k->out);
	free(k->path);
	free(k);
}

static int connection_failed(struct connection *k, int code)
{
	const struct link_header h = { .type = LINK_FAILED, .stream = k->stream };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_conn *link = link_of(k);
	struct err err;
	int r;

	err_errno(&err, code, "%s", k->path ? k->path : "connection");
	r = link_failed_put(&b, &err);
	link_close(link, k->stream);
	connection_free(k);
	return r < 0 ? r : link_send(link, h, b.data, b.len);
}

int connection_end(struct connection *k)
{
	const struct link_header h = { .type = LINK_EXITED, .stream = k->stream };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct link_conn *link = link_of(k);
	int r;

	if (k->path)
		return connection_failed(k, -ECANCELED);
	r = link_exited_put(&b, &(struct link_exited){ 0 });
	link_close(link, k->stream);
	connection_free(k);
	return r < 0 ? r : link_send(link, h, b.data, b.len);
}

/* Ends the connection when both halves have ended. */
static int check_end(struct connection *k)
{
	return !k->path && k->in.fd < 0 && k->out.fd < 0 ? connection_end(k) : 0;
}

static int input_ended(struct input *in)
{
	return check_end(container_of(in, struct connection, in));
}

static int output_ended(struct output *o)
{
	return check_end(container_of(o, struct connection, out));
}

/* Begins with a connected socket.  @fd: taken over */
static int run_connection(struct connection *k, int fd)
{
	const struct link_header h = { .type = LINK_STARTED, .stream = k->stream };
	unsigned char none[sizeof(uint32_t)] = { 0 };
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), r;

	if (copy < 0) {
		r = -errno;
		close(fd);
		return connection_failed(k, r);
	}
	free(take_ptr(k->path));
	r = link_send(link_of(k), h, none, sizeof(none));
	k->in.fd = copy;
	k->out.fd = fd;
	if (r == 0)
		r = output_open(&k->out, fd);
	return r == 0 ? input_open(&k->in, copy) : r;
}

/* Finds the socket, as a name that leads to it alone.  @ret_fd: owned; the name is valid while it
 * is open */
static int find_socket(const struct container *c, const char *path, int *ret_fd)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	cleanup_close int root = -1, fd = -1;
	struct stat sb;
	char name[32];

	if (c->first_pid == 0)
		return -ESRCH;
	snprintf(name, sizeof(name), "/proc/%d/root", (int)c->first_pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0 || fstat(fd, &sb) < 0)
		return -errno;
	if (!S_ISSOCK(sb.st_mode))
		return -ENOTSOCK;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int connect_to(const struct container *c, const char *path, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_close int target = -1, fd = -1;
	int r = find_socket(c, path, &target);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", target);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

static bool may_change(int r)
{
	return r == -ENOENT || r == -ECONNREFUSED || r == -EAGAIN;
}

static int on_retry(struct source *s, void *arg);

static int try_path(struct connection *k)
{
	int fd = -1, r = connect_to(k->container, k->path, &fd);

	if (r == 0)
		return run_connection(k, fd);
	if (!may_change(r) || ++k->tries > RETRIES)
		return connection_failed(k, r);
	if (!k->retry)
		return loop_add_timer(k->container->machine->loop, RETRY_USEC, on_retry, k,
				      &k->retry);
	return source_set_timer(k->retry, RETRY_USEC);
}

static int on_retry(struct source *s, void *arg)
{
	(void)s;
	return try_path(arg);
}

static size_t count_connections(const struct container *c)
{
	size_t n = 0;

	for (const struct connection *k = c->connections; k; k = k->next)
		n++;
	return n;
}

static struct connection *connection_new(struct container *c, uint32_t stream)
{
	struct loop *loop = c->machine->loop;
	struct link_conn *link = c->machine->link;
	struct connection *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->container = c;
	k->stream = stream;
	k->in = (struct input){ .loop = loop,
				.link = link,
				.stream = stream,
				.is_socket = true,
				.ended = input_ended,
				.fd = -1 };
	k->out = (struct output){ .loop = loop,
				  .link = link,
				  .stream = stream,
				  .channel = LINK_STDOUT,
				  .ended = output_ended,
				  .fd = -1 };
	k->next = c->connections;
	c->connections = k;
	return k;
}

int connection_start(struct container *c, uint32_t stream, const struct link_connect *what)
{
	bool are_too_many = count_connections(c) >= CONNECTIONS_MAX;
	struct connection *k;
	int r = link_open(c->machine->link, stream);

	if (r < 0)
		return r;
	k = connection_new(c, stream);
	if (!k)
		return -ENOMEM;
	k->path = strdup(what->path);
	if (!k->path)
		return -ENOMEM;
	if (are_too_many)
		return connection_failed(k, -EUSERS);
	if (!what->call)
		return try_path(k);
	r = sockets_take(c, what->call);
	return r < 0 ? connection_failed(k, r) : run_connection(k, r);
}

int connection_input(struct connection *k, const void *data, size_t len)
{
	int r = input_write(&k->in, data, len);

	return r < 0 ? r : check_end(k);
}

int connection_input_end(struct connection *k)
{
	input_end(&k->in);
	return check_end(k);
}

int connection_output_ready(struct connection *k)
{
	return output_ready(&k->out);
}

void connections_end(struct container *c)
{
	while (c->connections)
		(void)connection_end(c->connections);
}
