/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A kernel and its initramfs (modules and moat-init) are put together in a
 * folder ".new", synced, and renamed to the hash of both; then the link "current" is replaced by
 * rename.  So "current" always leads to a whole pair, and setting the same again changes nothing.
 * The file "init" beside them holds the hash of the moat-init that is inside: after an upgrade
 * moatd makes a new pair with the new one.
 *
 * The kernel file is the user's own choice; only its size is bounded.
 */
#include "daemon/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/path.h"
#include "base/str.h"
#include "engine/initramfs.h"
#include "engine/kernel.h"

#define KERNEL_MAX_BYTES MIB(512)
#define VERSION_MAX	 128
#define STAGING		 ".new"
#define INIT_HASH	 "init"
#define PARAMETERS	 "device-parameters" /* there for a kernel that needs no ACPI */
#define NEW_LINK	 ".current"

void kernel_paths_reset(struct kernel_paths *p)
{
	free(p->kernel);
	free(p->initrd);
	free(p->version);
	*p = (struct kernel_paths){ 0 };
}

int kernel_paths_copy(const struct kernel_paths *p, struct kernel_paths *ret)
{
	struct kernel_paths copy = *p;

	copy.kernel = strdup(p->kernel);
	copy.initrd = strdup(p->initrd);
	copy.version = strdup(p->version);
	if (!copy.kernel || !copy.initrd || !copy.version) {
		kernel_paths_reset(&copy);
		return -ENOMEM;
	}
	*ret = copy;
	return 0;
}

static char *load_version(struct daemon *d, const char *hash)
{
	cleanup_free char *name = str_printf("%s/version", hash);
	cleanup(buf_reset) struct buf b = BUF_INIT;

	if (!name || file_read_at(d->kernel_fd, name, VERSION_MAX, &b) < 0)
		return strdup("");
	return buf_take(&b);
}

static bool needs_acpi(struct daemon *d, const char *hash)
{
	cleanup_free char *name = str_printf("%s/" PARAMETERS, hash);

	return !name || faccessat(d->kernel_fd, name, F_OK, 0) < 0;
}

static int fill_paths(struct daemon *d, const char *hash, struct kernel_paths *ret)
{
	struct kernel_paths p = { 0 };

	memcpy(p.hash, hash, SHA256_HEX_LEN);
	p.kernel = str_printf("%s/kernel/%s/vmlinuz", d->root, p.hash);
	p.initrd = str_printf("%s/kernel/%s/initrd", d->root, p.hash);
	p.version = load_version(d, p.hash);
	p.acpi = needs_acpi(d, p.hash);
	if (!p.kernel || !p.initrd || !p.version) {
		kernel_paths_reset(&p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

int kernel_current(struct daemon *d, struct kernel_paths *ret, struct err *err)
{
	char hash[SHA256_HEX_LEN + 1];
	ssize_t n = readlinkat(d->kernel_fd, "current", hash, sizeof(hash));

	if (n != SHA256_HEX_LEN || !hex_is_lower(hash, SHA256_HEX_LEN))
		return err_set(err, -EIO,
			       "no guest kernel is set: set one with \"moat system kernel set "
			       "PATH\"");
	return fill_paths(d, hash, ret);
}

/* The machine's process has another user, and gets these two; the folder above lets nobody else in.
 */
static int create_file(int dir_fd, const char *name)
{
	cleanup_close int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Make a finished file durable and find its hash. */
static int seal_file(int fd, char ret_hex[SHA256_HEX_LEN + 1])
{
	if (fsync(fd) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return hash_fd(fd, ret_hex);
}

/*
 * The release a kernel image says it is, by the x86 boot protocol: "HdrS" at 0x202, and 16 bits at
 * 0x20e that lead to the text, 0x200 before it.  Empty when it does not say.
 */
static void read_version(int fd, char ret[VERSION_MAX])
{
	unsigned char header[0x210];
	size_t len = 0;

	memset(ret, 0, VERSION_MAX);
	if (fd_pread_exact(fd, header, sizeof(header), 0) < 0 ||
	    memcmp(header + 0x202, "HdrS", 4) != 0 ||
	    fd_pread_exact(fd, ret, VERSION_MAX - 1,
			   0x200u + header[0x20e] + ((unsigned)header[0x20f] << 8)) < 0)
		memset(ret, 0, VERSION_MAX);
	while (ret[len] > 0x20 && ret[len] < 0x7f)
		len++;
	ret[len] = '\0';
}

static int write_version(int kernel_fd, int dir_fd)
{
	char version[VERSION_MAX];

	read_version(kernel_fd, version);
	return file_write_atomic(dir_fd, "version", version, strlen(version), 0600);
}

/* bzImage ("HdrS" at 0x202), ELF, or arm64's Image ("ARM\x64" at 56). */
static bool is_kernel(int fd)
{
	unsigned char head[0x206];

	return fd_pread_exact(fd, head, sizeof(head), 0) == 0 &&
	       (memcmp(head, "\177ELF", 4) == 0 || memcmp(head + 0x202, "HdrS", 4) == 0 ||
		memcmp(head + 56, "ARM\x64", 4) == 0);
}

static int copy_kernel(const char *path, int dir_fd, char ret_hex[SHA256_HEX_LEN + 1],
		       struct err *err)
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
	to = create_file(dir_fd, "vmlinuz");
	if (to < 0)
		return err_errno(err, to, "copy of kernel %s", path);
	r = kernel_unpack(from, to, &device_parameters, err);
	if (r < 0)
		return r;
	r = write_version(from, dir_fd);
	if (r == 0 && device_parameters)
		r = file_write_atomic(dir_fd, PARAMETERS, "", 0, 0600);
	if (r == 0)
		r = seal_file(to, ret_hex);
	return r < 0 ? err_errno(err, r, "copy of kernel %s", path) : 0;
}

static int note_init(struct daemon *d, int dir_fd)
{
	cleanup_close int fd = open(d->init_path, O_RDONLY | O_CLOEXEC);
	char hash[SHA256_HEX_LEN + 1];
	int r = fd < 0 ? -errno : hash_fd(fd, hash);

	return r < 0 ? r : file_write_atomic(dir_fd, INIT_HASH, hash, SHA256_HEX_LEN, 0600);
}

/* A new initramfs from modules, or from the one in @old_fd where that is given. */
static int build_initrd(struct daemon *d, const char *modules, int old_fd, int dir_fd,
			char ret_hex[SHA256_HEX_LEN + 1], struct err *err)
{
	cleanup_close int fd = create_file(dir_fd, "initrd");
	int r;

	if (fd < 0)
		return err_errno(err, fd, "initramfs");
	if (old_fd >= 0)
		r = initramfs_update(old_fd, d->init_path, fd, err);
	else
		r = initramfs_build(d->init_path, modules && *modules ? modules : NULL, fd, err);
	if (r < 0)
		return r;
	r = seal_file(fd, ret_hex);
	if (r == 0)
		r = note_init(d, dir_fd);
	return r < 0 ? err_errno(err, r, "initramfs") : 0;
}

static int open_staging(struct daemon *d, int *ret_fd, struct err *err)
{
	int r = path_remove_tree(d->kernel_fd, STAGING);

	if (r == 0)
		r = path_open_dir(d->kernel_fd, STAGING, 0700, ret_fd);
	return r < 0 ? err_errno(err, r, "%s/kernel", d->root) : 0;
}

/* @both: the hashes of kernel and initramfs, one behind the other; @ret_hash covers both. */
static int seal_staging(struct daemon *d, int dir_fd, const char *both,
			char ret_hash[SHA256_HEX_LEN + 1], struct err *err)
{
	if (fsync(dir_fd) < 0)
		return err_errno(err, -errno, "%s/kernel", d->root);
	return hash_bytes(both, 2 * SHA256_HEX_LEN, ret_hash);
}

/* Put both files into the staging folder. */
static int stage(struct daemon *d, const char *kernel, const char *modules,
		 char ret_hash[SHA256_HEX_LEN + 1], struct err *err)
{
	char both[2 * SHA256_HEX_LEN + 1];
	cleanup_close int dir_fd = -1;
	int r = open_staging(d, &dir_fd, err);

	if (r == 0)
		r = copy_kernel(kernel, dir_fd, both, err);
	if (r == 0)
		r = build_initrd(d, modules, -1, dir_fd, both + SHA256_HEX_LEN, err);
	return r == 0 ? seal_staging(d, dir_fd, both, ret_hash, err) : r;
}

static int copy_current_kernel(struct daemon *d, const char *hash, int dir_fd,
			       char ret_hex[SHA256_HEX_LEN + 1], struct err *err)
{
	static const char *const names[] = { "vmlinuz", "version", PARAMETERS };
	cleanup_close int fd = -1;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *from = str_printf("%s/%s", hash, names[i]);

		if (!from)
			return -ENOMEM;
		if (linkat(d->kernel_fd, from, dir_fd, names[i], 0) < 0 &&
		    !(errno == ENOENT && streq(names[i], PARAMETERS)))
			return err_errno(err, -errno, "%s/kernel/%s", d->root, from);
	}
	fd = openat(dir_fd, "vmlinuz", O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : hash_fd(fd, ret_hex);
	return r < 0 ? err_errno(err, r, "copy of the kernel") : 0;
}

/* As stage(), from the current pair. */
static int stage_update(struct daemon *d, const char *hash, char ret_hash[SHA256_HEX_LEN + 1],
			struct err *err)
{
	cleanup_free char *initrd = str_printf("%s/initrd", hash);
	char both[2 * SHA256_HEX_LEN + 1];
	cleanup_close int dir_fd = -1, old_fd = -1;
	int r = initrd ? open_staging(d, &dir_fd, err) : -ENOMEM;

	if (r < 0)
		return r;
	old_fd = openat(d->kernel_fd, initrd, O_RDONLY | O_CLOEXEC);
	if (old_fd < 0)
		return err_errno(err, -errno, "%s/kernel/%s", d->root, initrd);
	r = copy_current_kernel(d, hash, dir_fd, both, err);
	if (r == 0)
		r = build_initrd(d, NULL, old_fd, dir_fd, both + SHA256_HEX_LEN, err);
	return r == 0 ? seal_staging(d, dir_fd, both, ret_hash, err) : r;
}

static int publish(struct daemon *d, const char *hash, struct err *err)
{
	int r = 0;

	if (renameat(d->kernel_fd, STAGING, d->kernel_fd, hash) < 0) {
		if (errno != EEXIST && errno != ENOTEMPTY)
			return err_errno(err, -errno, "%s/kernel/%s", d->root, hash);
		r = path_remove_tree(d->kernel_fd, STAGING);
	}
	if (r == 0 && unlinkat(d->kernel_fd, NEW_LINK, 0) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0 && (symlinkat(hash, d->kernel_fd, NEW_LINK) < 0 ||
		       renameat(d->kernel_fd, NEW_LINK, d->kernel_fd, "current") < 0 ||
		       fsync(d->kernel_fd) < 0))
		r = -errno;
	return r < 0 ? err_errno(err, r, "%s/kernel/current", d->root) : 0;
}

int kernel_set(struct daemon *d, const char *kernel, const char *modules, struct kernel_paths *ret,
	       struct err *err)
{
	char hash[SHA256_HEX_LEN + 1];
	int r;

	if (kernel[0] != '/' || (modules && *modules && modules[0] != '/'))
		return err_set(err, -EINVAL, "kernel and modules must be absolute paths");
	pthread_mutex_lock(&d->kernel_lock);
	r = stage(d, kernel, modules, hash, err);
	if (r == 0)
		r = publish(d, hash, err);
	else
		(void)path_remove_tree(d->kernel_fd, STAGING);
	pthread_mutex_unlock(&d->kernel_lock);
	return r < 0 ? r : fill_paths(d, hash, ret);
}

/* Has the current initramfs another moat-init than the one installed? */
static bool is_outdated(struct daemon *d, const char *hash)
{
	cleanup_free char *name = str_printf("%s/" INIT_HASH, hash);
	cleanup_close int fd = open(d->init_path, O_RDONLY | O_CLOEXEC);
	cleanup(buf_reset) struct buf noted = BUF_INIT;
	char installed[SHA256_HEX_LEN + 1];

	if (!name || fd < 0 || hash_fd(fd, installed) < 0)
		return false;
	return file_read_at(d->kernel_fd, name, SHA256_HEX_LEN, &noted) < 0 || !noted.data ||
	       !streq(noted.data, installed);
}

int kernel_refresh(struct daemon *d, struct err *err)
{
	cleanup(kernel_paths_reset) struct kernel_paths current = { 0 };
	char hash[SHA256_HEX_LEN + 1];
	int r;

	if (kernel_current(d, &current, NULL) < 0 || !is_outdated(d, current.hash))
		return 0;
	r = stage_update(d, current.hash, hash, err);
	if (r == 0)
		return publish(d, hash, err);
	(void)path_remove_tree(d->kernel_fd, STAGING);
	return r;
}
