/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A network namespace, by two descriptors: a socket of rtnetlink(7) in it, and the namespace. */
struct netns {
	int fd, ns_fd; /* -1: not open */
};

#define NETNS_NONE ((struct netns){ -1, -1 })

/** netns_open() - open the calling process's namespace.  @ret: netns_close(), also after a failure.
 * Return: 0; -errno. */
int netns_open(struct netns *ret);

/** netns_make() - make a namespace for containers, with lo up, and the calling process in it.
 * @ret: as netns_open().  Return: 0; -errno. */
int netns_make(struct netns *ret);

/** netns_enter() - bring the calling process into a namespace.  Return: 0; -errno. */
int netns_enter(const struct netns *n);

/** netns_close() - close the descriptors; a namespace without processes and descriptors is gone */
void netns_close(struct netns *n);
