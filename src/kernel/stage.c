/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A kernel and its initramfs (modules and moat-init) are put together in a
 * folder ".new", synced, and renamed to the hash of both; so there are only whole pairs, and making
 * the same again changes nothing.  The file "init" beside them holds the hash of the moat-init
 * that is inside.
 *
 * The kernel file is the user's own choice; only its size is bounded.
 */
#include "kernel/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/initramfs.h"
#include "kernel/unpack.h"

#define KERNEL_MAX_BYTES MIB(512)
#define STAGING		 ".new"
#define INIT_HASH	 "init"

/* The folder in which a pair is put together. */
struct staging {
	struct kernel_store *ks;
	int fd;
	/* Of kernel and initramfs, one after the other; the pair's hash covers both. */
	char hashes[2 * SHA256_HEX_LEN + 1];
};

static void staging_close(struct staging *s)
{
	fd_close(&s->fd);
}

/* Everybody may read the file, as the engine's process has a user of its own; the folder above
 * lets nobody else in. */
static int create_file(int dir_fd, const char *name)
{
	cleanup_close int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Makes a finished file durable, and finds its hash. */
static int seal_file(int fd, char ret_hex[SHA256_HEX_LEN + 1])
{
	if (fsync(fd) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return hash_fd(fd, ret_hex);
}

/*
 * Reads the release of a kernel image by the x86 boot protocol: "HdrS" at 0x202, and 16 bits at
 * 0x20e that lead to the text, 0x200 before it.  Empty when there is none.
 */
static void read_version(int fd, char ret[KERNEL_VERSION_MAX])
{
	unsigned char header[0x210];
	size_t len = 0;

	memset(ret, 0, KERNEL_VERSION_MAX);
	if (fd_pread_exact(fd, header, sizeof(header), 0) < 0 ||
	    memcmp(header + 0x202, "HdrS", 4) != 0 ||
	    fd_pread_exact(fd, ret, KERNEL_VERSION_MAX - 1,
			   0x200u + header[0x20e] + ((unsigned)header[0x20f] << 8)) < 0)
		memset(ret, 0, KERNEL_VERSION_MAX);
	while (ret[len] > 0x20 && ret[len] < 0x7f)
		len++;
	ret[len] = '\0';
}

static int write_version(int kernel_fd, int dir_fd)
{
	char version[KERNEL_VERSION_MAX];

	read_version(kernel_fd, version);
	return file_write_atomic(dir_fd, "version", version, strlen(version), 0600);
}

/* Is the file a bzImage ("HdrS" at 0x202), an ELF file, or arm64's Image ("ARM\x64" at 56)? */
static bool is_kernel(int fd)
{
	unsigned char head[0x206];

	return fd_pread_exact(fd, head, sizeof(head), 0) == 0 &&
	       (memcmp(head, "\177ELF", 4) == 0 || memcmp(head + 0x202, "HdrS", 4) == 0 ||
		memcmp(head + 56, "ARM\x64", 4) == 0);
}

static int copy_kernel(struct staging *s, const char *path, struct err *err)
{
	cleanup_close int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	cleanup_close int to = -1;
	bool device_parameters;
	struct stat sb;
	int r;

	if (from < 0 || fstat(from, &sb) < 0)
		return err_errno(err, -errno, "kernel %s", path);
	if (!S_ISREG(sb.st_mode) || (uint64_t)sb.st_size > KERNEL_MAX_BYTES || !is_kernel(from))
		return err_set(err, -EINVAL,
			       "kernel %s: not a kernel image; a bzImage or an ELF file is needed",
			       path);
	to = create_file(s->fd, "vmlinuz");
	if (to < 0)
		return err_errno(err, to, "copy of kernel %s", path);
	r = kernel_unpack(from, to, &device_parameters, err);
	if (r < 0)
		return r;
	r = write_version(from, s->fd);
	if (r == 0 && device_parameters)
		r = file_write_atomic(s->fd, KERNEL_PARAMETERS, "", 0, 0600);
	if (r == 0)
		r = seal_file(to, s->hashes);
	return r < 0 ? err_errno(err, r, "copy of kernel %s", path) : 0;
}

static int note_init(const struct staging *s)
{
	cleanup_close int fd = open(s->ks->init_path, O_RDONLY | O_CLOEXEC);
	char hash[SHA256_HEX_LEN + 1];
	int r = fd < 0 ? -errno : hash_fd(fd, hash);

	return r < 0 ? r : file_write_atomic(s->fd, INIT_HASH, hash, SHA256_HEX_LEN, 0600);
}

/* Builds an initramfs from modules, or from the one in @old_fd where that is given. */
static int build_initrd(struct staging *s, const char *modules, int old_fd, struct err *err)
{
	cleanup_close int fd = create_file(s->fd, "initrd");
	int r;

	if (fd < 0)
		return err_errno(err, fd, "initramfs");
	if (old_fd >= 0)
		r = initramfs_update(old_fd, s->ks->init_path, fd, err);
	else
		r = initramfs_build(s->ks->init_path, modules && *modules ? modules : NULL, fd,
				    err);
	if (r < 0)
		return r;
	r = seal_file(fd, s->hashes + SHA256_HEX_LEN);
	if (r == 0)
		r = note_init(s);
	return r < 0 ? err_errno(err, r, "initramfs") : 0;
}

static int open_staging(struct staging *s, struct err *err)
{
	int r = path_remove_tree(s->ks->fd, STAGING);

	if (r == 0)
		r = path_open_dir(s->ks->fd, STAGING, 0700, &s->fd);
	return r < 0 ? err_errno(err, r, "%s", s->ks->path) : 0;
}

static int seal_staging(const struct staging *s, char ret_hash[SHA256_HEX_LEN + 1], struct err *err)
{
	int r = fsync(s->fd) < 0 ? -errno : hash_bytes(s->hashes, 2 * SHA256_HEX_LEN, ret_hash);

	return r < 0 ? err_errno(err, r, "%s", s->ks->path) : 0;
}

int kernel_stage(struct kernel_store *ks, const char *kernel, const char *modules,
		 char ret_hash[SHA256_HEX_LEN + 1], struct err *err)
{
	cleanup(staging_close) struct staging s = { .ks = ks, .fd = -1 };
	int r = open_staging(&s, err);

	if (r == 0)
		r = copy_kernel(&s, kernel, err);
	if (r == 0)
		r = build_initrd(&s, modules, -1, err);
	return r == 0 ? seal_staging(&s, ret_hash, err) : r;
}

static int copy_kernel_of(struct staging *s, const char *hash, struct err *err)
{
	static const char *const names[] = { "vmlinuz", "version", KERNEL_PARAMETERS };
	cleanup_close int fd = -1;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *from = str_printf("%s/%s", hash, names[i]);

		if (!from)
			return err_nomem(err);
		if (linkat(s->ks->fd, from, s->fd, names[i], 0) < 0 &&
		    !(errno == ENOENT && streq(names[i], KERNEL_PARAMETERS)))
			return err_errno(err, -errno, "%s/%s", s->ks->path, from);
	}
	fd = openat(s->fd, "vmlinuz", O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : hash_fd(fd, s->hashes);
	return r < 0 ? err_errno(err, r, "copy of the kernel") : 0;
}

int kernel_stage_update(struct kernel_store *ks, const char *hash,
			char ret_hash[SHA256_HEX_LEN + 1], struct err *err)
{
	cleanup_free char *initrd = str_printf("%s/initrd", hash);
	cleanup(staging_close) struct staging s = { .ks = ks, .fd = -1 };
	cleanup_close int old_fd = -1;
	int r = initrd ? open_staging(&s, err) : err_nomem(err);

	if (r < 0)
		return r;
	old_fd = openat(ks->fd, initrd, O_RDONLY | O_CLOEXEC);
	if (old_fd < 0)
		return err_errno(err, -errno, "%s/%s", ks->path, initrd);
	r = copy_kernel_of(&s, hash, err);
	if (r == 0)
		r = build_initrd(&s, NULL, old_fd, err);
	return r == 0 ? seal_staging(&s, ret_hash, err) : r;
}

int kernel_publish(struct kernel_store *ks, const char *hash, struct err *err)
{
	int r = 0;

	if (renameat(ks->fd, STAGING, ks->fd, hash) < 0) {
		if (errno != EEXIST && errno != ENOTEMPTY)
			return err_errno(err, -errno, "%s/%s", ks->path, hash);
		r = path_remove_tree(ks->fd, STAGING);
	}
	if (r == 0 && fsync(ks->fd) < 0)
		r = -errno;
	return r < 0 ? err_errno(err, r, "%s", ks->path) : 0;
}

void kernel_unstage(struct kernel_store *ks)
{
	(void)path_remove_tree(ks->fd, STAGING);
}

bool kernel_is_outdated(struct kernel_store *ks, const char *hash)
{
	cleanup_free char *name = str_printf("%s/" INIT_HASH, hash);
	cleanup_close int fd = open(ks->init_path, O_RDONLY | O_CLOEXEC);
	cleanup(buf_reset) struct buf noted = BUF_INIT;
	char installed[SHA256_HEX_LEN + 1];

	if (!name || fd < 0 || hash_fd(fd, installed) < 0)
		return false;
	return file_read_at(ks->fd, name, SHA256_HEX_LEN, &noted) < 0 || !noted.data ||
	       !streq(noted.data, installed);
}
