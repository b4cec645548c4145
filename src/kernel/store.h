/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/hash.h"

/* Guest kernels: $ROOT/kernel/HASH/{vmlinuz,initrd}, and the link "current" to one of them. */

struct kernel_store {
	char *path;		  /* of this folder, absolute */
	int fd;			  /* the folder, open */
	char *init_path;	  /* of the moat-init that is installed */
	pthread_mutex_t lock;	  /* held over every change */
	pthread_mutex_t fetching; /* held over a download; taken before @lock */
};

/**
 * kernel_store_open() - open the folder of kernels, made where it is missing
 * @root_fd, @root: the data root; borrowed
 * @init_path:      of the moat-init that is installed; borrowed
 * @ret:            owned, kernel_store_close()
 *
 * Return: 0; -errno with a message.
 */
int kernel_store_open(int root_fd, const char *root, const char *init_path,
		      struct kernel_store **ret, struct err *err);

/** kernel_store_close() - NULL is accepted */
void kernel_store_close(struct kernel_store *ks);

struct kernel_paths {
	char hash[SHA256_HEX_LEN + 1];
	char *kernel, *initrd; /* absolute */
	char *version;	       /* the kernel's own word for its release; "" without one */
	bool acpi;	       /* it finds devices by ACPI, not by its command line */
};

/** kernel_paths_reset() - free what it holds */
void kernel_paths_reset(struct kernel_paths *p);

/** kernel_paths_copy() - @ret: owned.  Return: 0; -ENOMEM. */
int kernel_paths_copy(const struct kernel_paths *p, struct kernel_paths *ret);

/** kernel_current() - get the kernel for new machines.  Return: 0; -ENOENT with a message when none
 * is set; -ENOMEM. */
int kernel_current(struct kernel_store *ks, struct kernel_paths *ret, struct err *err);

/**
 * kernel_set() - copy a kernel in, build its initramfs, make it the current one
 * @kernel:  absolute path of a bzImage or ELF kernel
 * @modules: absolute path of its modules' folder; NULL or "": everything is built in
 *
 * A crash on the way leaves the current kernel as it was.  Machines that run keep theirs.
 *
 * Return: 0, @ret owned; -EINVAL or -ENOENT with a message; -errno with a message.
 */
int kernel_set(struct kernel_store *ks, const char *kernel, const char *modules,
	       struct kernel_paths *ret, struct err *err);

/**
 * kernel_add() - as kernel_set(), for one container: the current kernel stays
 * @ret_hash: by which kernel_find() finds it
 *
 * Return: 0; -EINVAL or -ENOENT with a message; -errno with a message.
 */
int kernel_add(struct kernel_store *ks, const char *kernel, const char *modules,
	       char ret_hash[SHA256_HEX_LEN + 1], struct err *err);

/** kernel_find() - get the kernel that kernel_add() made, with the installed moat-init.  Return: 0,
 * @ret owned; -EIO with a message where it is gone; -errno with a message. */
int kernel_find(struct kernel_store *ks, const char *hash, struct kernel_paths *ret,
		struct err *err);

/** kernel_is_own() - does a container use this kernel as its own, too? */
bool kernel_is_own(struct kernel_store *ks, const char *hash);

/**
 * kernel_refresh() - bring the current initramfs up to date with the moat-init that is installed
 *
 * To be called before anybody uses the kernel.  Where none is set nothing is done.
 *
 * Return: 0; -errno with a message, and the kernel stays as it was.
 */
int kernel_refresh(struct kernel_store *ks, struct err *err);

/** kernel_next() - the pair that an upgrade has made of another pair.  Return: 0; -ENOENT; -errno.
 */
int kernel_next(struct kernel_store *ks, const char *hash, char ret[SHA256_HEX_LEN + 1]);
