/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Modules are found by modules.dep, read through libarchive's filters (which
 * undo .gz, .xz, .zst or nothing), and written with /init and the folders it mounts things
 * on.  Times are zero and owners root, so equal content makes equal archives.
 *
 * The files come with a kernel an administrator chose; their sizes are bounded all the same.
 */
#include "kernel/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/modules.h"

#define FILE_MAX  MIB(64)
#define READ_STEP KIB(64)

/* Modules for the guest's disks, link and network, and for giving memory back; ext4 is mostly built
 * in. */
static const struct wanted_module wanted[] = {
	{ "virtio_mmio" },
	{ "virtio_blk" },
	{ "virtio_console" },
	{ "virtio_balloon", true },
	{ "virtio_net", true },
	{ "macvlan", true },
	{ "fuse", true },
	{ "erofs" },
	{ "ext4" },
	{ "overlay" },
	{ NULL },
};

static const char *const folders[] = { "dev", "proc", "sys", "run", "rootfs", "modules" };

DEFINE_CLEANUP(struct archive_entry, archive_entry_free)

static int archive_failure(struct archive *a, const char *what, struct err *err)
{
	int code = archive_errno(a) > 0 ? -archive_errno(a) : -EIO;
	const char *text = archive_error_string(a);

	return err_set(err, code, "%s: %s", what, text ? text : "archive error");
}

/* @mode: type and permissions; @data: of files only */
static int add_entry(struct archive *a, const char *path, mode_t mode, const struct buf *data,
		     struct err *err)
{
	cleanup(archive_entry_free_cleanup_fn) struct archive_entry *e = archive_entry_new();
	size_t len = data ? data->len : 0;

	if (!e)
		return err_errno(err, -ENOMEM, "initramfs");
	archive_entry_set_pathname(e, path);
	archive_entry_set_mode(e, mode);
	archive_entry_set_mtime(e, 0, 0);
	archive_entry_set_size(e, (la_int64_t)len);
	if (S_ISCHR(mode)) {
		archive_entry_set_rdevmajor(e, 5);
		archive_entry_set_rdevminor(e, 1);
	}
	if (archive_write_header(a, e) != ARCHIVE_OK)
		return archive_failure(a, path, err);
	if (len > 0 && archive_write_data(a, data->data, len) != (la_ssize_t)len)
		return archive_failure(a, path, err);
	return 0;
}

static int read_all(struct archive *a, const char *path, struct buf *b, struct err *err)
{
	for (;;) {
		la_ssize_t n;

		if (b->len > FILE_MAX)
			return err_set(err, -EFBIG, "%s: too large", path);
		if (buf_reserve(b, READ_STEP) < 0)
			return err_errno(err, -ENOMEM, "%s", path);
		n = archive_read_data(a, b->data + b->len, READ_STEP);
		if (n < 0)
			return archive_failure(a, path, err);
		if (n == 0)
			return 0;
		b->len += (size_t)n;
	}
}

/* The content of a file, decompressed where it is compressed. */
static int read_module(int dir_fd, const char *path, struct buf *b, struct err *err)
{
	cleanup_close int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	struct archive *a = NULL;
	struct archive_entry *e;
	int r;

	if (fd < 0)
		return err_errno(err, -errno, "kernel module %s", path);
	a = archive_read_new();
	if (!a)
		return err_errno(err, -ENOMEM, "kernel module %s", path);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_fd(a, fd, READ_STEP) != ARCHIVE_OK ||
	    archive_read_next_header(a, &e) != ARCHIVE_OK)
		r = archive_failure(a, path, err);
	else
		r = read_all(a, path, b, err);
	archive_read_free(a);
	return r;
}

static int add_module(struct archive *a, int dir_fd, const char *path, struct buf *list,
		      struct err *err)
{
	cleanup(buf_reset) struct buf content = BUF_INIT;
	cleanup_free char *name = modules_name(path);
	cleanup_free char *target = name ? str_printf("modules/%s.ko", name) : NULL;
	int r;

	if (!target || buf_addf(list, "%s.ko\n", name) < 0)
		return err_errno(err, -ENOMEM, "initramfs");
	r = read_module(dir_fd, path, &content, err);
	return r == 0 ? add_entry(a, target, S_IFREG | 0644, &content, err) : r;
}

static int read_modules_file(int dir_fd, const char *name, struct buf *b, struct err *err)
{
	int r = file_read_at(dir_fd, name, FILE_MAX, b);

	if (r == 0)
		r = buf_adds(b, "");
	return r < 0 ? err_errno(err, r, "%s of the kernel", name) : 0;
}

static int add_modules(struct archive *a, const char *modules_dir, struct err *err)
{
	cleanup_close int dir_fd = open(modules_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(buf_reset) struct buf dep = BUF_INIT, builtin = BUF_INIT, list = BUF_INIT;
	cleanup_strv char **paths = NULL;
	int r;

	if (dir_fd < 0)
		return err_errno(err, -errno, "kernel modules %s", modules_dir);
	r = read_modules_file(dir_fd, "modules.dep", &dep, err);
	if (r == 0)
		r = read_modules_file(dir_fd, "modules.builtin", &builtin, err);
	if (r == 0)
		r = modules_resolve(dep.data, builtin.data, wanted, &paths, err);
	for (size_t i = 0; r == 0 && paths && paths[i]; i++)
		r = add_module(a, dir_fd, paths[i], &list, err);
	return r == 0 ? add_entry(a, "modules/list", S_IFREG | 0644, &list, err) : r;
}

static int add_init(struct archive *a, const char *init_path, struct err *err)
{
	cleanup_close int fd = open(init_path, O_RDONLY | O_CLOEXEC);
	cleanup(buf_reset) struct buf content = BUF_INIT;
	int r = fd < 0 ? -errno : fd_read_file(fd, FILE_MAX, &content);

	if (r < 0)
		return err_errno(err, r, "%s", init_path);
	return add_entry(a, "init", S_IFREG | 0755, &content, err);
}

static int add_folders(struct archive *a, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = add_entry(a, folders[i], S_IFDIR | 0755, NULL, err);
	return r == 0 ? add_entry(a, "dev/console", S_IFCHR | 0600, NULL, err) : r;
}

typedef int (*fill_fn)(struct archive *a, const void *arg, struct err *err);

static int write_archive(int out_fd, fill_fn fn, const void *arg, struct err *err)
{
	struct archive *a = archive_write_new();
	int r;

	if (!a)
		return err_errno(err, -ENOMEM, "initramfs");
	archive_write_set_format_cpio_newc(a);
	archive_write_set_bytes_in_last_block(a, 1);
	if (archive_write_open_fd(a, out_fd) != ARCHIVE_OK)
		r = archive_failure(a, "initramfs", err);
	else
		r = fn(a, arg, err);
	if (r == 0 && archive_write_close(a) != ARCHIVE_OK)
		r = archive_failure(a, "initramfs", err);
	archive_write_free(a);
	return r < 0 ? err_wrap(err, "initramfs") : 0;
}

struct sources {
	const char *init_path;
	const char *modules_dir;
	struct archive *old;
};

static int fill_new(struct archive *a, const void *arg, struct err *err)
{
	const struct sources *s = arg;
	int r = add_folders(a, err);

	if (r == 0)
		r = add_init(a, s->init_path, err);
	if (r == 0 && s->modules_dir)
		r = add_modules(a, s->modules_dir, err);
	return r;
}

int initramfs_build(const char *init_path, const char *modules_dir, int out_fd, struct err *err)
{
	const struct sources s = { .init_path = init_path, .modules_dir = modules_dir };

	return write_archive(out_fd, fill_new, &s, err);
}

/* Copies one entry.  Return: 1; 0 at the end; -errno with a message. */
static int copy_entry(struct archive *from, struct archive *to, const char *init_path,
		      struct err *err)
{
	cleanup(buf_reset) struct buf content = BUF_INIT;
	struct archive_entry *e;
	const char *path;
	int r = archive_read_next_header(from, &e);

	if (r == ARCHIVE_EOF)
		return 0;
	path = r == ARCHIVE_OK ? archive_entry_pathname(e) : NULL;
	if (!path)
		return err_set(err, -EBADMSG, "not an archive of moat's");
	if (streq(path, "init")) {
		r = add_init(to, init_path, err);
	} else {
		r = read_all(from, path, &content, err);
		if (r == 0)
			r = add_entry(to, path, archive_entry_mode(e), &content, err);
	}
	return r < 0 ? r : 1;
}

static int fill_updated(struct archive *a, const void *arg, struct err *err)
{
	const struct sources *s = arg;
	int r;

	do {
		r = copy_entry(s->old, a, s->init_path, err);
	} while (r > 0);
	return r;
}

int initramfs_update(int in_fd, const char *init_path, int out_fd, struct err *err)
{
	struct sources s = { .init_path = init_path, .old = archive_read_new() };
	int r;

	if (!s.old)
		return err_errno(err, -ENOMEM, "initramfs");
	archive_read_support_format_cpio(s.old);
	if (archive_read_open_fd(s.old, in_fd, READ_STEP) != ARCHIVE_OK)
		r = archive_failure(s.old, "initramfs", err);
	else
		r = write_archive(out_fd, fill_updated, &s, err);
	archive_read_free(s.old);
	return r;
}
