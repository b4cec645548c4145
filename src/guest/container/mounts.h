/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "guest/share/shares.h"
#include "link/setup.h"
#include "oci/options.h"

#define MOUNTS_MAX 8

/* The container's own file systems: made before its mount namespace, and attached by its first
 * process. */
struct mounts {
	int fds[MOUNTS_MAX]; /* detached mounts, in the order they are attached; -1: not made yet */
	int pts_fd;	     /* the one of /dev/pts, which moat-init keeps to make terminals */
};

#define MOUNTS_NONE ((struct mounts){ { -1, -1, -1, -1, -1, -1, -1, -1 }, -1 })

/**
 * mounts_prepare() - make /dev with everything in it, /sys and the other file systems
 * @ret: MOUNTS_NONE before; mounts_discard(), also after a failure
 *
 * The calling process must be in the namespaces of the container (ipc, cgroup).
 *
 * Return: 0; -errno.
 */
int mounts_prepare(struct mounts *ret, struct err *err);

/** mounts_renew_sys() - make another /sys, for the network namespace of the calling process.
 * Return: 0; -errno with a message. */
int mounts_renew_sys(struct mounts *m, struct err *err);

/** mounts_dev_fd() - a container's /dev, until its first process has it; borrowed */
int mounts_dev_fd(const struct mounts *m);

/** mounts_release() - close what only the first process needed */
void mounts_release(struct mounts *m);

/** mounts_discard() - close all that mounts_prepare() made; a file system that nobody has attached
 * is gone then */
void mounts_discard(struct mounts *m);

/** mounts_change_root() - leave nothing but the container's root to this process, which has a mount
 * namespace of its own and is in the container's folder.  Return: 0; -errno with a message. */
int mounts_change_root(struct err *err);

struct sockets;

/* All that is to be mounted in a container. */
struct mounts_wanted {
	const struct link_container *spec;
	const struct oci_options *options; /* NULL: nothing beyond the usual */
	const struct shares *shares;	   /* for the mounts in the options; NULL: none */
	const struct sockets *sockets;	   /* to be bound in the container */
	int tty;			   /* of the terminal that becomes /dev/console; -1: none */
};

/**
 * mounts_enter() - change into the container's root, in its first process, which has a mount
 * namespace of its own and is in the container's folder
 *
 * After this nothing of moat-init's file system can be reached by name.
 *
 * Return: 0; -errno.
 */
int mounts_enter(const struct mounts *m, const struct mounts_wanted *w, struct err *err);
