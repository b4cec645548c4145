/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  All of QEMU's files come as descriptors of its jail, which also says how
 * it may come by those it opens by name.  Before, each is looked at: what QEMU would refuse with a
 * line in its log, or take and fail with later, is an error of the start.
 */
#include "engine/qemu/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/str.h"
#include "engine/qemu/calls.h"
#include "jail/zygote.h"

#define OTHER_THREADS	    96
#define MEMORY_MARGIN_BYTES GIB(1)
#define FORKS_MAX	    4096   /* each has a keeper in its zygote's control group */
#define FILE_BYTES	    GIB(1) /* of the largest file it writes: a template's state, a log */
#define FORK_TIMEOUT_MSEC   3000   /* after this, a machine is restored instead */

/* Libraries, QEMU's modules, its firmware. */
static const char *const exposed[] = { "/lib",
				       "/lib64",
				       "/usr/lib",
				       "/usr/lib64",
				       "/usr/local/lib",
				       "/etc/ld.so.cache",
				       "/usr/share/qemu",
				       "/usr/share/seabios",
				       "/usr/local/share/qemu" };

/* QEMU hands out a descriptor of an fdset only for the access it was opened with. */
static int check_access(int fd, int want, const char *what, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return err_errno(err, -errno, "%s", what);
	if ((flags & O_ACCMODE) != want)
		return err_set(err, -EBADF, "%s: opened for the wrong access", what);
	return 0;
}

/* A machine must not be able to change the template it came from, whoever has taken it over. */
static int check_sealed(int fd, struct err *err)
{
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0)
		return err_errno(err, -errno, "template's memory");
	if (!(seals & F_SEAL_WRITE) || !(seals & F_SEAL_SHRINK))
		return err_set(err, -EPERM, "template's memory: not sealed against writing");
	return 0;
}

int qemu_check_disk(const struct machine_disk *d, struct err *err)
{
	return d->fd < 0 ? 0 : check_access(d->fd, d->read_only ? O_RDONLY : O_RDWR, "disk", err);
}

/* A tap without the header of virtio-net (IFF_VNET_HDR) has no offloads, and a template made
 * with them does not fit it. */
static int check_tap(int fd, struct err *err)
{
	struct ifreq req = { 0 };

	if (ioctl(fd, TUNGETIFF, &req) < 0)
		return err_errno(err, -errno, "tap");
	if (!(req.ifr_flags & IFF_TAP) || !(req.ifr_flags & IFF_VNET_HDR))
		return err_set(err, -EINVAL, "tap: not one that has IFF_VNET_HDR");
	return 0;
}

int qemu_check_files(const struct machine *m, struct err *err)
{
	int r = check_access(m->console_fd, O_WRONLY, "console", err);

	for (size_t i = 0; r == 0 && i < m->n_disks; i++)
		r = qemu_check_disk(&m->disks[i], err);
	for (size_t i = 0; r == 0 && i < m->n_nics; i++)
		r = m->nics[i].tap_fd < 0 ? 0 : check_tap(m->nics[i].tap_fd, err);
	if (r == 0 && machine_is_restored(m))
		r = check_sealed(m->from->memory_fd, err);
	return r;
}

/* A jail, and room for the descriptors that go into it. */
struct qemu_jail {
	struct jail jail;
	struct jail_fd fds[JAIL_FDS_MAX];
};

static int add_fd(struct qemu_jail *j, const char *name, int fd)
{
	j->fds[j->jail.n_fds] = (struct jail_fd){ .name = name, .fd = fd };
	return JAIL_FD_FIRST + (int)j->jail.n_fds++;
}

/* QEMU opens these by name only. */
static int add_named_fd(struct qemu_jail *j, const char *name, int fd)
{
	j->fds[j->jail.n_fds] = (struct jail_fd){ .name = name, .fd = fd, .reopen = true };
	return JAIL_FD_FIRST + (int)j->jail.n_fds++;
}

static int add_memory_fd(struct qemu_jail *j, int fd)
{
	j->fds[j->jail.n_fds] = (struct jail_fd){ .name = "memory", .fd = fd, .memory = true };
	return JAIL_FD_FIRST + (int)j->jail.n_fds++;
}

static int open_library(const char *name, int *ret_fd, struct err *err)
{
	cleanup_free char *path = NULL;
	int r = locate_library(name, &path, err);

	if (r < 0)
		return r;
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_errno(err, -errno, "%s", path) : 0;
}

static void add_library(struct qemu_jail *j, const char *name, int fd)
{
	(void)add_named_fd(j, name, fd);
	j->fds[j->jail.n_fds - 1].library = true;
}

/* Passes on the descriptors of devices.  @nowhere: for NICs that have no tap */
static void add_devices(struct qemu_jail *j, const struct machine *m, int nowhere,
			struct qemu_start *s)
{
	for (size_t i = 0; i < m->n_nics; i++) {
		int tap = m->nics[i].tap_fd;

		s->nic_fds[i] = add_fd(j, "NIC", tap >= 0 ? tap : nowhere);
	}
	for (size_t i = 0; i < m->n_shares; i++)
		if (m->shares[i].fd >= 0)
			s->share_fds[i] = add_fd(j, "share", m->shares[i].fd);
	for (size_t i = 0; i < m->n_disks; i++)
		if (m->disks[i].fd >= 0)
			s->disk_fds[i] = add_fd(j, "disk", m->disks[i].fd);
}

/*
 * A socket that nobody reads.  A tap of no network would do as well, but its end takes the kernel
 * tens of milliseconds, for which QEMU's process stays.
 */
static int open_nowhere(int *ret_fd, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "socket for the NIC");
	close(pair[1]);
	*ret_fd = pair[0];
	return 0;
}

/*
 * Memory beside the guest's: translated code, the state that is loaded, heaps.  Threads: one for
 * each processor, up to 64 that QEMU makes for disks, and a few.
 */
static void set_bounds(struct jail *j, const struct machine *m)
{
	/* One processor more than the guest has, for QEMU's own work. */
	j->cpus = m->cpus < sysconf(_SC_NPROCESSORS_ONLN) ? m->cpus + 1 : 0;
	j->threads = m->cpus + OTHER_THREADS;
	j->memory_bytes = m->memory_bytes + MEMORY_MARGIN_BYTES;
	j->file_bytes = FILE_BYTES;
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct machine_disk *d = &m->disks[i];
		uint64_t size = d->size_bytes;
		struct stat st;

		if (d->fd >= 0 && fstat(d->fd, &st) == 0)
			size = (uint64_t)st.st_size;
		if (!d->read_only && size > j->file_bytes)
			j->file_bytes = size;
	}
}

/* Descriptors that QEMU gets beside the machine's own; closed here once it has them. */
struct extras {
	int library, zygote_library, filter, nowhere;
	char *setting;
};

#define EXTRAS_NONE ((struct extras){ -1, -1, -1, -1, NULL })

static void extras_reset(struct extras *e)
{
	fd_close(&e->library);
	fd_close(&e->zygote_library);
	fd_close(&e->filter);
	fd_close(&e->nowhere);
	free(e->setting);
}

static int open_extras(const struct machine *m, const struct jail *j, struct extras *e,
		       struct err *err)
{
	int r = open_nowhere(&e->nowhere, err);

	if (r == 0 && machine_is_restored(m))
		r = open_library(ENGINE_CLONE_LIBRARY, &e->library, err);
	if (r == 0 && m->forks)
		r = open_library(JAIL_ZYGOTE_LIBRARY, &e->zygote_library, err);
	return r == 0 && m->forks ? zygote_filter(j, &e->filter, err) : r;
}

/* Numbers the descriptors.  Those of a zygote are also those of what is forked of it, where
 * qemu_fork() finds them.  First come those that every machine of one description has. */
static void lay_out(struct qemu_jail *j, const struct machine *m, int qmp_fd,
		    const struct extras *e, struct qemu_start *s)
{
	if (machine_is_restored(m))
		add_library(j, ENGINE_CLONE_LIBRARY, e->library);
	if (m->from)
		s->memory_fd = add_memory_fd(j, m->from->memory_fd);
	if (machine_is_restored(m))
		s->state_fd = add_fd(j, "state", m->from->state_fd);
	if (!machine_is_restored(m)) {
		s->kernel_fd = add_named_fd(j, "kernel", m->kernel_fd);
		s->initrd_fd = add_named_fd(j, "initramfs", m->initrd_fd);
	}
	s->link_fd = add_fd(j, "link", m->link_fd);
	s->qmp_fd = add_fd(j, "QMP", qmp_fd);
	s->console_fd = add_fd(j, "console", m->console_fd);
	add_devices(j, m, e->nowhere, s);
}

static int add_zygote(struct qemu_jail *j, const struct machine *m, struct extras *e,
		      struct err *err)
{
	int socket_fd, filter_fd;

	if (!m->forks)
		return 0;
	add_library(j, JAIL_ZYGOTE_LIBRARY, e->zygote_library);
	socket_fd = add_fd(j, "zygote", m->forks_fd);
	filter_fd = add_fd(j, "filter", e->filter);
	e->setting = zygote_setting(socket_fd, filter_fd);
	j->jail.setting = e->setting;
	return e->setting ? 0 : err_nomem(err);
}

static void describe_jail(const struct machine *m, enum qemu_accel accel, struct jail *j)
{
	*j = (struct jail){ .log_fd = m->log_fd,
			    .syscalls = qemu_calls,
			    .n_syscalls = qemu_n_calls,
			    .ioctls = qemu_ioctls,
			    .n_ioctls = qemu_n_ioctls(accel == QEMU_KVM),
			    .forks = m->forks ? FORKS_MAX : 0 };
	set_bounds(j, m);
}

int qemu_spawn(const struct machine *m, struct qemu_start *s, int qmp_fd, struct qemu_process *ret,
	       struct err *err)
{
	const char *const none[] = { NULL }, *const kvm[] = { "/dev/kvm", NULL };
	const char *expose[ARRAY_SIZE(exposed) + 2] = { s->binary };
	cleanup(extras_reset) struct extras extras = EXTRAS_NONE;
	cleanup_strv char **argv = NULL;
	struct qemu_jail j;
	int r;

	describe_jail(m, s->accel, &j.jail);
	for (size_t i = 0; i < ARRAY_SIZE(exposed); i++)
		expose[i + 1] = exposed[i];
	j.jail.expose = expose;
	j.jail.devices = s->accel == QEMU_KVM ? kvm : none;
	j.jail.fds = j.fds;
	r = open_extras(m, &j.jail, &extras, err);
	if (r < 0)
		return r;
	lay_out(&j, m, qmp_fd, &extras, s);
	r = add_zygote(&j, m, &extras, err);
	if (r == 0)
		r = qemu_cmdline(s, m, &argv, err);
	if (r < 0)
		return r;
	j.jail.argv = argv;
	ret->life_fd = -1;
	return jail_spawn(&j.jail, &ret->pid, &ret->pidfd, &ret->group, err);
}

static void add_move(struct zygote_fork *f, struct zygote_move *moves, int fd, int to)
{
	moves[f->n_moves++] = (struct zygote_move){ fd, to };
}

int qemu_fork(const struct machine *m, int zygote_fd, int qmp_fd, struct qemu_process *ret,
	      struct err *err)
{
	struct zygote_move moves[JAIL_FDS_MAX + 2];
	cleanup(extras_reset) struct extras extras = EXTRAS_NONE;
	struct qemu_start s = { .accel = QEMU_TCG };
	struct qemu_jail j;
	struct zygote_fork f = {
		.fd = zygote_fd, .j = &j.jail, .moves = moves, .timeout_msec = FORK_TIMEOUT_MSEC
	};
	struct zygote_child child;
	int r = open_nowhere(&extras.nowhere, err);

	if (r < 0)
		return r;
	describe_jail(m, s.accel, &j.jail);
	lay_out(&j, m, qmp_fd, &extras, &s);
	for (size_t i = 0; i < j.jail.n_fds; i++)
		if (JAIL_FD_FIRST + (int)i >= s.link_fd)
			add_move(&f, moves, j.fds[i].fd, JAIL_FD_FIRST + (int)i);
	add_move(&f, moves, m->log_fd, STDOUT_FILENO);
	r = zygote_fork(&f, &child, err);
	if (r == 0)
		*ret = (struct qemu_process){ child.pid, child.pidfd, child.life_fd, child.group };
	return r;
}
