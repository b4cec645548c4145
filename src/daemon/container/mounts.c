/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What a container mounts is decided when it is made.  At each start the
 * sources are found again, as a volume may be empty or a folder gone, and written into config.json;
 * the descriptors go to a file server of the container's own.
 */
#include "daemon/container/mounts.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/container/table.h"
#include "daemon/spec/mounts.h"
#include "daemon/volume/fill.h"
#include "daemon/volume/server.h"
#include "daemon/volume/sources.h"

#define END_MSEC 2000 /* for a file server that was killed */

static int inherit_one(struct containers *t, const char *text, struct mount_points *m,
		       struct err *err)
{
	cleanup_free char *name = NULL;
	struct container *c;
	bool read_only;
	int r = mounts_volumes_from(text, &name, &read_only, err);

	if (r < 0)
		return r;
	r = containers_find(t, name, &c, err);
	/* A client would take -ENOENT for a missing image. */
	if (r < 0)
		return r == -ENOENT ? -EINVAL : r;
	r = mount_points_inherit(m, &c->mounts, read_only, err);
	container_unref(c);
	return r;
}

static int inherit_all(struct containers *t, const json_t *host, struct mount_points *m,
		       struct err *err)
{
	cleanup_strv char **from = NULL;
	int r = json_get_strv(host, "VolumesFrom", &from, err);

	for (char **f = from; r == 0 && f && *f; f++)
		r = inherit_one(t, *f, m, err);
	return r;
}

/* Refuses a source that must exist and does not.  Each start looks for it again. */
static int check_sources(const struct mount_points *m, struct err *err)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mount_point *p = &m->list[i];

		if (p->type == MOUNT_BIND && !p->make_source && access(p->source, F_OK) < 0 &&
		    (errno == ENOENT || errno == ENOTDIR))
			return err_set(err, -EINVAL,
				       "invalid mount config for type \"bind\": bind source path "
				       "does not exist: %s",
				       p->source);
	}
	return 0;
}

int container_mounts_plan(struct containers *t, const json_t *config, const json_t *host,
			  struct mount_points *ret, struct err *err)
{
	cleanup(mount_points_reset) struct mount_points m = { 0 };
	int r = inherit_all(t, host, &m, err);

	if (r == 0)
		r = mounts_from_request(config, host, &m, err);
	if (r == 0)
		r = check_sources(&m, err);
	if (r < 0)
		return r;
	*ret = take_struct(m);
	return 0;
}

static void *reap_server(void *arg)
{
	(void)child_await((pid_t)(intptr_t)arg, NULL);
	return NULL;
}

/* A file server may hang in a file system of the host's, and ends only when that answers: a thread
 * waits for it then. */
void container_shares_reset(struct container_shares *s)
{
	cleanup_close int pidfd = s->pid > 0 ? (int)syscall(SYS_pidfd_open, s->pid, 0) : -1;
	void *pid = (void *)(intptr_t)s->pid;

	fd_close(&s->control_fd);
	if (s->pid <= 0)
		return;
	kill(s->pid, SIGKILL);
	if (pidfd >= 0 && fd_wait(pidfd, POLLIN, END_MSEC) != 0)
		reap_server(pid);
	else
		(void)thread_start(NULL, reap_server, pid);
	s->pid = 0;
}

static int add_source(const struct mount_point *p, const struct volume_source *s,
		      struct oci_mounts *mounts, struct err *err)
{
	int r = oci_mounts_add(mounts, s->path, p->destination, s->read_only ? MS_RDONLY : 0,
			       s->copy);

	return r == -ENOMEM ? err_nomem(err)
	       : r < 0	    ? err_errno(err, r, "mount of %s at %s", s->path, p->destination)
			    : 0;
}

static int add_sources(const struct container *c, const struct volume_sources *s,
		       struct oci_mounts *mounts, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++)
		if (s->list[i].fd >= 0)
			r = add_source(&c->mounts.list[i], &s->list[i], mounts, err);
	return r;
}

static bool has_sources(const struct volume_sources *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].fd >= 0)
			return true;
	return false;
}

int container_shares_open(struct container *c, int dir_fd, struct oci_mounts *mounts,
			  struct container_shares *ret, struct err *err)
{
	cleanup(volume_sources_reset) struct volume_sources s = { 0 };
	struct volumes *vs = c->table->volumes;
	int r;

	r = volume_sources_open(vs, c->rec.id, &c->mounts, &s, err);
	if (r < 0)
		return r;
	r = add_sources(c, &s, mounts, err);
	if (r == 0 && has_sources(&s))
		r = volume_server_start(&s, dir_fd, &ret->control_fd, &ret->pid, err);
	if (r < 0)
		container_shares_settle(c, false);
	return r;
}

void container_shares_settle(struct container *c, bool ready)
{
	volume_fill_settle(c->table->volumes, c->rec.id, &c->mounts, ready);
}

static json_t *describe_mount(const struct container *c, const struct mount_point *p, bool mounted)
{
	if (!mounted)
		return json_pack("{s:s}", "container", c->rec.id);
	return json_pack("{s:s, s:s, s:s, s:s}", "container", c->rec.id, "destination",
			 p->destination, "propagation", p->propagation, "read/write",
			 p->read_only ? "false" : "true");
}

void container_mounts_publish(struct container *c, bool mounted)
{
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct mount_point *p = &c->mounts.list[i];

		if (p->type == MOUNT_VOLUME)
			volumes_publish(c->table->volumes, p->source, mounted ? "mount" : "unmount",
					describe_mount(c, p, mounted));
	}
}
