/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What is the same for all containers is made before the host names one: for
 * the first while the machine boots, so that a machine restored from a snapshot has it already, and
 * for the next when one was removed.  moat-init goes into the new namespaces to make the mounts
 * that belong to them, and comes back; from then on it has them by descriptor.
 *
 * The first process brings a container's pid and mount namespaces with it, and the kernel kills
 * whoever is left in them when it ends.  So after its last process only what is known here has to
 * be taken away.
 */
#include "guest/container/container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "guest/container/devices.h"
#include "guest/container/names.h"
#include "guest/container/oom.h"
#include "guest/container/options.h"
#include "guest/container/rootfs.h"
#include "guest/machine/port.h"
#include "link/shares.h"

static bool is_taken(const struct machine *m, unsigned place)
{
	if (m->vacant && m->vacant->place == place)
		return true;
	for (const struct container *c = m->containers; c; c = c->next)
		if (c->place == place)
			return true;
	return false;
}

int container_new(struct machine *m, struct container **ret, struct err *err)
{
	struct container *c = calloc(1, sizeof(*c));

	if (!c)
		return err_errno(err, -ENOMEM, "make a container");
	*c = (struct container){ .machine = m,
				 .place = 1,
				 .cgroup = CGROUP_NONE,
				 .namespaces = NAMESPACES_NONE,
				 .mounts = MOUNTS_NONE,
				 .first_pidfd = -1 };
	while (is_taken(m, c->place))
		c->place++;
	snprintf(c->dir, sizeof(c->dir), "/c/%u", c->place);
	*ret = c;
	return 0;
}

struct container *container_find(const struct machine *m, uint16_t number)
{
	struct container *c = m->containers;

	while (c && c->number != number)
		c = c->next;
	return c;
}

static int make_folders(const struct container *c)
{
	if (mkdir(c->dir, 0755) < 0 || chdir(c->dir) < 0)
		return -errno;
	return rootfs_make_folders();
}

/* Makes the namespaces; moat-init is in them then. */
static int make_namespaces(struct container *c, struct err *err)
{
	int r = cgroup_enter(&c->cgroup), left;

	if (r == 0)
		r = namespaces_make(&c->namespaces);
	left = cgroup_leave();
	if (r == 0)
		r = left;
	if (r < 0)
		return err_errno(err, r, "make the container's namespaces");
	return mounts_prepare(&c->mounts, err);
}

static int come_back(const struct container *c, int result, struct err *err)
{
	int r = namespaces_join(&c->machine->own);

	if (result == 0 && r < 0)
		return err_errno(err, r, "leave the container's namespaces");
	return result;
}

int container_prepare(struct container *c, struct err *err)
{
	int r = make_folders(c);

	if (r < 0)
		return err_errno(err, r, "make the container's folder");
	r = cgroup_make(&c->cgroup, c->place, err);
	if (r == 0)
		r = devices_restrict(c->cgroup.fd, &c->cgroup.devices_fd, err);
	if (r == -ENOTSUP)
		dprintf(STDERR_FILENO, "moat-init: %s\n", err->msg);
	else if (r < 0)
		return r;
	r = come_back(c, make_namespaces(c, err), err);
	return r < 0 ? r : oom_watch(c, err);
}

/* Sets sysctls from within the container's IPC and host name namespaces: the kernel sets those of
 * the process that writes. */
static int apply_sysctls(const struct container *c, struct err *err)
{
	int r;

	if (!*c->options.sysctls)
		return 0;
	r = namespaces_join(&c->namespaces);
	if (r < 0)
		err_errno(err, r, "join the container's namespaces");
	else
		r = options_set_sysctls(&c->options, err);
	return come_back(c, r, err);
}

static int write_names(const struct container *c, struct err *err)
{
	const struct names names = { c->spec.hostname, c->options.domainname, c->options.hosts,
				     c->options.resolv_conf };

	return names_write(&names, err);
}

int container_rename(struct container *c, char *const *hosts, const char *resolv_conf,
		     struct err *err)
{
	const struct names names = { c->spec.hostname, c->options.domainname, hosts, resolv_conf };

	if (chdir(c->dir) < 0)
		return err_errno(err, -errno, "go to the container's folder");
	return names_change(&names, err);
}

static int mount_shares(struct container *c, struct err *err)
{
	char name[32];
	int port_fd, r;

	snprintf(name, sizeof(name), SHARES_PORT_NAME ".%u", c->spec.slot);
	r = port_open(name, &port_fd, err);
	return r < 0 ? r : shares_mount(c->place, port_fd, &c->shares, err);
}

int container_set_up(struct container *c, struct err *err)
{
	int r = cgroup_limit(&c->cgroup, &c->spec, err);

	if (r == 0 && chdir(c->dir) < 0)
		r = err_errno(err, -errno, "go to the container's folder");
	if (r == 0)
		r = write_names(c, err);
	if (r == 0 && c->has_options)
		r = apply_sysctls(c, err);
	if (r == 0 && c->has_options)
		r = options_apply(&c->options, &c->cgroup, mounts_dev_fd(&c->mounts), err);
	if (r == 0)
		r = sockets_open(&c->sockets, c->options.sockets, err);
	if (r == 0)
		r = rootfs_mount(&c->spec, err);
	return r == 0 && c->options.mounts.n > 0 ? mount_shares(c, err) : r;
}

void container_filled(struct container *c)
{
	for (size_t i = 0; i < c->options.mounts.n; i++)
		c->options.mounts.list[i].copy = false;
}

static int set_names(const struct container *c, struct err *err)
{
	const char *host = c->spec.hostname, *domain = c->options.domainname;

	if (sethostname(host, strlen(host)) < 0)
		return err_errno(err, -errno, "set the host name to \"%s\"", host);
	if (domain && *domain && setdomainname(domain, strlen(domain)) < 0)
		return err_errno(err, -errno, "set the domain name to \"%s\"", domain);
	return 0;
}

int container_enter(const struct container *c, int tty, struct err *err)
{
	int r = namespaces_join(&c->namespaces);

	if (r == 0 && chdir(c->dir) < 0)
		r = -errno;
	if (r < 0)
		return err_errno(err, r, "join the container's namespaces");
	r = set_names(c, err);
	if (r < 0)
		return r;
	return mounts_enter(&c->mounts,
			    &(struct mounts_wanted){ .spec = &c->spec,
						     .options = c->has_options ? &c->options : NULL,
						     .shares = c->shares,
						     .sockets = &c->sockets,
						     .tty = tty },
			    err);
}

int container_release(struct container *c, struct err *err)
{
	int r;

	source_free(take_ptr(c->oom_source));
	sockets_close(&c->sockets);
	mounts_discard(&c->mounts);
	namespaces_close(&c->namespaces);
	if (chdir(c->dir) < 0)
		return errno == ENOENT ? 0 : err_errno(err, -errno, "go to the container's folder");
	r = shares_unmount(take_ptr(c->shares), err);
	if (r == 0)
		r = rootfs_release(c->spec.slot, err);
	if (r < 0)
		return r;
	r = path_remove_tree(AT_FDCWD, c->dir);
	if (r < 0)
		return err_errno(err, r, "remove the container's folder");
	return cgroup_remove(&c->cgroup, err);
}

void container_free(struct container *c)
{
	if (!c)
		return;
	link_container_reset(&c->spec);
	oci_options_reset(&c->options);
	free(c);
}
