/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The process first goes where the container's files are (root.c), volumes
 * and all.  It reports that it has begun when the files asked for are there, or when it has filled
 * volumes, which stay so.  From then on what was done cannot be taken back, and errors are told at
 * the end, on standard error.
 *
 * After the change of the root everything met is the container's: names, links, file types and
 * contents are hostile, and may change while they are looked at.
 */
#include "guest/files/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path-text.h"
#include "base/str.h"
#include "guest/container/rootfs.h"
#include "guest/files/changes.h"
#include "guest/files/output.h"
#include "guest/files/path.h"
#include "guest/files/root.h"
#include "guest/process/child.h"
#include "guest/process/report.h"
#include "guest/process/users.h"
#include "tar/made-up.h"
#include "tar/pack.h"
#include "tar/unpack.h"

#define FREEZE_WAIT_MSEC 2000
#define TAIL_MAX	 MIB(1) /* bytes behind an archive's end that are read and dropped */

void files_begin(struct files_job *job)
{
	if (job->status_fd < 0)
		return;
	report_send(job->status_fd, 0, "");
	fd_close(&job->status_fd);
}

/* Is this the container's /dev, where that is a file system of its own? */
static bool is_dev(int fd)
{
	struct stat sb, dev, root;

	return fstat(fd, &sb) == 0 && stat("/dev", &dev) == 0 && stat("/", &root) == 0 &&
	       sb.st_dev == dev.st_dev && dev.st_dev != root.st_dev;
}

/* The time of change.  Anybody can set any time, and nanoseconds in 64 bits end in the year 2262:
 * later times are cut. */
static int64_t mtime_of(const struct stat *sb)
{
	const int64_t most = INT64_MAX / (int64_t)NSEC_PER_SEC - 1;
	int64_t sec = sb->st_mtim.tv_sec;

	sec = sec > most ? most : sec < -most ? -most : sec;
	return sec * (int64_t)NSEC_PER_SEC + sb->st_mtim.tv_nsec;
}

static bool holds_files(int fd)
{
	return !tar_is_made_up(fd) && !is_dev(fd);
}

static int no_such_path(int code, const char *path, struct err *err)
{
	if (code == -ENOENT)
		return err_set(err, code, "Could not find the file %s", path);
	if (code == -ENOTDIR)
		return err_set(err, code, "%s: not a directory", path);
	return err_errno(err, code, "%s", path);
}

static int put_stat(struct files_output *out, const struct stat *sb, const char *target)
{
	cleanup(buf_reset) struct buf b = BUF_INIT, framed = BUF_INIT;
	struct link_stat s = {
		.size_bytes = (uint64_t)sb->st_size,
		.mode = sb->st_mode,
		.mtime_nsec = mtime_of(sb),
		.target = (char *)(uintptr_t)target,
	};
	int r = link_stat_put(&b, &s);

	if (r == 0)
		r = wire_put_bytes(&framed, b.data, b.len);
	return r == 0 ? files_write(out, framed.data, framed.len) : r;
}

static unsigned pack_flags(const struct link_files *f)
{
	return TAR_PACK_XATTRS | (f->flags & LINK_FILES_SPARSE ? TAR_PACK_SPARSE : 0u);
}

static int send_tree(const struct link_files *f, struct files_output *out, int dir_fd,
		     const char *name, struct err *err)
{
	cleanup(tar_pack_reset) struct tar_pack p = {
		.write = files_write, .arg = out, .flags = pack_flags(f), .enters = holds_files
	};
	cleanup_free char *as = path_base(f->path);
	int r = as ? tar_pack_tree(&p, dir_fd, name, as, err) : err_errno(err, -ENOMEM, "pack");

	return r == 0 ? tar_pack_end(&p, err) : r;
}

/* Checked before the archive begins: later an error can only break it off. */
static int check_file(int dir_fd, const char *name, const struct stat *sb)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	cleanup(buf_reset) struct buf content = BUF_INIT;
	cleanup_close int fd = -1;
	int r;

	if (!S_ISREG(sb->st_mode))
		return 0;
	fd = openat(dir_fd, name, flags);
	if (fd < 0)
		return -errno;
	r = tar_read_made_up(fd, sb, &content);
	return r < 0 ? r : 0;
}

/* Volumes are filled when they are mounted, whatever comes of the operation. */
static int enter_root(struct files_job *job, struct err *err)
{
	int r = files_enter_root(job->container, job->files, err);

	if (r == 0 && files_mount_shares(job->container, job->files))
		files_begin(job);
	return r;
}

static int stat_and_get(struct files_job *job, struct files_output *out, struct err *err)
{
	const struct link_files *f = job->files;
	cleanup_free char *name = NULL, *target = NULL;
	cleanup_close int dir_fd = -1;
	struct stat sb;
	int r = enter_root(job, err);

	if (r < 0)
		return r;
	r = files_locate(f->path, &dir_fd, &name);
	if (r == 0 && fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	if (r == 0 && S_ISLNK(sb.st_mode))
		r = files_follow(f->path, &target);
	if (r == 0 && f->op == LINK_FILES_GET)
		r = check_file(dir_fd, name, &sb);
	if (r < 0)
		return no_such_path(r, f->path, err);
	files_begin(job);
	r = put_stat(out, &sb, target);
	if (r < 0)
		return err_errno(err, r, "%s", f->path);
	return f->op == LINK_FILES_GET ? send_tree(f, out, dir_fd, name, err) : 0;
}

static int find_owner(const char *spec, struct tar_unpack *u, struct err *err)
{
	cleanup(user_reset) struct user who = { 0 };
	int r;

	if (!*spec)
		return 0;
	r = child_look_up_user(spec, NULL, &who, err);
	if (r < 0)
		return r;
	u->has_owner = true;
	u->uid = who.uid;
	u->gid = who.gid;
	return 0;
}

/* Reads the padding behind an archive's end: the sender's write would fail else. */
static void drain_archive(struct tar_reader *r)
{
	size_t left = TAIL_MAX;
	ssize_t n;

	do {
		n = r->read(r->arg, r->in, sizeof(r->in));
		left -= n > 0 && (size_t)n < left ? (size_t)n : 0;
	} while (n > 0 && left > sizeof(r->in));
}

/* @fd: of a folder, perhaps O_PATH */
static int write_back(int fd, struct err *err)
{
	cleanup_close int dir_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir_fd < 0 || syncfs(dir_fd) < 0)
		return err_errno(err, -errno, "write to the disk");
	return 0;
}

static int unpack_archive(struct files_job *job, struct err *err)
{
	const struct link_files *f = job->files;
	const struct container *c = job->container;
	int in = STDIN_FILENO;
	struct tar_unpack u = { .flags = TAR_UNPACK_OWNERS | TAR_UNPACK_DEVICES |
					 TAR_UNPACK_PRIVILEGES };
	struct tar_reader reader = { .read = tar_read_fd, .arg = &in };
	cleanup_free char *name = NULL, *folder = str_printf("%s/", f->path);
	cleanup_close int dir_fd = -1;
	int r = enter_root(job, err);

	if (r < 0)
		return r;
	r = folder ? files_locate(folder, &dir_fd, &name) : -ENOMEM;
	if (r == -ENOTDIR)
		return err_set(err, r, "extraction point is not a directory");
	if (r < 0)
		return no_such_path(r, f->path, err);
	r = files_check_writable(c, dir_fd, err);
	if (r == 0)
		r = find_owner(f->user, &u, err);
	if (r < 0)
		return r;
	files_begin(job);
	u.dir_fd = dir_fd;
	u.flags |= f->flags & LINK_FILES_KEEP_FOLDERS ? TAR_UNPACK_KEEP_FOLDERS : 0u;
	r = tar_unpack(&reader, &u, err);
	tar_reader_reset(&reader);
	if (r == 0)
		drain_archive(&reader);
	/* The files are synced: the machine may have been started for this alone, and be ended
	 * right after. */
	if (r == 0 && c->first_pid == 0)
		r = write_back(dir_fd, err);
	return r;
}

static int export_tree(struct files_job *job, struct files_output *out, struct err *err)
{
	cleanup(tar_pack_reset) struct tar_pack p = {
		.write = files_write,
		.arg = out,
		.flags = pack_flags(job->files) | TAR_PACK_NOT_MOUNTS,
	};
	int r;

	files_begin(job);
	r = tar_pack_tree(&p, AT_FDCWD, ROOT_DIR, "", err);
	return r == 0 ? tar_pack_end(&p, err) : r;
}

/* Waits until the container is frozen: files read before that may be half-written. */
static void await_freeze(const struct cgroup *cg)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int i = 0; i < FREEZE_WAIT_MSEC; i++) {
		cleanup(buf_reset) struct buf b = BUF_INIT;

		if (file_read_at(cg->fd, "cgroup.events", 4096, &b) < 0 ||
		    strstr(b.data ? b.data : "frozen 1", "frozen 1"))
			return;
		nanosleep(&pause, NULL);
	}
}

static int compare_with_image(struct files_job *job, struct files_output *out, struct err *err)
{
	if (job->container->spec.root_readonly && job->files->op == LINK_FILES_CHANGES) {
		files_begin(job);
		return 0;
	}
	if (job->files->flags & LINK_FILES_FREEZE)
		await_freeze(&job->container->cgroup);
	files_begin(job);
	if (job->files->op == LINK_FILES_CHANGES)
		return files_changes(out, err);
	return files_layer(out, pack_flags(job->files), err);
}

static int run_request(struct files_job *job, struct files_output *out, struct err *err)
{
	switch (job->files->op) {
	case LINK_FILES_STAT:
	case LINK_FILES_GET:
		return stat_and_get(job, out, err);
	case LINK_FILES_PUT:
		return unpack_archive(job, err);
	case LINK_FILES_EXPORT:
		return export_tree(job, out, err);
	case LINK_FILES_CHANGES:
	case LINK_FILES_LAYER:
		break;
	}
	return compare_with_image(job, out, err);
}

void files_run(struct files_job *job)
{
	static struct files_output out; /* no initializer, which would be 64 KiB of moat-init */
	cleanup(buf_reset) struct buf b = BUF_INIT;
	struct err err = { 0 };
	int r;

	out.fd = STDOUT_FILENO;
	r = chdir(job->container->dir) < 0 ? err_errno(&err, -errno, "go to the container's folder")
					   : run_request(job, &out, &err);

	if (job->status_fd >= 0) { /* the operation has not begun */
		report_send(job->status_fd, r < 0 ? r : -EIO, err.msg);
		_exit(125);
	}
	if (r == 0 && (r = files_flush(&out)) < 0)
		err_errno(&err, r, "write");
	err.code = r;
	close(STDOUT_FILENO);
	if (link_outcome_put(&b, &err) == 0)
		(void)fd_write_all(STDERR_FILENO, b.data, b.len);
	_exit(r < 0 ? 1 : 0);
}
