/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Most options are written into files: sysctls and limits into moat-init's
 * own /proc and cgroup, as those that the container sees may be read-only.  Which container a
 * sysctl is set for depends on the namespaces of who sets it; those of the network are the
 * machine's.
 *
 * The host has checked names and values; the kernel judges what they mean.  Paths of mounts are
 * looked up in the container's root, by a process that has no other.
 */
#include "guest/container/options.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "guest/container/places.h"

/* Sets a sysctl.  Its name may be net.ipv4.ip_forward or net/ipv4/ip_forward: the first separator
 * says which. */
static int set_sysctl(const char *assignment, struct err *err)
{
	size_t len = strcspn(assignment, "=");
	cleanup_free char *path = str_printf("/proc/sys/%.*s", (int)len, assignment);
	const char *value = assignment + len + (assignment[len] == '=');
	int r;

	if (!path)
		return err_nomem(err);
	if (assignment[strcspn(assignment, "./=")] == '.')
		for (char *p = path + strlen("/proc/sys/"); *p; p++)
			*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	r = file_set_at(AT_FDCWD, path, value);
	if (r == -ENOENT)
		return err_set(err, -EINVAL, "the container's kernel has no sysctl %.*s", (int)len,
			       assignment);
	return r < 0 ? err_errno(err, r, "set sysctl %.*s to \"%s\"", (int)len, assignment, value)
		     : 0;
}

/* Copies the device nodes of a folder of moat-init's /dev.  Nodes that the container's /dev has
 * already stay as they are. */
static int copy_nodes(const char *from, int to_fd)
{
	cleanup_dir DIR *dir = opendir(from);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		struct stat sb;

		if (fstatat(dirfd(dir), e->d_name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !(S_ISCHR(sb.st_mode) || S_ISBLK(sb.st_mode)) || streq(e->d_name, "console"))
			continue;
		if (mknodat(to_fd, e->d_name, sb.st_mode, sb.st_rdev) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int add_devices(int dev_fd, struct err *err)
{
	static const char *const folders[] = { "net", "mapper" };
	int r = copy_nodes("/dev", dev_fd);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *from = str_printf("/dev/%s", folders[i]);
		cleanup_close int fd = -1;

		if (!from)
			return err_nomem(err);
		if (access(from, F_OK) < 0)
			continue;
		r = path_open_dir(dev_fd, folders[i], 0755, &fd);
		if (r == 0)
			r = copy_nodes(from, fd);
	}
	return r < 0 ? err_errno(err, r, "copy the machine's devices") : 0;
}

int options_set_sysctls(const struct oci_options *o, struct err *err)
{
	int r = 0;

	for (char **s = o->sysctls; r == 0 && *s; s++)
		r = set_sysctl(*s, err);
	return r;
}

int options_apply(const struct oci_options *o, const struct cgroup *cg, int dev_fd, struct err *err)
{
	int r = 0;

	for (char **s = o->cgroup; r == 0 && *s; s++)
		r = cgroup_set(cg, *s, err);
	return r == 0 && o->privileged ? add_devices(dev_fd, err) : r;
}

static int make_writable(const char *path)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

	return mount_setattr(AT_FDCWD, path, 0, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

int options_mount(const struct oci_options *o, const int *share_fds, struct err *err)
{
	static const char *const writable[] = { "/sys", "/sys/fs/cgroup" };
	int r;

	for (size_t i = 0; o->privileged && i < ARRAY_SIZE(writable); i++) {
		r = make_writable(writable[i]);
		if (r < 0)
			return err_errno(err, r, "make %s writable", writable[i]);
	}
	return places_mount(o, share_fds, err);
}

int options_filter(const struct oci_options *o, struct err *err)
{
	struct sock_fprog program = {
		.len = (unsigned short)(o->seccomp.len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(void *)o->seccomp.data,
	};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return err_errno(err, -errno, "install the seccomp filter");
	return 0;
}
