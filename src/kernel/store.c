/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The link "current" leads to the pair for new machines, and is replaced by
 * rename.  A container may have a pair of its own: "own" in its folder says so, and keeps the
 * templates made of it.  After an upgrade of moat-init a pair is made anew, under another hash; the
 * file "next" of the old one leads there, as the hash that a container was made with stays.
 */
#include "kernel/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/mutex.h"
#include "base/path.h"
#include "base/str.h"
#include "kernel/stage.h"

#define NEW_LINK ".current"
#define OWN	 "own"
#define NEXT	 "next"

int kernel_store_open(int root_fd, const char *root, const char *init_path,
		      struct kernel_store **ret, struct err *err)
{
	struct kernel_store *ks = calloc(1, sizeof(*ks));
	int r;

	if (!ks)
		return err_nomem(err);
	pthread_mutex_init(&ks->lock, NULL);
	pthread_mutex_init(&ks->fetching, NULL);
	ks->path = str_printf("%s/kernel", root);
	ks->init_path = strdup(init_path);
	ks->fd = -1;
	r = ks->path && ks->init_path ? path_open_dir(root_fd, "kernel", 0700, &ks->fd) : -ENOMEM;
	if (r < 0) {
		kernel_store_close(ks);
		return err_errno(err, r, "%s/kernel", root);
	}
	*ret = ks;
	return 0;
}

void kernel_store_close(struct kernel_store *ks)
{
	if (!ks)
		return;
	cleanup_close_fn(&ks->fd);
	pthread_mutex_destroy(&ks->lock);
	pthread_mutex_destroy(&ks->fetching);
	free(ks->path);
	free(ks->init_path);
	free(ks);
}

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

static char *load_version(struct kernel_store *ks, const char *hash)
{
	cleanup_free char *name = str_printf("%s/version", hash);
	cleanup(buf_reset) struct buf b = BUF_INIT;

	if (!name || file_read_at(ks->fd, name, KERNEL_VERSION_MAX, &b) < 0)
		return strdup("");
	return buf_take(&b);
}

static bool needs_acpi(struct kernel_store *ks, const char *hash)
{
	cleanup_free char *name = str_printf("%s/" KERNEL_PARAMETERS, hash);

	return !name || faccessat(ks->fd, name, F_OK, 0) < 0;
}

static int fill_paths(struct kernel_store *ks, const char *hash, struct kernel_paths *ret,
		      struct err *err)
{
	struct kernel_paths p = { 0 };

	memcpy(p.hash, hash, SHA256_HEX_LEN);
	p.kernel = str_printf("%s/%s/vmlinuz", ks->path, p.hash);
	p.initrd = str_printf("%s/%s/initrd", ks->path, p.hash);
	p.version = load_version(ks, p.hash);
	p.acpi = needs_acpi(ks, p.hash);
	if (!p.kernel || !p.initrd || !p.version) {
		kernel_paths_reset(&p);
		return err_nomem(err);
	}
	*ret = p;
	return 0;
}

int kernel_current(struct kernel_store *ks, struct kernel_paths *ret, struct err *err)
{
	char hash[SHA256_HEX_LEN + 1];
	ssize_t n = readlinkat(ks->fd, "current", hash, sizeof(hash));

	if (n != SHA256_HEX_LEN || !hex_is_lower(hash, SHA256_HEX_LEN))
		return err_set(err, -ENOENT,
			       "no guest kernel is set: set one with \"moat system kernel set "
			       "PATH\"");
	return fill_paths(ks, hash, ret, err);
}

static int make_current(struct kernel_store *ks, const char *hash, struct err *err)
{
	int r = 0;

	if (unlinkat(ks->fd, NEW_LINK, 0) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0 && (symlinkat(hash, ks->fd, NEW_LINK) < 0 ||
		       renameat(ks->fd, NEW_LINK, ks->fd, "current") < 0 || fsync(ks->fd) < 0))
		r = -errno;
	return r < 0 ? err_errno(err, r, "%s/current", ks->path) : 0;
}

/* Writes a note, a small file, into the folder of a pair. */
static int write_note(struct kernel_store *ks, const char *hash, const char *name, const char *text,
		      struct err *err)
{
	cleanup_close int dir_fd =
		openat(ks->fd, hash, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int r = dir_fd < 0 ? -errno : file_write_atomic(dir_fd, name, text, strlen(text), 0600);

	return r < 0 ? err_errno(err, r, "%s/%s/%s", ks->path, hash, name) : 0;
}

/* Under the lock. */
static int add_pair(struct kernel_store *ks, const char *kernel, const char *modules,
		    char ret_hash[SHA256_HEX_LEN + 1], struct err *err)
{
	int r;

	if (kernel[0] != '/' || (modules && *modules && modules[0] != '/'))
		return err_set(err, -EINVAL, "kernel and modules must be absolute paths");
	r = kernel_stage(ks, kernel, modules, ret_hash, err);
	if (r < 0) {
		kernel_unstage(ks);
		return r;
	}
	return kernel_publish(ks, ret_hash, err);
}

int kernel_set(struct kernel_store *ks, const char *kernel, const char *modules,
	       struct kernel_paths *ret, struct err *err)
{
	char hash[SHA256_HEX_LEN + 1];
	mutex_hold(&ks->lock);
	int r = add_pair(ks, kernel, modules, hash, err);

	if (r == 0)
		r = make_current(ks, hash, err);
	return r < 0 ? r : fill_paths(ks, hash, ret, err);
}

int kernel_add(struct kernel_store *ks, const char *kernel, const char *modules,
	       char ret_hash[SHA256_HEX_LEN + 1], struct err *err)
{
	mutex_hold(&ks->lock);
	int r = add_pair(ks, kernel, modules, ret_hash, err);

	return r < 0 ? r : write_note(ks, ret_hash, OWN, "", err);
}

int kernel_next(struct kernel_store *ks, const char *hash, char ret[SHA256_HEX_LEN + 1])
{
	cleanup_free char *name = str_printf("%s/" NEXT, hash);
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = name ? file_read_at(ks->fd, name, SHA256_HEX_LEN, &b) : -ENOMEM;

	if (r < 0)
		return r;
	if (b.len != SHA256_HEX_LEN || !hex_is_lower(b.data, SHA256_HEX_LEN))
		return -EBADMSG;
	memcpy(ret, b.data, SHA256_HEX_LEN + 1);
	return 0;
}

/* Replaces @hash by the pair that upgrades of moat-init have made of it.  The lock is held. */
static int follow_upgrades(struct kernel_store *ks, char hash[SHA256_HEX_LEN + 1], struct err *err)
{
	char next[SHA256_HEX_LEN + 1];
	int r = 0;

	for (unsigned i = 0; i < KERNEL_UPGRADES_MAX && kernel_next(ks, hash, next) == 0; i++)
		memcpy(hash, next, sizeof(next));
	if (!kernel_is_outdated(ks, hash))
		return 0;
	r = kernel_stage_update(ks, hash, next, err);
	if (r < 0)
		kernel_unstage(ks);
	else
		r = kernel_publish(ks, next, err);
	if (r == 0)
		r = write_note(ks, next, OWN, "", err);
	if (r == 0)
		r = write_note(ks, hash, NEXT, next, err);
	if (r == 0)
		memcpy(hash, next, sizeof(next));
	return r;
}

int kernel_find(struct kernel_store *ks, const char *hash, struct kernel_paths *ret,
		struct err *err)
{
	char found[SHA256_HEX_LEN + 1];
	int r;

	if (strlen(hash) != SHA256_HEX_LEN || !hex_is_lower(hash, SHA256_HEX_LEN) ||
	    faccessat(ks->fd, hash, F_OK, 0) < 0)
		return err_set(err, -EIO, "the container's own kernel is gone: %s/%.64s", ks->path,
			       hash);
	memcpy(found, hash, sizeof(found));
	pthread_mutex_lock(&ks->lock);
	r = follow_upgrades(ks, found, err);
	pthread_mutex_unlock(&ks->lock);
	return r < 0 ? r : fill_paths(ks, found, ret, err);
}

bool kernel_is_own(struct kernel_store *ks, const char *hash)
{
	cleanup_free char *name = str_printf("%s/" OWN, hash);

	return name && faccessat(ks->fd, name, F_OK, 0) == 0;
}

int kernel_refresh(struct kernel_store *ks, struct err *err)
{
	cleanup(kernel_paths_reset) struct kernel_paths current = { 0 };
	char hash[SHA256_HEX_LEN + 1];
	int r;

	if (kernel_current(ks, &current, NULL) < 0 || !kernel_is_outdated(ks, current.hash))
		return 0;
	r = kernel_stage_update(ks, current.hash, hash, err);
	if (r < 0) {
		kernel_unstage(ks);
		return r;
	}
	r = kernel_publish(ks, hash, err);
	return r < 0 ? r : make_current(ks, hash, err);
}
