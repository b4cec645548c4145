/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The link "current" leads to the pair for new machines, and is replaced by
 * rename.  A container may have a pair of its own: "own" in its folder says so, and keeps the
 * templates made of it.  After an upgrade of moat-init a pair is made anew, under another hash; the
 * file "next" of the old one leads there, as the hash that a container was made with stays.
 */
#include "daemon/machine/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/str.h"
#include "daemon/machine/kernel-stage.h"

#define NEW_LINK     ".current"
#define OWN	     "own"
#define NEXT	     "next"
#define UPGRADES_MAX 64u

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

	if (!name || file_read_at(d->kernel_fd, name, KERNEL_VERSION_MAX, &b) < 0)
		return strdup("");
	return buf_take(&b);
}

static bool needs_acpi(struct daemon *d, const char *hash)
{
	cleanup_free char *name = str_printf("%s/" KERNEL_PARAMETERS, hash);

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

static int make_current(struct daemon *d, const char *hash, struct err *err)
{
	int r = 0;

	if (unlinkat(d->kernel_fd, NEW_LINK, 0) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0 && (symlinkat(hash, d->kernel_fd, NEW_LINK) < 0 ||
		       renameat(d->kernel_fd, NEW_LINK, d->kernel_fd, "current") < 0 ||
		       fsync(d->kernel_fd) < 0))
		r = -errno;
	return r < 0 ? err_errno(err, r, "%s/kernel/current", d->root) : 0;
}

/* A file in the folder of a pair. */
static int write_note(struct daemon *d, const char *hash, const char *name, const char *text,
		      struct err *err)
{
	cleanup_close int dir_fd =
		openat(d->kernel_fd, hash, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int r = dir_fd < 0 ? -errno : file_write_atomic(dir_fd, name, text, strlen(text), 0600);

	return r < 0 ? err_errno(err, r, "%s/kernel/%s/%s", d->root, hash, name) : 0;
}

/* @own: for a container, else the current one.  With the lock held. */
static int add(struct daemon *d, const char *kernel, const char *modules, bool own,
	       char ret_hash[SHA256_HEX_LEN + 1], struct err *err)
{
	int r = kernel_stage(d, kernel, modules, ret_hash, err);

	if (r < 0) {
		kernel_unstage(d);
		return r;
	}
	r = kernel_publish(d, ret_hash, err);
	if (r < 0)
		return r;
	return own ? write_note(d, ret_hash, OWN, "", err) : make_current(d, ret_hash, err);
}

static int add_locked(struct daemon *d, const char *kernel, const char *modules, bool own,
		      char ret_hash[SHA256_HEX_LEN + 1], struct err *err)
{
	int r;

	if (kernel[0] != '/' || (modules && *modules && modules[0] != '/'))
		return err_set(err, -EINVAL, "kernel and modules must be absolute paths");
	pthread_mutex_lock(&d->kernel_lock);
	r = add(d, kernel, modules, own, ret_hash, err);
	pthread_mutex_unlock(&d->kernel_lock);
	return r;
}

int kernel_set(struct daemon *d, const char *kernel, const char *modules, struct kernel_paths *ret,
	       struct err *err)
{
	char hash[SHA256_HEX_LEN + 1];
	int r = add_locked(d, kernel, modules, false, hash, err);

	return r < 0 ? r : fill_paths(d, hash, ret);
}

int kernel_add(struct daemon *d, const char *kernel, const char *modules, char ret_hash[65],
	       struct err *err)
{
	return add_locked(d, kernel, modules, true, ret_hash, err);
}

int kernel_next(struct daemon *d, const char *hash, char ret[SHA256_HEX_LEN + 1])
{
	cleanup_free char *name = str_printf("%s/" NEXT, hash);
	cleanup(buf_reset) struct buf b = BUF_INIT;
	int r = name ? file_read_at(d->kernel_fd, name, SHA256_HEX_LEN, &b) : -ENOMEM;

	if (r < 0)
		return r;
	if (b.len != SHA256_HEX_LEN || !hex_is_lower(b.data, SHA256_HEX_LEN))
		return -EBADMSG;
	memcpy(ret, b.data, SHA256_HEX_LEN + 1);
	return 0;
}

/* With the lock held; @hash becomes that of the pair to use now. */
static int follow(struct daemon *d, char hash[SHA256_HEX_LEN + 1], struct err *err)
{
	char next[SHA256_HEX_LEN + 1];
	int r = 0;

	for (unsigned i = 0; i < UPGRADES_MAX && kernel_next(d, hash, next) == 0; i++)
		memcpy(hash, next, sizeof(next));
	if (!kernel_is_outdated(d, hash))
		return 0;
	r = kernel_stage_update(d, hash, next, err);
	if (r < 0)
		kernel_unstage(d);
	else
		r = kernel_publish(d, next, err);
	if (r == 0)
		r = write_note(d, next, OWN, "", err);
	if (r == 0)
		r = write_note(d, hash, NEXT, next, err);
	if (r == 0)
		memcpy(hash, next, sizeof(next));
	return r;
}

int kernel_find(struct daemon *d, const char *hash, struct kernel_paths *ret, struct err *err)
{
	char found[SHA256_HEX_LEN + 1];
	int r;

	if (strlen(hash) != SHA256_HEX_LEN || !hex_is_lower(hash, SHA256_HEX_LEN) ||
	    faccessat(d->kernel_fd, hash, F_OK, 0) < 0)
		return err_set(err, -EIO, "the container's own kernel is gone: %s/kernel/%.64s",
			       d->root, hash);
	memcpy(found, hash, sizeof(found));
	pthread_mutex_lock(&d->kernel_lock);
	r = follow(d, found, err);
	pthread_mutex_unlock(&d->kernel_lock);
	return r < 0 ? r : fill_paths(d, found, ret);
}

bool kernel_is_own(struct daemon *d, const char *hash)
{
	cleanup_free char *name = str_printf("%s/" OWN, hash);

	return name && faccessat(d->kernel_fd, name, F_OK, 0) == 0;
}

int kernel_refresh(struct daemon *d, struct err *err)
{
	cleanup(kernel_paths_reset) struct kernel_paths current = { 0 };
	char hash[SHA256_HEX_LEN + 1];
	int r;

	if (kernel_current(d, &current, NULL) < 0 || !kernel_is_outdated(d, current.hash))
		return 0;
	r = kernel_stage_update(d, current.hash, hash, err);
	if (r < 0) {
		kernel_unstage(d);
		return r;
	}
	r = kernel_publish(d, hash, err);
	return r < 0 ? r : make_current(d, hash, err);
}
