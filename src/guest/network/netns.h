/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A network namespace by descriptors: for rtnetlink(7) in it, and itself. */
struct netns {
	int fd, ns_fd; /* -1: not open */
};

#define NETNS_NONE ((struct netns){ -1, -1 })

/** netns_open() - that of the calling process.  @ret: netns_close(), also after a failure.  Return:
 * 0; -errno. */
int netns_open(struct netns *ret);

/** netns_make() - a new one for containers, with lo up; the calling process is in it from then on.
 * @ret: as netns_open().  Return: 0; -errno. */
int netns_make(struct netns *ret);

/** netns_enter() - bring the calling process into one.  Return: 0; -errno. */
int netns_enter(const struct netns *n);

/** netns_close() - with its last process and descriptor it is gone */
void netns_close(struct netns *n);
