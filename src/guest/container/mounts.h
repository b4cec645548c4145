/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "guest/share/shares.h"
#include "link/setup.h"
#include "oci/options.h"

#define MOUNTS_MAX 8

/* The container's own file systems, made before its mount namespace and put there by its first
 * process. */
struct mounts {
	int fds[MOUNTS_MAX]; /* detached mounts, in the order they are attached; -1: not made yet */
	int pts_fd;	     /* the one of /dev/pts; stays with moat-init, to make terminals from */
};

#define MOUNTS_NONE ((struct mounts){ { -1, -1, -1, -1, -1, -1, -1, -1 }, -1 })

/**
 * mounts_prepare() - make /dev with everything in it, /sys and the others
 * @ret: MOUNTS_NONE before; mounts_discard(), also after a failure
 *
 * The calling process must be in the namespaces of the container (ipc, cgroup).
 *
 * Return: 0; -errno.
 */
int mounts_prepare(struct mounts *ret, struct err *err);

/** mounts_renew_sys() - another /sys, for another network namespace, that of the calling process.
 * Return: 0; -errno with a message. */
int mounts_renew_sys(struct mounts *m, struct err *err);

/** mounts_dev_fd() - a container's /dev, before its first process was started; borrowed */
int mounts_dev_fd(const struct mounts *m);

/** mounts_release() - close what only the container's first process needed */
void mounts_release(struct mounts *m);

/** mounts_discard() - close all that mounts_prepare() made; what nobody has attached is gone */
void mounts_discard(struct mounts *m);

/** mounts_change_root() - in a mount namespace of this process, and in the container's folder:
 * after it nothing but the container's root is left.  Return: 0; -errno with a message. */
int mounts_change_root(struct err *err);

struct sockets;

/* What a container has of mounts. */
struct mounts_wanted {
	const struct link_container *spec;
	const struct oci_options *options; /* NULL: nothing beyond the usual */
	const struct shares *shares;	   /* of the options' mounts; NULL: it has none */
	const struct sockets *sockets;	   /* to be bound */
	int tty;			   /* of the terminal that becomes /dev/console; -1: none */
};

/**
 * mounts_enter() - in the first process, in a mount namespace of its own and in the container's
 * folder: change into the container's root
 *
 * After it nothing of moat-init's file system can be reached by name.
 *
 * Return: 0; -errno.
 */
int mounts_enter(const struct mounts *m, const struct mounts_wanted *w, struct err *err);
