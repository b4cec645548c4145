/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A connection is accepted and the host told of it (CALL); it waits here
 * until the host takes it with a stream (guest/process/connection.c) or refuses it.  While as many
 * wait as may, none is accepted.  Who connects is anybody in the container.
 */
#include "guest/container/sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "guest/container/container.h"
#include "link/conn.h"
#include "link/connect.h"

#define BACKLOG 64

int sockets_open(struct sockets *s, char *const *paths, struct err *err)
{
	size_t n = strv_len(paths);
	int r = 0;

	if (n == 0)
		return 0;
	s->listeners = calloc(n, sizeof(*s->listeners));
	s->calls = calloc(LINK_CALLS_MAX, sizeof(*s->calls));
	if (!s->listeners || !s->calls)
		return err_errno(err, -ENOMEM, "sockets");
	while (s->n < n && r == 0) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		r = fd < 0 ? -errno : 0;
		if (r == 0)
			s->listeners[s->n++].fd = fd;
	}
	return r < 0 ? err_errno(err, r, "sockets") : 0;
}

static int bind_one(int fd, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0666) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

static char *folder_of(const char *path)
{
	return strndup(path, (size_t)(strrchr(path, '/') - path));
}

/* Is a socket before this one in the same folder? */
static bool has_folder(char *const *paths, size_t i)
{
	size_t len = (size_t)(strrchr(paths[i], '/') - paths[i]) + 1;

	for (size_t k = 0; k < i; k++)
		if (strncmp(paths[k], paths[i], len) == 0 && !strchr(paths[k] + len, '/'))
			return true;
	return false;
}

static int make_folder(const char *path)
{
	cleanup_free char *folder = folder_of(path);
	int r = folder ? path_mkdir_p(folder, 0755) : -ENOMEM;

	if (r == 0 && mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			    "mode=755,size=64k") < 0)
		r = -errno;
	return r;
}

int sockets_bind(const struct sockets *s, char *const *paths, struct err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		int r = has_folder(paths, i) ? 0 : make_folder(paths[i]);

		if (r == 0)
			r = bind_one(s->listeners[i].fd, paths[i]);
		if (r < 0)
			return err_errno(err, r, "socket %s", paths[i]);
	}
	return 0;
}

static struct call *find_call(const struct sockets *s, uint32_t number)
{
	for (size_t i = 0; s->calls && i < LINK_CALLS_MAX; i++)
		if (s->calls[i].number == number)
			return &s->calls[i];
	return NULL;
}

static int tell_call(struct container *c, const struct call *call, uint8_t socket)
{
	const struct link_header h = { .type = LINK_CALL, .container = c->number };
	const struct link_call told = { call->number, socket };
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = link_call_put(&b, &told);

	return r < 0 ? r : link_send(c->machine->link, h, b.data, b.len);
}

static void watch_sockets(struct sockets *s, bool on)
{
	s->is_paused = !on;
	for (size_t i = 0; i < s->n; i++)
		if (s->listeners[i].source)
			(void)source_set_events(s->listeners[i].source, on ? EPOLLIN : 0);
}

static int on_client(struct source *source, int fd, uint32_t events, void *arg)
{
	struct container *c = arg;
	struct sockets *s = &c->sockets;
	struct call *call = find_call(s, 0);
	size_t i = 0;

	(void)events;
	if (!call) {
		watch_sockets(s, false);
		return 0;
	}
	fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return 0;
	while (s->listeners[i].source != source)
		i++;
	*call = (struct call){ ++s->last_number, fd };
	return tell_call(c, call, (uint8_t)i);
}

int sockets_listen(struct container *c)
{
	struct sockets *s = &c->sockets;
	int r = 0;

	for (size_t i = 0; i < s->n && r == 0; i++)
		r = loop_add_io(c->machine->loop, s->listeners[i].fd, EPOLLIN, on_client, c,
				&s->listeners[i].source);
	return r;
}

int sockets_take(struct container *c, uint32_t number)
{
	struct call *call = number ? find_call(&c->sockets, number) : NULL;
	int fd;

	if (!call)
		return -ENOENT;
	fd = call->fd;
	*call = (struct call){ 0 };
	if (c->sockets.is_paused)
		watch_sockets(&c->sockets, true);
	return fd;
}

void sockets_close(struct sockets *s)
{
	for (size_t i = 0; i < s->n; i++) {
		source_free(s->listeners[i].source);
		fd_close(&s->listeners[i].fd);
	}
	for (size_t i = 0; s->calls && i < LINK_CALLS_MAX; i++)
		if (s->calls[i].number)
			fd_close(&s->calls[i].fd);
	free(s->listeners);
	free(s->calls);
	*s = (struct sockets){ 0 };
}
